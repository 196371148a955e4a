"""The transactions of one side, found by key and woken when they are due."""

from collections import deque
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from softswitch.sip.flow import Flow
from softswitch.sip.transaction.state import State
from softswitch.sip.transaction.timers import NEVER
from softswitch.timerqueue import TimerQueue


class Transaction(Protocol):
    """What the table wants to know of a machine."""

    key: str
    flow: Flow
    state: State
    lingers: float

    @property
    def deadline(self) -> float | None: ...


Machine = TypeVar("Machine", bound=Transaction)


class Table(Generic[Machine]):
    """Owns the machines, from `file` until they terminate.

    A machine is live until only its last timer is left; then it lingers, to absorb copies, and
    ends in silence. Nearly all of them linger at any moment, each for one of two or three
    durations: so they wait in one queue per duration, in order, without being sorted.

    most_lingering  the one that is next to end is forgotten before its time when more would linger
    """

    __slots__ = ("_by_flow", "_forget_at", "_lingering", "_live", "_most_lingering", "_queues",
                 "_timers")  # fmt: skip

    def __init__(self, most_lingering: int) -> None:
        self._live: dict[str, Machine] = {}
        self._lingering: dict[str, Machine] = {}
        self._queues: dict[float, deque[tuple[float, str]]] = {}
        self._forget_at = NEVER  # the earliest deadline in the queues
        self._timers: TimerQueue[str] = TimerQueue()
        self._by_flow: dict[Flow, set[str]] = {}
        self._most_lingering = most_lingering

    @property
    def live(self) -> int:
        return len(self._live)

    @property
    def lingering(self) -> int:
        return len(self._lingering)

    def find(self, key: str) -> Machine | None:
        return self._live.get(key) or self._lingering.get(key)

    def begin(self, machine: Machine) -> None:
        """Take in a machine that waits for its user, and for no timer."""
        self._live[machine.key] = machine
        if machine.flow.transport != "udp":
            self._by_flow.setdefault(machine.flow, set()).add(machine.key)

    def file(self, machine: Machine) -> None:
        """Take in a machine, or take note of what an input made of it."""
        key = machine.key
        if machine.state is State.TERMINATED:
            self.drop(machine)
        elif machine.lingers:
            if key not in self._lingering:
                self._retire(machine)
                self._linger(machine)
        else:
            if key not in self._live:
                self.begin(machine)
            deadline = machine.deadline
            if self._timers.due.get(key) != deadline:
                self._timers.file(key, deadline)

    def drop(self, machine: Machine) -> None:
        """Let go of a machine, whatever it is at."""
        if machine.key in self._live:
            self._retire(machine)
        else:
            self._lingering.pop(machine.key, None)

    def of_flow(self, flow: Flow) -> list[Machine]:
        """Return the live machines of a connection; none for UDP, which is never lost."""
        return [self._live[key] for key in self._by_flow.get(flow, ())]

    @property
    def deadline(self) -> float | None:
        earliest, forget_at = self._timers.earliest, self._forget_at
        if earliest is not None and earliest < forget_at:
            return earliest
        return forget_at if forget_at < NEVER else None

    def pop_due(self, now: float) -> Iterator[Machine]:
        """Yield every live machine that is due; file it again after. Forget what lingered."""
        if self._forget_at <= now:
            for queue in self._queues.values():
                while queue and queue[0][0] <= now:
                    self._lingering.pop(queue.popleft()[1], None)
            self._forget_at = min((q[0][0] for q in self._queues.values() if q), default=NEVER)
        for key in self._timers.pop_due(now):
            yield self._live[key]

    def _retire(self, machine: Machine) -> None:
        key = machine.key
        if self._live.pop(key, None) is None:
            return
        if key in self._timers.due:
            self._timers.file(key, None)
        if self._by_flow and machine.flow.reliable:
            keys = self._by_flow[machine.flow]
            keys.discard(key)
            if not keys:
                del self._by_flow[machine.flow]

    def _linger(self, machine: Machine) -> None:
        queue = self._queues.get(machine.lingers)
        if queue is None:
            queue = self._queues[machine.lingers] = deque()
        while len(self._lingering) >= self._most_lingering:
            # Not the dict's first key: the more were deleted before it, the longer it is sought.
            next_to_end = min((q for q in self._queues.values() if q), key=lambda q: q[0][0])
            self._lingering.pop(next_to_end.popleft()[1], None)
        deadline = machine.deadline
        assert deadline is not None, "what lingers has a last timer"
        queue.append((deadline, machine.key))
        if deadline < self._forget_at:
            self._forget_at = deadline
        self._lingering[machine.key] = machine
