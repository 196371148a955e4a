"""Digits as named telephone events (RFC 4733, sections 2 and 3).

A press is a run of packets that share one RTP timestamp, the moment of pressing, while their
duration grows. The last three carry the end bit. Any of them may be lost, and telephones leave
some out, so a receiver goes by the timestamp alone.
"""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple, Self

KEYS = "0123456789*#ABCD!"
"""By event code (RFC 4733, section 3.2); the last is a hook flash."""

CLOCK_RATE = 8000
TICKS_A_SECOND = 50

_END = 0x80
VOLUME = 10
"""In -dBm0: about what a telephone's own tones have."""

_LOUDNESS = 0x3F
_MASK = 0xFFFFFFFF
_LONGEST = 0xFFFF
_END_PACKETS = 3

_STALE = 5
"""Seconds that a timestamp may lie back and still be of a late packet and not of a restarted
clock."""

_FORGOTTEN = 1.0
"""Seconds after which no packet of a press can still be under way: what comes then is a new one,
though its timestamp be the same (some telephones never change it) or older."""


class Press(NamedTuple):
    """One press of a key, reported at its end."""

    key: str
    milliseconds: int
    volume: int = VOLUME
    """In -dBm0."""


class EventReceiver:
    """Turns the event packets of one stream into presses, each reported once.

    patience    seconds without a packet after which a press is over though its end never came
    clock_rate  timestamp units in a second
    """

    __slots__ = (
        "_before",
        "_clock_rate",
        "_deadline",
        "_duration",
        "_event",
        "_heard",
        "_open",
        "_patience",
        "_timestamp",
        "_volume",
    )

    def __init__(self, patience: float = 0.1, clock_rate: int = CLOCK_RATE) -> None:
        self._patience = patience
        self._clock_rate = clock_rate
        self._open = False
        self._event = -1
        self._timestamp = 0
        self._duration = 0
        self._volume = VOLUME
        self._before = 0  # duration of earlier segments of the same press
        self._heard = float("-inf")  # when the last packet came
        self._deadline: float | None = None

    @classmethod
    def of(cls, state: Mapping[str, bool | int | float | None]) -> Self:
        """Return a receiver that goes on where the one has ended that told its `state`."""
        receiver = cls()
        for name in cls.__slots__:
            setattr(receiver, name, state[name])
        return receiver

    def state(self) -> dict[str, bool | int | float | None]:
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def deadline(self) -> float | None:
        return self._deadline

    def receive(self, payload: bytes, timestamp: int, now: float) -> list[Press]:
        """Take the payload of one event packet; return the presses that it ends.

        They are two when it is an end packet that also shows that the end of an older press was
        lost. Payloads that are too short and events that are not keys are ignored.
        """
        if len(payload) < 4 or payload[0] >= len(KEYS):
            return []
        event, is_end = payload[0], bool(payload[1] & _END)
        duration = payload[2] << 8 | payload[3]
        presses: list[Press] = []
        is_recent = now - self._heard < _FORGOTTEN
        if not is_recent or event != self._event or timestamp != self._timestamp:
            if is_recent and self._is_late(timestamp):
                return []
            if self._continues(event, timestamp):
                self._before += self._duration
            else:
                presses = self._finish()
                self._before = 0
                self._open = True
            self._event, self._timestamp, self._duration = event, timestamp, 0
        self._heard = now
        if self._open:
            self._duration = max(self._duration, duration)
            self._volume = payload[1] & _LOUDNESS
            self._deadline = now + self._patience
            if is_end:
                presses += self._finish()
        return presses

    def expire(self, now: float) -> list[Press]:
        """Report the press whose packets have stopped coming."""
        if self._deadline is not None and self._deadline <= now:
            return self._finish()
        return []

    def _finish(self) -> list[Press]:
        if not self._open:
            return []
        self._open = False
        self._deadline = None
        duration = self._before + self._duration
        milliseconds = duration * 1000 // self._clock_rate
        return [Press(KEYS[self._event], milliseconds, self._volume)]

    def _is_late(self, timestamp: int) -> bool:
        """Return whether this is a straggler of a press before the one we know."""
        behind = (self._timestamp - timestamp) & _MASK
        return 0 < behind < _STALE * self._clock_rate

    def _continues(self, event: int, timestamp: int) -> bool:
        """Return whether this is the next segment of a very long press (section 2.5.1.3)."""
        return (
            self._open
            and event == self._event
            and self._duration == _LONGEST
            and (timestamp - self._timestamp) & _MASK == _LONGEST
        )


class EventPacket(NamedTuple):
    payload: bytes
    marker: bool
    timestamp: int
    """Of the beginning of the press: the same in all of its packets."""


class EventSender:
    """Makes the packets of digits to be sent, one for each 20 ms.

    While it is `active`, its packets take the place of audio; in the gaps between digits there is
    neither.

    capacity    digits that may wait at most
    clock_rate  timestamp units in a second
    """

    __slots__ = (
        "_capacity",
        "_code",
        "_gap",
        "_length",
        "_sent",
        "_start",
        "_tick",
        "_volume",
        "_waiting",
    )

    def __init__(self, capacity: int = 64, clock_rate: int = CLOCK_RATE) -> None:
        self._capacity = capacity
        self._tick = clock_rate // TICKS_A_SECOND
        self._waiting: deque[tuple[int, int, int, int]] = deque()
        self._code = -1  # of the digit being sent
        self._length = 0  # its packets that carry a growing duration
        self._gap = 0  # ticks of pause after it
        self._sent = 0  # ticks since its beginning
        self._start = 0
        self._volume = VOLUME

    @property
    def active(self) -> bool:
        return self._code >= 0 or bool(self._waiting)

    def press(
        self, digits: str, milliseconds: int = 100, gap: int = 60, volume: int = VOLUME
    ) -> bool:
        """Add digits to those that wait.

        A digit lasts 40 ms at least and 8 s at most, 1.3 s on a clock of 48 kHz, whose duration has
        no more room; the pause after it 60 ms at least, which its repeated end packets take up.
        Returns False, and adds none of them, if one is not a key or if they are too many.

        volume  in -dBm0, from 0 to 63
        """
        codes = [KEYS.find(digit) for digit in digits.upper()]
        if -1 in codes or len(self._waiting) + len(codes) > self._capacity:
            return False
        length = min(max(milliseconds // 20, 2), 400, _LONGEST // self._tick)
        pause = max(gap // 20, _END_PACKETS)
        self._waiting.extend((code, length, pause, volume) for code in codes)
        return True

    def tick(self, timestamp: int) -> EventPacket | None:
        """Return the packet of this 20 ms, or None in a pause. `timestamp` is the stream's own."""
        if self._code < 0 and not self._begin(timestamp):
            return None
        self._sent += 1
        after = self._sent - self._length  # 0 is the first end packet
        packet = self._packet(is_end=after >= 0) if after < _END_PACKETS else None
        if after >= self._gap:
            self._code = -1
        return packet

    def _begin(self, timestamp: int) -> bool:
        if not self._waiting:
            return False
        self._code, self._length, self._gap, self._volume = self._waiting.popleft()
        self._sent = 0
        self._start = timestamp & _MASK
        return True

    def _packet(self, *, is_end: bool) -> EventPacket:
        duration = min(self._sent, self._length) * self._tick
        flags = self._volume | _END if is_end else self._volume
        payload = bytes((self._code, flags, duration >> 8, duration & 0xFF))
        return EventPacket(payload, self._sent == 1, self._start)
