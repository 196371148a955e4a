"""A media engine without media: for thousands of calls in which only ringing matters.

It keeps the promises of `media.control` in time, and neither sends nor takes a packet. What is
played takes PLAYING seconds; keys are pressed by hand.
"""

from heapq import heappop, heappush
from itertools import count

from media.control import (
    Close,
    Closed,
    Command,
    Digit,
    Event,
    Lease,
    Leased,
    Play,
    Played,
    Record,
    Recorded,
    SendDigits,
    Stop,
    StopRecording,
)
from media.handing import HandedOff, HandOff, TakeOver
from media.measuring import Statistics
from media.net.batch import Batch

PLAYING = 2.0
HANDED_OFF = b"quiet"
"""The state of a stream that goes on at another engine."""


class QuietEngine:
    """Stands where `media.engine.LocalEngine` does."""

    def __init__(self) -> None:
        self.discards: dict[str, int] = {}
        self.failing = False
        """Whether recordings fail, as on a full disk."""

        self.digits: list[SendDigits] = []
        """Those that it was told to send."""

        self._commands: list[Command] = []
        self._events: list[Event] = []
        self._due: list[tuple[float, int, int, int]] = []
        self._serial = count()
        self._playing: dict[int, int] = {}
        self._recording: dict[int, Record] = {}
        self._waiting: dict[int, Record] = {}  # for a Play to be over
        self._port = 20_000
        self._last_played = 0

    @property
    def deadline(self) -> float | None:
        if self._commands or self._events:
            return float("-inf")
        return self._due[0][0] if self._due else None

    def submit(self, command: Command) -> None:
        self._commands.append(command)
        if isinstance(command, SendDigits):
            self.digits.append(command)

    def press(self, key: str) -> None:
        """A key arrives from the peer to whom something was played last."""
        self._events.append(Digit(self._last_played, key, 100))

    def poll(self, now: float, batch: Batch | None = None) -> list[Event]:
        commands, self._commands = self._commands, []
        for command in commands:
            self._carry_out(command, now)
        while self._due and self._due[0][0] <= now:
            _, _, stream, token = heappop(self._due)
            if self._playing.get(stream) == token:
                self._finish_playing(stream, "end")
        events, self._events = self._events, []
        return events

    def _carry_out(self, command: Command, now: float) -> None:
        match command:
            case Lease(count=wanted):
                ports = tuple(range(self._port, self._port + 2 * wanted, 2))
                self._port += 2 * wanted
                self._events.append(Leased(ports))
            case Play(stream=stream, token=token, repeat=repeat):
                self._finish_playing(stream, "replaced")
                self._playing[stream] = token
                self._last_played = stream
                if not repeat:
                    heappush(self._due, (now + PLAYING, next(self._serial), stream, token))
            case Stop(stream=stream):
                self._finish_playing(stream, "stopped")
            case Record(stream=stream, after=token):
                if token and self._playing.get(stream) == token:
                    self._waiting[stream] = command
                else:
                    self._begin_recording(command)
            case StopRecording(stream=stream):
                self._finish_recording(stream, "stopped")
            case Close(stream=stream):
                self._finish_playing(stream, "stopped")
                self._finish_recording(stream, "closed")
                self._events.append(Closed(stream, Statistics()))
            case HandOff(stream=stream):
                self._finish_playing(stream, "stopped")
                self._finish_recording(stream, "closed")
                self._events.append(HandedOff(stream, 0, HANDED_OFF, ()))
            case TakeOver(stream=stream, state=state) if state != HANDED_OFF:
                self._events.append(Closed(stream, Statistics()))
            case _:
                pass

    def _finish_playing(self, stream: int, reason: str) -> None:
        if (token := self._playing.pop(stream, None)) is not None:
            self._events.append(Played(stream, token, reason))
            if (record := self._waiting.pop(stream, None)) is not None:
                self._begin_recording(record)

    def _begin_recording(self, record: Record) -> None:
        self._recording[record.stream] = record
        if self.failing:
            self._finish_recording(record.stream, "failed", "No space left on device")

    def _finish_recording(self, stream: int, reason: str, error: str = "") -> None:
        if (record := self._recording.pop(stream, None)) is not None:
            self._events.append(Recorded(stream, record.token, record.path, 0.0, reason, error))
