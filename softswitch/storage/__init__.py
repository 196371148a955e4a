"""What survives a restart: bindings, records, mailboxes."""
