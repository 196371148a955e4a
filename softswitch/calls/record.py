"""The one record of a call, built from its event log.

There is no second way to make one: the record of a call that ends and the record that is
rebuilt after a crash come from the same function.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import PurePath
from typing import Any, get_args

from msgspec import Struct

from softswitch.calls.facts import (
    CallEnded,
    CallOffered,
    Fact,
    LegAnswered,
    LegEnded,
    LegJoined,
    LegLeft,
    LegPlaced,
    LegRefused,
    LegRinging,
    Logged,
    MediaCounted,
    Noted,
    RecordingBegun,
    RecordingEnded,
    StepEntered,
)
from softswitch.routing.plan import Why


class Cause(StrEnum):
    """Why a call ended. Every record has exactly one."""

    CALLER_HUNG_UP = "caller-hung-up"
    CALLEE_HUNG_UP = "callee-hung-up"
    TRANSFERRED = "transferred"
    """Somebody handed it on: the caller talks in another call, which the record names."""

    CANCELLED = "cancelled"
    """The caller gave up before the answer."""

    PLAN = "plan"
    """Routing ended it; `reason` says its word, such as `busy` or `unknown-number`."""

    APPLICATION = "application"
    """An application ended it; `reason` says its word, such as `message-left`."""

    NOT_ACCEPTABLE = "not-acceptable"
    """No codec in common."""

    TOO_MANY_CALLS = "too-many-calls"
    STOPPING = "stopping"
    """The switch was being stopped."""

    NO_PORTS = "no-ports"
    NO_ACK = "no-ack"
    NO_PRACK = "no-prack"
    """The caller never acknowledged what comes before an answer, and so was not answered."""

    DEAD_MEDIA = "dead-media"
    MAXIMUM_DURATION = "maximum-duration"
    WORKER_LOST = "worker-lost"
    EXPIRED = "expired"
    """A telephone did not show any more that it was still there (RFC 4028)."""

    LOST = "lost"
    """A telephone no longer answered within its dialog, or its connection was gone."""

    SWITCH_FAILED = "switch-failed"
    """Something went wrong in the switch that nobody foresaw; the log has it."""

    SWITCH_STOPPED = "switch-stopped"
    """The switch died while the call was on; the record was rebuilt afterwards. When the call ended
    is not known."""


END_UNKNOWN = "end-unknown"
"""The reason of such a record: its end is the last moment at which the switch surely ran."""

UNANSWERED = frozenset((Cause.CANCELLED, Cause.NO_PRACK, "cancel"))
"""Ends of a caller's leg, as causes of the call and of the leg, that only come before its 2xx."""


class Disposition(StrEnum):
    """How a call turned out, in the words that reporting tools know."""

    ANSWERED = "ANSWERED"
    NO_ANSWER = "NO ANSWER"
    BUSY = "BUSY"
    FAILED = "FAILED"
    CONGESTION = "CONGESTION"


class LegRecord(Struct, frozen=True):
    """One side. Times are Unix seconds."""

    leg: str
    extension: str
    uri: str
    start: float
    ringing: float | None = None
    answer: float | None = None
    end: float | None = None
    outcome: str = ""
    """`answered`, or the SIP status that refused it; empty when neither came."""

    cause: str = ""
    """Of its end, as in `sip.vocabulary.Ended`."""

    media: MediaCounted | None = None


class StepRecord(Struct, frozen=True):
    """One step of the call's way, with its reasons and what was noted meanwhile."""

    at: float
    step: str
    name: str
    because: tuple[Why, ...]
    notes: tuple[Noted, ...] = ()


class Record(Struct, frozen=True):
    """One call, from the INVITE to its end."""

    call: str
    extension: str
    """Of the caller; empty for a stranger."""

    caller: str
    caller_name: str
    dialled: str
    sip_call_id: str
    source: str
    start: float
    end: float
    """Of a call whose cause is `switch-stopped`, the last moment at which the switch surely ran."""

    cause: Cause
    reason: str
    by: str
    """Who ended it: `caller`, `callee` or `switch`."""

    status: int
    disposition: Disposition
    stage: str
    """What was going on at the end: `routing`, `ring`, `menu`, `voicemail`, `echo` or `talk`."""

    ringing: float | None = None
    """When the first telephone rang."""

    answer: float | None = None
    """When the caller was answered, by a person or by an application."""

    answered_by: str = ""
    """The extension that the caller talked to."""

    legs: tuple[LegRecord, ...] = ()
    """The caller's first."""

    steps: tuple[StepRecord, ...] = ()
    joined: tuple[str, ...] = ()
    """Calls from which somebody came into this one, and those to which somebody went."""

    recordings: tuple[str, ...] = ()
    """Paths of the files in which both sides are recorded, in order."""


class Closed(Struct, frozen=True):
    """A call's record is complete. Said once for each call."""

    record: Record


class _Leg(Struct):
    leg: str
    extension: str
    uri: str
    start: float
    ringing: float | None = None
    answer: float | None = None
    end: float | None = None
    outcome: str = ""
    cause: str = ""
    media: MediaCounted | None = None

    def value(self) -> LegRecord:
        return LegRecord(
            self.leg, self.extension, self.uri, self.start, self.ringing, self.answer,
            self.end, self.outcome, self.cause, self.media,
        )  # fmt: skip


class _Builder:
    """Collects what the entries say, one after another."""

    __slots__ = ("answer", "answered_by", "caller", "end", "ended", "joined", "legs",
                 "offered", "recordings", "ringing", "stage", "start", "steps")  # fmt: skip

    def __init__(self, first: Logged) -> None:
        if not isinstance(first.fact, CallOffered):
            raise ValueError(f"the log of call {first.call} begins with {first.kind}")
        self.offered = first.fact
        self.start = self.end = first.at
        self.caller = first.fact.leg
        self.legs = {
            self.caller: _Leg(self.caller, first.fact.extension, first.fact.source, first.at)
        }
        self.steps: list[tuple[float, StepEntered, list[Noted]]] = []
        self.ringing: float | None = None
        self.answer: float | None = None
        self.answered_by = ""
        self.ended: CallEnded | None = None
        self.stage = "routing"
        self.joined: tuple[str, ...] = ()
        self.recordings: list[str] = []

    def take_all(self, entries: Iterable[Logged]) -> None:
        for entry in entries:
            fact, at = entry.fact, entry.at
            if self.ended is None:
                self.end = at
            taken = _TAKEN[type(fact)]
            if taken is not None:
                taken(self, fact, at)

    def take_entered(self, step: StepEntered, at: float) -> None:
        self.steps.append((at, step, []))
        if step.step != "hang up":
            self.stage = step.step

    def take_noted(self, note: Noted, at: float) -> None:
        if self.steps:
            self.steps[-1][2].append(note)

    def take_ended(self, ended: CallEnded, at: float) -> None:
        self.ended = ended

    def take_placed(self, placed: LegPlaced, at: float) -> None:
        self.legs[placed.leg] = _Leg(placed.leg, placed.extension, placed.uri, at)

    def take_rings(self, ringing: LegRinging, at: float) -> None:
        if ringing.leg not in self.legs:
            return
        leg = self.legs[ringing.leg]
        if leg.ringing is None:
            leg.ringing = at
        if self.ringing is None:
            self.ringing = at

    def take_answered(self, answered: LegAnswered, at: float) -> None:
        if answered.leg not in self.legs:
            return
        leg = self.legs[answered.leg]
        leg.answer, leg.outcome = at, "answered"
        if leg.leg == self.caller:
            self.answer = at
        else:
            self.answered_by, self.stage = leg.extension, "talk"

    def take_joined(self, joined: LegJoined, at: float) -> None:
        leg = self.legs.get(joined.leg)
        if leg is None:
            leg = self.legs[joined.leg] = _Leg(joined.leg, joined.extension, joined.uri, at)
            leg.answer, leg.outcome = at, "answered"
        if joined.call:
            self.joined += (joined.call,)
            self.answer = at if self.answer is None else self.answer

    def take_left(self, left: LegLeft, at: float) -> None:
        if left.leg in self.legs:
            leg = self.legs[left.leg]
            leg.end, leg.cause = at, "transferred"
        if left.call not in self.joined:
            self.joined += (left.call,)

    def take_recording(self, begun: RecordingBegun, at: float) -> None:
        self.recordings.append(begun.path)

    def take_recorded(self, ended: RecordingEnded, at: float) -> None:
        """A file may be in another place than was meant, and there may be none at all."""
        stem = PurePath(ended.path).with_suffix("")
        self.recordings = [
            path for path in self.recordings if PurePath(path).with_suffix("") != stem
        ]
        if ended.seconds or not ended.error:
            self.recordings.append(ended.path)

    def take_refused(self, refused: LegRefused, at: float) -> None:
        if refused.leg in self.legs:
            leg = self.legs[refused.leg]
            leg.end, leg.outcome = at, str(refused.status)

    def take_leg_ended(self, ended: LegEnded, at: float) -> None:
        if ended.leg in self.legs:
            leg = self.legs[ended.leg]
            leg.end, leg.cause = at, ended.cause
            if leg.leg == self.caller and ended.cause in UNANSWERED:
                self.answer = leg.answer = None

    def take_counted(self, media: MediaCounted, at: float) -> None:
        if media.leg in self.legs:
            leg = self.legs[media.leg]
            leg.media = media

    def record(self, call: str, alive: float) -> Record:
        offered, ended = self.offered, self.ended
        if ended is None:
            ended = CallEnded(Cause.SWITCH_STOPPED, END_UNKNOWN, "switch", 0)
            self.end = max(self.end, alive)
        return Record(
            call=call,
            extension=offered.extension,
            caller=offered.caller,
            caller_name=offered.caller_name,
            dialled=offered.dialled,
            sip_call_id=offered.sip_call_id,
            source=offered.source,
            start=self.start,
            end=self.end,
            cause=ended.cause if isinstance(ended.cause, Cause) else Cause(ended.cause),
            reason=ended.reason,
            by=ended.by,
            status=ended.status,
            disposition=_disposition(ended, answered=self.answer is not None),
            stage=self.stage,
            ringing=self.ringing,
            answer=self.answer,
            answered_by=self.answered_by,
            legs=tuple([leg.value() for leg in self.legs.values()]),
            steps=tuple(
                [
                    StepRecord(at, step.step, step.name, step.because, tuple(notes))
                    for at, step, notes in self.steps
                ]
            ),
            joined=self.joined,
            recordings=tuple(self.recordings),
        )


_TAKEN: Mapping[type, Callable[[_Builder, Any, float], None] | None] = {
    **dict.fromkeys(get_args(Fact)),
    StepEntered: _Builder.take_entered,
    LegPlaced: _Builder.take_placed,
    LegRinging: _Builder.take_rings,
    LegAnswered: _Builder.take_answered,
    LegRefused: _Builder.take_refused,
    LegEnded: _Builder.take_leg_ended,
    LegJoined: _Builder.take_joined,
    LegLeft: _Builder.take_left,
    MediaCounted: _Builder.take_counted,
    Noted: _Builder.take_noted,
    RecordingBegun: _Builder.take_recording,
    RecordingEnded: _Builder.take_recorded,
    CallEnded: _Builder.take_ended,
}
"""What each kind of fact does to the record. Of some it has nothing, and they stay in the log."""


def rebuild(log: Sequence[Logged], alive: float = 0.0) -> Record:
    """Return the record of the call whose entries are in `log`, in order.

    alive  Unix time at which the switch is known to have run, if it was killed

    A log that breaks off gives a record that ended by `switch-stopped`: then, or with its last
    entry if that came later.
    Raises ValueError when the log does not begin with the call's beginning.
    """
    if not log:
        raise ValueError("an empty log is no call")
    builder = _Builder(log[0])
    builder.take_all(log[1:])
    return builder.record(log[0].call, alive)


def _disposition(ended: CallEnded, *, answered: bool) -> Disposition:
    if answered:
        return Disposition.ANSWERED
    if ended.cause in (Cause.TOO_MANY_CALLS, Cause.NO_PORTS, Cause.STOPPING):
        return Disposition.CONGESTION
    match ended.status:
        case 486 | 600:
            return Disposition.BUSY
        case 408 | 410 | 480 | 487 | 603:
            return Disposition.NO_ANSWER
        case 503:
            return Disposition.CONGESTION
        case _:
            return Disposition.FAILED
