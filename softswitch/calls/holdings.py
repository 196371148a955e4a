"""What one call holds at the moment: legs, streams, and its log."""

from media.control import Close, Closed, Open
from softswitch.calls.facts import MediaCounted
from softswitch.calls.journal import Journal
from softswitch.calls.outputs import Output, ToMedia
from softswitch.calls.ports import LeasedPort
from softswitch.calls.quality import LegQuality
from softswitch.calls.side import Side
from softswitch.calls.switchboard import Switchboard

LEFT_BEHIND = 45.0
"""Seconds after its end in which all that a call holds is gone: longer than the longest SIP
transaction."""


class Holdings:
    """Takes and gives back, so that a call that has ended can be seen to hold nothing.

    A leg is held until its last event, a stream until it says Closed.
    """

    __slots__ = ("_board", "_leg_number", "_open", "call", "journal", "legs", "log", "sides")

    def __init__(self, call: str, board: Switchboard) -> None:
        self.call = call
        self.legs: dict[str, None] = {}
        self.sides: dict[int, Side] = {}
        """By stream."""

        self._open: dict[int, None] = {}
        """Streams that were not told to close."""

        self._board = board
        self.journal = Journal(call, board.epoch)
        self.log = self.journal.log
        self._leg_number = 0

    def new_leg(self) -> str:
        """Return the name of a leg that is about to be placed."""
        self._leg_number += 1
        return f"{self.call}-{self._leg_number}"

    def hold(self, leg: str) -> None:
        self.legs[leg] = None
        self._board.legs[leg] = self.call

    def drop(self, leg: str) -> None:
        if leg in self.legs:
            del self.legs[leg], self._board.legs[leg]

    def open(self, side: Side, out: list[Output], *, beside: Side | None = None) -> bool:
        """Give `side` a stream, on the worker of `beside`; False when no port is left."""
        if side.port is not None:
            return True
        ports = self._board.ports
        if beside is None or beside.port is None:
            port = ports.take(self.call, side.flow)
        else:
            port = ports.take_beside(beside.port.worker, self.call, side.flow)
        if port is None:
            return False
        # Distinct for every session of ours, also after a restart (RFC 8866, section 5.2).
        side.open(port, int(self._board.epoch) * 1_000_000 + port.stream)
        self._keep(side, port)
        out.append(ToMedia(port.worker, Open(port.stream, port.port, self.call)))
        return True

    def bring_together(self, side: Side, stays: Side, out: list[Output]) -> bool:
        """See that both have streams of one worker, that of `stays`; False when no port is left.

        The stream of `side` moves if it can. Where it cannot, the side gets another one, by another
        port, of which its telephone has to be told.
        """
        if not self.open(stays, out) or not self.open(side, out, beside=stays):
            return False
        here, there = side.port, stays.port
        if here is None or there is None or here.worker == there.worker:
            return True
        ports = self._board.ports
        # The counters of an encrypted stream cannot move: it gets another key with another port.
        is_encrypted = side.agreed is not None and side.agreed.crypto is not None
        moved = None if is_encrypted else ports.move(here, there.worker)
        if moved is not None:
            side.port = moved
            return True
        port = ports.take_beside(there.worker, self.call, side.flow)
        if port is None:
            return False
        self.close(side, out)
        side.move(port)
        self._keep(side, port)
        out.append(ToMedia(port.worker, Open(port.stream, port.port, self.call)))
        return True

    def cede(self, side: Side, to: "Holdings") -> None:
        """Give a side, with its leg and its stream, to another call."""
        self.drop(side.leg)
        to.hold(side.leg)
        if side.port is not None and side.stream in self._open:
            del self._open[side.stream], self.sides[side.stream]
            to._keep(side, side.port)

    def _keep(self, side: Side, port: LeasedPort) -> None:
        self.sides[port.stream] = side
        self._open[port.stream] = None
        self._board.streams[port.stream] = self.call

    def close(self, side: Side, out: list[Output]) -> None:
        """Tell the stream of `side` to close, once."""
        port = side.port
        if port is not None and port.stream in self._open:
            del self._open[port.stream]
            out.append(ToMedia(port.worker, Close(port.stream)))

    def close_all(self, out: list[Output]) -> None:
        for side in self.sides.values():
            self.close(side, out)

    def count(self, event: Closed, now: float, out: list[Output]) -> bool:
        """Hear that a stream has closed, with what went through it; return whether that was
        wanted."""
        if event.stream not in self.sides:
            return True
        was_told = event.stream not in self._open
        side, counts = self.sides[event.stream], event.statistics
        self._forget(event.stream)
        fact = MediaCounted(
            side.leg,
            counts.received,
            counts.sent,
            counts.lost,
            counts.dropped,
            counts.jitter_ms,
            counts.round_trip_ms,
            counts.late,
            counts.duplicated,
            counts.mos,
            counts.level,
            counts.talk_spurts,
            counts.told_lost,
            counts.told_jitter_ms,
            counts.told_mos,
        )
        self.log(fact, now, out)
        return was_told

    def _forget(self, stream: int) -> None:
        if stream in self._open:
            del self._open[stream]
        if stream in self.sides:
            del self.sides[stream], self._board.streams[stream]
            self._board.quality.forget(stream)

    def measured(self) -> tuple[LegQuality, ...]:
        """Return how well each side is heard, and hears, at the moment."""
        return tuple([self._board.quality.of(side) for side in self.sides.values()])

    def lose_worker(self, worker: int) -> list[Side]:
        """Forget the streams of a worker that has died."""
        lost = [
            side
            for side in self.sides.values()
            if side.port is not None and side.port.worker == worker
        ]
        for side in lost:
            self._forget(side.stream)
        return lost

    def abandon(self) -> str:
        """Forget everything; return what there was, in words."""
        words = " ".join([*sorted(self.legs), *(str(stream) for stream in sorted(self.sides))])
        for leg in list(self.legs):
            self.drop(leg)
        for stream in list(self.sides):
            self._forget(stream)
        return words
