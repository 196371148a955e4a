"""Dialogs (RFC 3261, section 12) and what happens inside them."""

from softswitch.sip.dialog.dialog import Dialog, DialogId, remote_tag
from softswitch.sip.dialog.offer_answer import Meaning, OfferAnswer, Turn, glare_pause
from softswitch.sip.dialog.reliable import NotAcknowledged, UnacknowledgedAnswer
from softswitch.sip.dialog.remote_target import reachable_target

__all__ = [
    "Dialog",
    "DialogId",
    "Meaning",
    "NotAcknowledged",
    "OfferAnswer",
    "Turn",
    "UnacknowledgedAnswer",
    "glare_pause",
    "reachable_target",
    "remote_tag",
]
