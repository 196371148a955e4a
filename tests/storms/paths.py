"""Which ways the switch's machines were taken: state, event, and the state after it.

Public methods of the machines are watched while a storm blows. The telephones have transactions
of the same kind: theirs are not counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator
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
from softswitch.sip.vocabulary import Offered
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

    def note(self, kind: str) -> None:
        self.taken[kind] += 1


@contextmanager
def watched(paths: Paths) -> Iterator[None]:
    """Watch every machine."""
    before: list[tuple[type, str, Any]] = []
    for machine, method, name in _WATCHED:
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
    for name in ("timer_b", "timer_d", "timer_m", "timer_f", "timer_h", "timer_i", "timer_j",
                 "timer_k", "timer_l", "timer_a", "timer_e", "timer_g"):  # fmt: skip
        if getattr(self, name, float("inf")) <= now:
            return f"timer {name[-1].upper()}"
    return "timer"


def _fixed(event: str) -> Name:
    return lambda *arguments: event


_WATCHED: list[tuple[type, str, Name]] = [
    (InviteClient, "receive", _status),
    (InviteClient, "take_cancel", _fixed("CANCEL may go")),
    (InviteClient, "expire", _timer),
    (InviteServer, "repeat", _fixed("INVITE again")),
    (InviteServer, "acknowledge", _fixed("ACK")),
    (InviteServer, "respond", _says),
    (InviteServer, "expire", _timer),
    (RequestClient, "receive", _status),
    (RequestClient, "expire", _timer),
    (RequestServer, "repeat", _fixed("request again")),
    (RequestServer, "respond", _says),
    (RequestServer, "expire", _timer),
]
for _leg in (OfferedLeg, PlacedLeg):
    _WATCHED += [
        (_leg, "begin", _fixed("begins")),
        (_leg, "perform", _told),
        (_leg, "hear", _hears),
        (_leg, "failed", _fixed("hears nothing")),
        (_leg, "acknowledge", _fixed("ACK")),
        (_leg, "invited_again", _fixed("re-INVITE")),
        (_leg, "updated", _fixed("UPDATE")),
        (_leg, "pracked", _fixed("PRACK")),
        (_leg, "hung_up", _fixed("BYE")),
        (_leg, "hear_again", _fixed("2xx again")),
        (_leg, "expire", _fixed("deadline")),
    ]
_WATCHED += [
    (OfferedLeg, "cancelled", _fixed("CANCEL")),
    (Notifier, "notify", _fixed("news")),
    (Notifier, "extend", _fixed("refresh")),
    (Notifier, "terminate", _fixed("is to end")),
    (Notifier, "answered", lambda self, status, *rest: f"hears {status // 100}xx"),
    (Notifier, "failed", _fixed("hears nothing")),
    (Notifier, "expire", _fixed("deadline")),
    (Context, "begin", _fixed("begins")),
    (Context, "hear", _status),
    (Context, "failed", _fixed("hears nothing")),
    (Context, "cancel", _fixed("CANCEL")),
]
