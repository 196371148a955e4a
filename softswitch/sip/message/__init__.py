"""SIP messages: parsing, typed header values, building and framing."""

from softswitch.sip.message.address import Address
from softswitch.sip.message.contact import Contact
from softswitch.sip.message.credentials import Challenge, Credentials
from softswitch.sip.message.cseq import CSeq
from softswitch.sip.message.document import Document
from softswitch.sip.message.event import Event
from softswitch.sip.message.framing import Broken, Framer, KeepAlive
from softswitch.sip.message.headers import NAMES, Header
from softswitch.sip.message.message import Message
from softswitch.sip.message.oversized import beginning
from softswitch.sip.message.parameters import Parameters
from softswitch.sip.message.parsing import MOST_BODY_BYTES, MOST_HEADER_BYTES, parse
from softswitch.sip.message.phrases import reason_phrase
from softswitch.sip.message.ready import Ready
from softswitch.sip.message.refer_to import ReferTo
from softswitch.sip.message.replaces import Replaces
from softswitch.sip.message.request import Request
from softswitch.sip.message.respond import respond
from softswitch.sip.message.response import Response
from softswitch.sip.message.sipfrag import SIPFRAG, StatusFragment
from softswitch.sip.message.subscription_state import SubscriptionState
from softswitch.sip.message.uri import Uri
from softswitch.sip.message.validate import validate
from softswitch.sip.message.via import Via

__all__ = [
    "MOST_BODY_BYTES",
    "MOST_HEADER_BYTES",
    "NAMES",
    "SIPFRAG",
    "Address",
    "Broken",
    "CSeq",
    "Challenge",
    "Contact",
    "Credentials",
    "Document",
    "Event",
    "Framer",
    "Header",
    "KeepAlive",
    "Message",
    "Parameters",
    "Ready",
    "ReferTo",
    "Replaces",
    "Request",
    "Response",
    "StatusFragment",
    "SubscriptionState",
    "Uri",
    "Via",
    "beginning",
    "parse",
    "reason_phrase",
    "respond",
    "validate",
]
