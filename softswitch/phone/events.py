"""What a phone asks of its shell, and what it tells whoever holds it.

A call is named by a short string that the phone gives, such as `101/1`.
"""

from msgspec import Struct

from softswitch.sip.message import Request


class Send(Struct, frozen=True, gc=False):
    """Send these bytes to the server."""

    data: bytes


# Registration


class Registered(Struct, frozen=True, gc=False):
    expires: int
    """Seconds granted; the phone refreshes in time by itself."""

    contacts: tuple[str, ...]
    """Every contact that the server holds for this number."""


class Unregistered(Struct, frozen=True, gc=False):
    """The server has confirmed that this phone is gone."""


class RegistrationFailed(Struct, frozen=True, gc=False):
    status: int
    """Of the response; 408 when none came, 503 when sending failed."""

    reason: str


# A call that this phone placed


class Trying(Struct, frozen=True, gc=False):
    """The server has the INVITE (100)."""

    call: str


class Ringing(Struct, frozen=True, gc=False):
    """A provisional response above 100."""

    call: str
    status: int


class EarlyMedia(Struct, frozen=True, gc=False):
    """A provisional response with a session description. Ringing comes before it."""

    call: str
    sdp: bytes


class CallRefused(Struct, frozen=True, gc=False):
    """The call ended without an answer; also after `cancel`, with 487."""

    call: str
    status: int
    reason: str
    contacts: tuple[str, ...] = ()
    """Of a 3xx."""


# A call that came in


class Incoming(Struct, frozen=True):
    call: str
    caller: str
    """The user part of From."""

    name: str
    """The name in From."""

    sdp: bytes
    request: Request
    """The INVITE itself, for its other headers."""


class Cancelled(Struct, frozen=True, gc=False):
    """The caller gave up; the phone has answered 487."""

    call: str
    reason: str
    """The Reason header of the CANCEL, or empty."""


class Confirmed(Struct, frozen=True, gc=False):
    """The ACK to our answer came."""

    call: str
    sdp: bytes
    """The answer, when our 200 carried the offer."""


class NoAck(Struct, frozen=True, gc=False):
    """Nobody confirmed our answer; the phone has hung up."""

    call: str


# Either kind


class Connected(Struct, frozen=True, gc=False):
    """A call that this phone placed was answered; or (`answer` was called) one that came in."""

    call: str
    sdp: bytes
    """Theirs: the answer, or the offer if our INVITE had none. Empty for a call that came in."""


class Reinvited(Struct, frozen=True, gc=False):
    """The server changes the session: reply with `answer` or `refuse`."""

    call: str
    sdp: bytes


class ReinviteAccepted(Struct, frozen=True, gc=False):
    call: str
    sdp: bytes


class ReinviteRefused(Struct, frozen=True, gc=False):
    call: str
    status: int


class Referred(Struct, frozen=True, gc=False):
    """The server has answered that this phone hands a call on."""

    call: str
    status: int
    """202 or 200 when it tries; how it goes comes as Notified."""


class Notified(Struct, frozen=True, gc=False):
    """The server tells something within a call, or after it (NOTIFY)."""

    call: str
    body: bytes


class HungUp(Struct, frozen=True, gc=False):
    """The server has ended the call with BYE, which the phone has answered."""

    call: str
    reason: str
    """The Reason header of the BYE, or empty."""


class Ended(Struct, frozen=True, gc=False):
    """Our BYE was answered, or never (status 408)."""

    call: str
    status: int


class Complaint(Struct, frozen=True, gc=False):
    """The server did what the RFC forbids, or sent what means nothing here."""

    call: str
    """Empty when it concerns no call."""

    what: str


PhoneOutput = (
    Send
    | Registered
    | Unregistered
    | RegistrationFailed
    | Trying
    | Ringing
    | EarlyMedia
    | CallRefused
    | Incoming
    | Cancelled
    | Confirmed
    | NoAck
    | Connected
    | Reinvited
    | ReinviteAccepted
    | ReinviteRefused
    | Referred
    | Notified
    | HungUp
    | Ended
    | Complaint
)
