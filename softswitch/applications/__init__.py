"""What answers when no person does: menu, voicemail, echo."""
