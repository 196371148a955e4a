"""Which ways the switch's machines were taken: state, event, and the state after it.

Public methods of the machines are watched while a storm blows. The telephones have transactions
of the same kind: theirs are not counted.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from softswitch.sip.dialog import DialogId, Notifier
from softswitch.sip.leg import Leg, OfferedLeg, PlacedLeg
from softswitch.sip.proxy.context import Context
from softswitch.sip.transaction.invite_client import InviteClient
from softswitch.sip.transaction.invite_server import InviteServer
from softswitch.sip.transaction.request_client import RequestClient
from softswitch.sip.transaction.request_server import RequestServer
from softswitch.sip.vocabulary import (
    Accept,
    AcceptChange,
    Change,
    Confirm,
    End,
    Identify,
    Offered,
    Progress,
    Refuse,
    RefuseChange,
    Ring,
    SendDigit,
    Withdraw,
)
from tests.support.office import SIP_PORT, SWITCH

Name = Callable[..., str]
"""Names an event by what the method was called with."""


class Paths:
    """What was taken, and all legs and subscriptions that there were."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.legs: list[Leg] = []
        self.notifiers: dict[DialogId, Notifier] = {}
        self.offered = 0
        """Calls that came in, and were told to somebody."""

    def clear(self) -> None:
        """Forget what one scenario had."""
        self.legs = []
        self.notifiers = {}
        self.offered = 0

    @property
    def pairs(self) -> set[str]:
        """Each machine with each event that it has seen, whatever its state."""
        taken = (kind.split(" | ") for kind in self.taken if kind.count(" | ") == 2)
        return {f"{before.partition(':')[0]}: {event}" for before, event, _ in taken}

    def note(self, kind: str) -> None:
        self.taken[kind] += 1


@contextmanager
def watched(paths: Paths) -> Iterator[None]:
    """Watch every machine."""
    before: list[tuple[type, str, Any]] = []
    for machine, method, name, _ in _WATCHED:
        own = machine.__dict__.get(method)
        before.append((machine, method, own))
        setattr(machine, method, _noting(paths, machine, getattr(machine, method), name))
    try:
        yield
    finally:
        for machine, method, own in reversed(before):
            if own is None:
                delattr(machine, method)
            else:
                setattr(machine, method, own)


def _noting(paths: Paths, machine: type, method: Any, name: Name) -> Any:
    short = machine.__name__

    @wraps(method)
    def noting(self: Any, *arguments: Any, **named: Any) -> Any:
        if isinstance(self, _TRANSACTIONS) and self.flow.local != (SWITCH, SIP_PORT):
            return method(self, *arguments, **named)
        before = _state(self)
        event = name(self, *arguments)
        result = method(self, *arguments, **named)
        paths.taken[f"{short}: {before} | {event} | {_state(self)}"] += 1
        if isinstance(self, Notifier):
            if self.event.package == "dialog":
                paths.notifiers[self.dialog.id] = self
        elif event == "begins" and isinstance(self, Leg):
            paths.legs.append(self)
            paths.offered += any(isinstance(output, Offered) for output in result)
        return result

    return noting


_TRANSACTIONS = (InviteClient, InviteServer, RequestClient, RequestServer)


def _state(machine: Any) -> str:
    match machine:
        case Notifier():
            return "TERMINATED" if machine.is_terminated else "ON"
        case Context():
            return "DONE" if machine.is_done else "ANSWERED" if machine.has_answered else "OPEN"
        case _:
            return str(machine.state.name)


def _status(self: Any, response: Any, *rest: Any) -> str:
    return f"hears {response.status // 100}xx"


def _says(self: Any, status: int, *rest: Any) -> str:
    return f"says {status // 100}xx"


def _hears(self: Any, response: Any, *rest: Any) -> str:
    return f"hears {response.status // 100}xx to {response.cseq().method}"


def _told(self: Any, command: Any, *rest: Any) -> str:
    return f"told to {type(command).__name__}"


def _timer(self: Any, now: float) -> str:
    for name in _TIMERS:
        if getattr(self, name, float("inf")) <= now:
            return f"timer {name[-1].upper()}"
    return "timer"


_TIMERS = ("timer_b", "timer_d", "timer_m", "timer_f", "timer_h", "timer_i", "timer_j",
           "timer_k", "timer_l", "timer_a", "timer_e", "timer_g")  # fmt: skip


def _fixed(event: str) -> Name:
    return lambda *arguments: event


_CLASSES = range(1, 7)
_FINAL = range(2, 7)
_HEARS = tuple(f"hears {first}xx" for first in _CLASSES)


def _timers(letters: str) -> tuple[str, ...]:
    return tuple(f"timer {letter}" for letter in letters)


def _says_of(classes: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"says {first}xx" for first in classes)


_WATCHED: list[tuple[type, str, Name, tuple[str, ...]]] = [
    (InviteClient, "receive", _status, _HEARS),
    (InviteClient, "take_cancel", _fixed("CANCEL may go"), ("CANCEL may go",)),
    (InviteClient, "expire", _timer, _timers("ABDM")),
    (InviteServer, "repeat", _fixed("INVITE again"), ("INVITE again",)),
    (InviteServer, "acknowledge", _fixed("ACK"), ("ACK",)),
    (InviteServer, "respond", _says, _says_of(_CLASSES)),
    (InviteServer, "expire", _timer, _timers("GHIL")),
    (RequestClient, "receive", _status, _HEARS),
    (RequestClient, "expire", _timer, _timers("EFK")),
    (RequestServer, "repeat", _fixed("request again"), ("request again",)),
    (RequestServer, "respond", _says, _says_of(_FINAL)),
    (RequestServer, "expire", _timer, _timers("J")),
]
"""Machine, method, how its events are named, and which ones there are."""

_COMMANDS: dict[type, tuple[type, ...]] = {
    OfferedLeg: (Ring, Progress, Accept, Refuse),
    PlacedLeg: (Withdraw,),
}
"""What one kind of leg alone is told."""

_BOTH = (End, Change, AcceptChange, RefuseChange, Confirm, Identify, SendDigit)
_ANSWERS = tuple(
    f"hears {first}xx to {method}" for method in ("INVITE", "UPDATE") for first in _CLASSES
)
for _leg, _own in _COMMANDS.items():
    _WATCHED += [
        (_leg, "perform", _told, tuple(f"told to {each.__name__}" for each in (*_own, *_BOTH))),
        (_leg, "hear", _hears, _ANSWERS),
    ]
    _WATCHED += [
        (_leg, method, _fixed(event), (event,))
        for method, event in (
            ("begin", "begins"),
            ("failed", "hears nothing"),
            ("acknowledge", "ACK"),
            ("invited_again", "re-INVITE"),
            ("updated", "UPDATE"),
            ("pracked", "PRACK"),
            ("hung_up", "BYE"),
            ("hear_again", "2xx again"),
            ("expire", "deadline"),
        )
    ]
_WATCHED += [
    (OfferedLeg, "cancelled", _fixed("CANCEL"), ("CANCEL",)),
    (Notifier, "notify", _fixed("news"), ("news",)),
    (Notifier, "extend", _fixed("refresh"), ("refresh",)),
    (Notifier, "terminate", _fixed("is to end"), ("is to end",)),
    (
        Notifier,
        "answered",
        lambda self, status, *rest: f"hears {status // 100}xx",
        tuple(f"hears {first}xx" for first in _FINAL),
    ),
    (Notifier, "failed", _fixed("hears nothing"), ("hears nothing",)),
    (Notifier, "expire", _fixed("deadline"), ("deadline",)),
    (Context, "begin", _fixed("begins"), ("begins",)),
    (Context, "hear", _status, _HEARS),
    (Context, "failed", _fixed("hears nothing"), ("hears nothing",)),
    (Context, "cancel", _fixed("CANCEL"), ("CANCEL",)),
]

PAIRS = frozenset(
    f"{machine.__name__}: {event}" for machine, _, _, events in _WATCHED for event in events
)
"""Every machine with every event that is watched."""
