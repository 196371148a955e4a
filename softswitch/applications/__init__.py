"""What answers a caller when no person does: menu, voicemail, echo test."""

from softswitch.applications.control import CallControl, CallerGone, Prompts
from softswitch.applications.troupe import Instructed, Troupe

__all__ = ["CallControl", "CallerGone", "Instructed", "Prompts", "Troupe"]
