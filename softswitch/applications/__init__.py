"""What answers a caller when no person does: menu, voicemail, echo test."""

from softswitch.applications.control import CallControl, CallerGone
from softswitch.applications.troupe import Instructed, Prompts, Troupe

__all__ = ["CallControl", "CallerGone", "Instructed", "Prompts", "Troupe"]
