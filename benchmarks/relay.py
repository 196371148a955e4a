"""Relayed speech: calls that are up, G.711 in both directions, every packet checked."""

import time

from benchmarks.ground import Ground
from benchmarks.outcome import Outcome
from benchmarks.pair import Pair
from benchmarks.pairs import Pairs
from benchmarks.rtp import Speech, Streams
from benchmarks.safe import SafeSide, describe_safely
from benchmarks.sip import describe

PLACED = 50
"""Calls placed a second, before the speech that is measured."""

PATIENCE = 20.0
WARM_UP = 1.0
"""Seconds of speech before it counts: the switch learns where it comes from."""


def employees(load: int) -> int:
    return 2 * load


class Relay:
    """A Workload."""

    def __init__(
        self, server: tuple[str, int], load: int, *, direct: bool, caller: SafeSide | None = None
    ) -> None:
        self._load = load
        self._caller = caller
        self._streams = Streams(load, caller)
        self._up: list[Pair] = []
        self.outcome = Outcome()
        ports = self._streams.ports
        self.ground = Ground(server)
        self.pairs = Pairs(
            self.ground,
            server,
            load,
            (("127.0.0.1", ports[0]), ("127.0.0.1", ports[1])),
            self.outcome,
            ringing=0.0,
            talking=None,
            connected=self._connected,
            ended=lambda pair: None,
            describe_caller=describe if caller is None else describe_safely,
        )

    def prepare(self) -> None:
        self.pairs.enrol()
        now = time.monotonic()
        for index, pair in enumerate(self.pairs.pairs):
            self.ground.at(now + index / PLACED, self.pairs.place, pair)
        self.ground.run(now + self._load / PLACED + PATIENCE, self._is_up)
        if not self._is_up():
            raise RuntimeError(
                f"{len(self._up)} of {self._load} calls came up: {self.outcome.complaints}"
            )
        self.ground.settle()
        self._streams.run(WARM_UP)

    def run(self, seconds: float) -> Outcome:
        speech = self.speak(seconds)
        outcome = self.outcome
        outcome.units = speech.received
        outcome.sent, outcome.received = speech.sent, speech.received
        outcome.latencies_ms = speech.latencies_ms
        outcome.late_share = speech.late / max(1, speech.turns)
        return outcome

    def speak(self, seconds: float) -> Speech:
        """Let all calls speak, and count what has not arrived as it was said."""
        speech = self._streams.run(seconds)
        for count, reason in (
            (speech.lost, "packets were lost"),
            (speech.wrong, "packets were changed, or came to the wrong call"),
            (speech.out_of_order, "packets came out of order"),
            (speech.renumbered, "packets were not numbered in sequence"),
        ):
            if count:
                self.outcome.failures += count - 1
                self.outcome.fail(f"{count} {reason}")
        return speech

    def close(self) -> None:
        now = time.monotonic()
        for pair in self.pairs.pairs:
            self.pairs.hang_up(pair, now)
        self.ground.run(now + 1.0, lambda: all(not p.call_id for p in self.pairs.pairs))
        self.ground.close()
        self._streams.close()

    def _is_up(self) -> bool:
        return len(self._up) == self._load and all(pair.is_up for pair in self._up)

    def _connected(self, pair: Pair) -> None:
        self._up.append(pair)
        self._streams.connect(pair.index, 0, pair.told_caller)
        if self._caller is not None:
            self._caller.learn(pair.index, pair.key)
        self._streams.connect(pair.index, 1, pair.told_called)


class SafeRelay(Relay):
    """Callers whose speech is encrypted, and called parties whose is not."""

    def __init__(self, server: tuple[str, int], load: int, *, direct: bool) -> None:
        super().__init__(server, load, direct=direct, caller=SafeSide(load, seed=1))
