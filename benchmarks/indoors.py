"""A ground without sockets: telephones and the whole switch in one process, on a virtual clock.

What the switch takes is timed kind of message by kind of message, in bursts of the same kind, so
that reading the clock costs nothing. Between two bursts the telephones think, on nobody's account.
"""

import gc
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

from benchmarks.ground import Door, Hear
from benchmarks.sip import CSEQ, field
from media.control import Close, Closed, Command, Lease, Leased
from media.measuring import Statistics
from softswitch.calls.outputs import ToMedia
from softswitch.configuration.load import parse
from softswitch.daemon.addresses import Own, addresses
from softswitch.daemon.composition import compose
from softswitch.daemon.media_link import MediaLink
from softswitch.daemon.switch import Effect, Switch
from softswitch.daemon.tokens import tokens
from softswitch.identifiers import Identifiers
from softswitch.sip.flow import Flow
from softswitch.sip.transaction import Transmit

STEP = 0.001
"""Virtual seconds that a burst takes."""

Input = tuple[Callable[..., list[Effect]], tuple[Any, ...]]
"""A method of the switch, and its arguments but `now`."""


class NullEngine:
    """A media engine that has any number of ports, and does nothing with them."""

    def __init__(self) -> None:
        self.link: MediaLink | None = None
        self._next = 10_000

    def submit(self, command: Command) -> None:
        if isinstance(command, Lease) and self.link is not None:
            ports = tuple(range(self._next, self._next + 2 * command.count, 2))
            self._next += 2 * command.count
            self.link.hear(0, Leased(ports))


class Indoors:
    """What `ground.Ground` is, with the switch inside.

    configuration  YAML, as of the daemon
    server         the address that the configuration listens at
    """

    def __init__(self, configuration: str, server: tuple[str, int], *, direct: bool) -> None:
        loaded = parse(configuration, Path("/nowhere"), {})
        engine = NullEngine()
        self._link = engine.link = MediaLink([engine], lambda flow: "127.0.0.1")
        self.switch: Switch = compose(
            loaded,
            addresses(loaded.settings, Own("127.0.0.1")),
            self._link,
            lambda prompt: (),
            Identifiers(tokens()),
            time.time() - time.monotonic(),
            bytes(32),
            direct=direct,
        )
        self._link.prepare()
        self._server = server
        self._doors: dict[tuple[str, int], Hear] = {}
        self._inputs: list[tuple[str, Input]] = []
        self._heap: list[tuple[float, int, Callable[[Any, float], None], Any]] = []
        self._serial = 0
        self.now = time.monotonic()
        self.took: dict[str, float] = defaultdict(float)
        """Seconds of CPU that the switch has spent, by kind of input."""

        self.counted: Counter[str] | None = None
        """Functions called, by kind of input. Not None: count them in the place of seconds."""

    def open(self, hear: Hear) -> Door:
        """Return an address whose messages go to `hear`."""
        place = ("127.0.0.1", 20_000 + len(self._doors))
        flow = Flow("udp", self._server, place)
        self._doors[place] = hear

        def send(data: bytes) -> int:
            self._inputs.append((_kind(data), (self.switch.receive, (data, flow))))
            return len(data)

        return Door(send, *place, f"{place[0]}:{place[1]}".encode())

    def at(self, due: float, action: Callable[[Any, float], None], subject: Any) -> None:
        """Do `action` to `subject` at a time."""
        self._serial += 1
        heappush(self._heap, (due, self._serial, action, subject))

    def run(self, until: float, is_done: Callable[[], bool]) -> None:
        """Live until a time, until `is_done`, or until nothing is left to say."""
        while self.now < until and not is_done():
            while self._heap and self._heap[0][0] <= self.now:
                _, _, action, subject = heappop(self._heap)
                action(subject, self.now)
            if self._inputs:
                self._exchange()
                self.now += STEP
            elif self._heap:
                self.now = max(self.now, self._heap[0][0])
            else:
                return

    def rest(self, seconds: float) -> None:
        """Let time pass in which nobody speaks."""
        until = self.now + seconds
        while (due := self.switch.deadline) is not None and due <= until:
            self.now = due
            self._time("expiry", [(self.switch.expire, ())])
        self.now = until

    # Inside

    def _exchange(self) -> None:
        """Give the switch what was said to it, and the telephones what it says."""
        said, self._inputs = self._inputs, []
        kinds: dict[str, list[Input]] = {}
        for kind, one in said:
            kinds.setdefault(kind, []).append(one)
        for kind, inputs in kinds.items():
            self._time(kind, inputs)

    def _time(self, kind: str, inputs: Sequence[Input]) -> None:
        effects: list[Effect] = []
        now = self.now
        gc.disable()  # what is asked for is kept here for longer than anywhere else
        began = time.process_time()
        with self._counting(kind):
            for enter, arguments in inputs:
                effects += enter(*arguments, now)
        self.took[kind] += time.process_time() - began
        gc.enable()
        for effect in effects:
            if isinstance(effect, Transmit):
                self._doors[effect.flow.remote](effect.data, now)
            elif isinstance(effect, ToMedia):
                self._link.submit(effect.worker, effect.command)
                if isinstance(effect.command, Close):
                    closed = Closed(effect.command.stream, Statistics())
                    self._link.hear(effect.worker, closed)
                    event = (self.switch.media, (effect.worker, closed))
                    self._inputs.append(("stream closed", event))

    @contextmanager
    def _counting(self, kind: str) -> Iterator[None]:
        """Count the calls of functions, Python's and C's, if they are to be counted."""
        counted = self.counted
        if counted is None:
            yield
            return

        def note(frame: object, event: str, argument: object) -> None:
            counted[kind] += event in ("call", "c_call")

        sys.setprofile(note)
        try:
            yield
        finally:
            sys.setprofile(None)


def _kind(data: bytes) -> str:
    """Return what a message is, such as `BYE` or `200 to INVITE`."""
    method = field(data, CSEQ).partition(b" ")[2].decode()
    if data.startswith(b"SIP/2.0 "):
        return f"{data[8:11].decode()} to {method}"
    proven = b"uthorization: " in data
    return f"{method} with digest" if proven else method
