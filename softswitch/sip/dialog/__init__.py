"""Dialogs (RFC 3261, section 12) and what happens inside them."""

from softswitch.sip.dialog.dialog import Dialog, DialogId, remote_tag
from softswitch.sip.dialog.notifier import Ask, Notifier, Over
from softswitch.sip.dialog.offer_answer import Invite, Meaning, OfferAnswer, Turn, glare_pause
from softswitch.sip.dialog.provisional import (
    RAck,
    ReceivedOrder,
    ReliableResponses,
    first_number,
    rseq,
)
from softswitch.sip.dialog.reliable import NotAcknowledged, UnacknowledgedAnswer
from softswitch.sip.dialog.remote_target import reachable_target
from softswitch.sip.dialog.session_timer import Due, SessionTimer
from softswitch.sip.dialog.subscriber import Phase, Reply, Subscriber, Told

__all__ = [
    "Ask",
    "Dialog",
    "DialogId",
    "Due",
    "Invite",
    "Meaning",
    "NotAcknowledged",
    "Notifier",
    "OfferAnswer",
    "Over",
    "Phase",
    "RAck",
    "ReceivedOrder",
    "ReliableResponses",
    "Reply",
    "SessionTimer",
    "Subscriber",
    "Told",
    "Turn",
    "UnacknowledgedAnswer",
    "first_number",
    "glare_pause",
    "reachable_target",
    "remote_tag",
    "rseq",
]
