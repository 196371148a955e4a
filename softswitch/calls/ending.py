"""What the end of a leg means to its call, and what the others are told of it."""

from media import sdp
from softswitch.calls.record import Cause
from softswitch.sip.vocabulary import Ended

_OF_LEG = {
    "cancel": Cause.CANCELLED,
    "no-ack": Cause.NO_ACK,
    "no-prack": Cause.NO_PRACK,
    "expired": Cause.EXPIRED,
}
"""A leg that ends in another way was lost, unless its telephone hung up."""

_HUNG_UP = {"caller": Cause.CALLER_HUNG_UP, "callee": Cause.CALLEE_HUNG_UP}

_NORMAL = 'Q.850;cause=16;text="Normal call clearing"'
_TEMPORARY = 'Q.850;cause=41;text="Temporary failure"'
_TIMER = 'Q.850;cause=102;text="Recovery on timer expiry"'

_REASONS = {
    Cause.CALLER_HUNG_UP: _NORMAL,
    Cause.CALLEE_HUNG_UP: _NORMAL,
    Cause.TRANSFERRED: _NORMAL,
    Cause.PLAN: _NORMAL,
    Cause.APPLICATION: _NORMAL,
    Cause.NOT_ACCEPTABLE: 'SIP;cause=488;text="Not Acceptable Here"',
    Cause.STOPPING: _TEMPORARY,
    Cause.NO_PORTS: 'Q.850;cause=34;text="No circuit available"',
    Cause.WORKER_LOST: _TEMPORARY,
    Cause.SWITCH_FAILED: _TEMPORARY,
    Cause.DEAD_MEDIA: _TIMER,
    Cause.NO_ACK: _TIMER,
    Cause.NO_PRACK: _TIMER,
    Cause.EXPIRED: _TIMER,
    Cause.MAXIMUM_DURATION: 'Q.850;cause=31;text="Longest duration reached"',
    Cause.LOST: 'Q.850;cause=27;text="Destination out of order"',
}
"""Values of a Reason header (RFC 3326)."""


def cause_of(event: Ended, person: str) -> tuple[Cause, str]:
    """Return why the call ends with this leg, and by whom.

    person  `caller` or `callee`, whose leg it is
    """
    if event.cause == "bye":
        return _HUNG_UP[person], person
    by = person if event.cause == "cancel" else "switch"
    return _OF_LEG.get(event.cause, Cause.LOST), by


def warning_of(error: sdp.SdpError) -> str:
    """Return what is said of a session that cannot be (RFC 3261, section 20.43)."""
    match error:
        case sdp.OtherProtocol():
            return f"302 {error}"
        case sdp.NoAudio():
            return f"304 {error}"
        case sdp.NotAcceptable():
            return f"305 {error}"
    return f"399 {error}"


def reason_for(cause: Cause) -> str:
    """Return what a telephone is told when its call ends for this cause; empty for nothing."""
    return _REASONS.get(cause, "")
