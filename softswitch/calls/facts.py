"""What can happen to a call: the entries of its event log.

Each entry is written when it happens and says enough to build the call's record again from its
log alone (`calls.record`). Entries hold only plain values, so storage keeps them as JSON.
"""

from msgspec import Struct

from softswitch.routing.plan import (
    EnterEcho,
    EnterMenu,
    EnterVoicemail,
    HangUp,
    Ring,
    RoutePlan,
    Why,
)


class CallOffered(Struct, frozen=True, gc=False, tag=True):
    """A call has come in. The first entry of every log."""

    leg: str
    extension: str
    """The authenticated extension of the caller; empty for a stranger."""

    caller: str
    caller_name: str
    dialled: str
    sip_call_id: str
    source: str
    """Address and port that the INVITE came from."""

    user_agent: str = ""
    is_anonymous: bool = False
    """The caller does not want to be shown to others."""


class StepEntered(Struct, frozen=True, gc=False, tag=True):
    """The call goes on here, and why."""

    step: str
    """`ring`, `menu`, `voicemail`, `echo` or `hang up`."""

    name: str
    """Of the department, menu, box ...; the reason for `hang up`."""

    because: tuple[Why, ...]


def entered(plan: RoutePlan) -> StepEntered:
    """Return the entry for a call that begins the step of `plan`."""
    match plan.step:
        case Ring(name=name):
            return StepEntered("ring", name, plan.because)
        case EnterMenu(name=name):
            return StepEntered("menu", name, plan.because)
        case EnterVoicemail(box=box):
            return StepEntered("voicemail", box, plan.because)
        case EnterEcho():
            return StepEntered("echo", "", plan.because)
        case HangUp(reason=reason):
            return StepEntered("hang up", reason, plan.because)


class LegPlaced(Struct, frozen=True, gc=False, tag=True):
    """A telephone is being called."""

    leg: str
    extension: str
    uri: str


class LegRinging(Struct, frozen=True, gc=False, tag=True):
    leg: str
    early_media: bool


class LegAnswered(Struct, frozen=True, gc=False, tag=True):
    """A called telephone has answered, or we have answered the caller."""

    leg: str


class LegRefused(Struct, frozen=True, gc=False, tag=True):
    """A telephone has ended without an answer; 487 when we had given it up."""

    leg: str
    status: int
    reason: str = ""


class LegRedirected(Struct, frozen=True, gc=False, tag=True):
    """A telephone has answered with 3xx; the call was decided anew in its place."""

    leg: str
    to: str
    because: tuple[Why, ...]


class LegJoined(Struct, frozen=True, gc=False, tag=True):
    """Somebody talks in this call who was not called for it: he comes from another call, picks it
    up, or is back in it."""

    leg: str
    extension: str
    uri: str
    """Address and port of the telephone."""

    call: str = ""
    """From which he comes; empty for none."""


class LegLeft(Struct, frozen=True, gc=False, tag=True):
    """Somebody goes on talking in another call."""

    leg: str
    call: str


class CallerChanged(Struct, frozen=True, gc=False, tag=True):
    """The call is made for somebody else from here on, who was handed on or takes a place."""

    leg: str
    number: str
    """Empty for who is not to be shown to others."""

    name: str


class PartnerChanged(Struct, frozen=True, gc=False, tag=True):
    """Somebody talks with another than his telephone has called, or was called by."""

    leg: str
    number: str
    """Of whom he talks with; empty for who is not to be shown to others."""

    name: str


class SessionChanged(Struct, frozen=True, gc=False, tag=True):
    """A side has changed its session: put on hold, taken back, moved."""

    leg: str
    direction: str
    """What the side that asked now does: `sendrecv`, `sendonly` ..."""


class Noted(Struct, frozen=True, gc=False, tag=True):
    """A word of an application, or of the exchange about something unusual."""

    kind: str
    detail: str = ""


class RecordingBegun(Struct, frozen=True, gc=False, tag=True):
    """Both sides of the call are recorded from here on."""

    path: str


class RecordingEnded(Struct, frozen=True, gc=False, tag=True):
    path: str
    """Where the file is."""

    seconds: float
    reason: str
    """As in `media.control.Recorded`."""

    error: str = ""


class LegEnded(Struct, frozen=True, gc=False, tag=True):
    leg: str
    cause: str
    """As in `sip.vocabulary.Ended`."""

    reason: str = ""
    """What the telephone said of it, in a Reason header."""


class MediaCounted(Struct, frozen=True, gc=False, tag=True):
    """The packets of one leg's stream, at its end."""

    leg: str
    received: int
    sent: int
    lost: int
    dropped: int
    jitter_ms: float | None
    round_trip_ms: float | None
    late: int = 0
    duplicated: int = 0
    mos: float | None = None
    """Of what the telephone sent (ITU-T G.107); None for not measured, as all that follows."""

    level_dbov: float | None = None
    """Mean of speech."""

    talk_spurts: int | None = None
    told_lost: int | None = None
    """Of what it was sent, as it has reported itself."""

    told_jitter_ms: float | None = None
    told_mos: float | None = None


class CallEnded(Struct, frozen=True, gc=False, tag=True):
    """The call is over for its caller. Entries about what is left of it may follow."""

    cause: str
    """A value of `record.Cause`."""

    reason: str
    by: str
    """Who ended it: `caller`, `callee` or `switch`."""

    status: int
    """The SIP status that the caller got, 200 once answered."""


class CallClosed(Struct, frozen=True, gc=False, tag=True):
    """Nothing of the call is left. The last entry of every log."""


Fact = (
    CallOffered
    | StepEntered
    | LegPlaced
    | LegRinging
    | LegAnswered
    | LegRefused
    | LegRedirected
    | LegJoined
    | LegLeft
    | CallerChanged
    | PartnerChanged
    | SessionChanged
    | Noted
    | RecordingBegun
    | RecordingEnded
    | LegEnded
    | MediaCounted
    | CallEnded
    | CallClosed
)


class Logged(Struct, frozen=True, gc=False):
    """One line of a call's event log."""

    call: str
    seq: int
    """From 1, without a gap."""

    at: float
    """Unix time, seconds."""

    fact: Fact

    @property
    def kind(self) -> str:
        """The fact's name, such as `LegPlaced`."""
        return type(self.fact).__name__

    @property
    def leg(self) -> str:
        """The leg that it is about; empty when it is about the call."""
        return str(getattr(self.fact, "leg", ""))
