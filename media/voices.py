"""What we make ourselves: prompts, tones and digits, a frame of 20 ms a tick."""

from typing import Final, Protocol

import numpy as np

from media.codecs.g711 import Samples
from media.control import Played, SendDigits
from media.dtmf.event import EventSender
from media.dtmf.tones import ToneSender
from media.net.batch import Batch
from media.rtp.header import MARKER, pack
from media.speech import Packet, Speech, Spoken
from media.streams import VOICE_FEED, Streams
from media.timeline import CLOCK_RATE, Timeline

MOST_SOUGHT: Final = 100
"""Steps forth and back that wait for sources which are still being read."""


class Frames(Protocol):
    """Where frames come from: `media.player.Playlist`."""

    is_paused: bool

    def seek(self, seconds: float, *, from_here: bool = False) -> None: ...

    def next_frame(self) -> Samples | None:
        """Return the next 160 samples, None at the end."""


class Voice:
    """A Play that is not over. `frames` is None until its sources have been read; what is asked
    of it before waits for them."""

    __slots__ = ("frames", "is_paused", "sought", "token")

    def __init__(self, token: int) -> None:
        self.token = token
        self.frames: Frames | None = None
        self.is_paused = False
        self.sought: list[tuple[float, bool]] = []

    def begin(self, frames: Frames) -> None:
        self.frames = frames
        frames.is_paused = self.is_paused
        for seconds, from_here in self.sought:
            frames.seek(seconds, from_here=from_here)


class Voices:
    """Plays to any number of streams, encoding all their frames at once.

    While a stream has a voice or digits to send, it is `occupied`: a bridge does not reach it.
    """

    def __init__(self, streams: Streams, timeline: Timeline) -> None:
        self._streams = streams
        self._timeline = timeline
        self._voices: dict[int, Voice] = {}
        self._digits: dict[int, EventSender] = {}
        self._tones: dict[int, ToneSender] = {}
        self._speech = Speech(streams, timeline)

    @property
    def active(self) -> bool:
        """Something is to be sent at the next tick."""
        return bool(self._voices or self._digits or self._tones)

    def plays(self, row: int, token: int) -> bool:
        """Return whether the Play of this token is not over."""
        voice = self._voices.get(row)
        return voice is not None and voice.token == token

    def play(self, row: int, token: int) -> list[Played]:
        """Begin a Play whose sources are being read. Ends the one before."""
        ended = self._end(row, "replaced")
        self._voices[row] = Voice(token)
        return ended

    def loaded(self, row: int, token: int, frames: Frames) -> None:
        """Take the sources of a Play, if it is not over already."""
        voice = self._voices.get(row)
        if voice is not None and voice.token == token:
            voice.begin(frames)
            self._occupy(row)

    def failed(self, row: int, token: int, reason: str) -> list[Played]:
        return self._end(row, f"failed: {reason}") if self.plays(row, token) else []

    def stop(self, row: int) -> list[Played]:
        return self._end(row, "stopped")

    def pause(self, row: int, *, is_paused: bool) -> None:
        """Let what plays to a row stand still, or go on."""
        voice = self._voices.get(row)
        if voice is not None:
            voice.is_paused = is_paused
            if voice.frames is not None:
                voice.frames.is_paused = is_paused

    def seek(self, row: int, seconds: float, *, from_here: bool) -> None:
        """Go elsewhere in what plays to a row."""
        voice = self._voices.get(row)
        if voice is None:
            return
        if voice.frames is not None:
            voice.frames.seek(seconds, from_here=from_here)
        elif len(voice.sought) < MOST_SOUGHT:
            voice.sought.append((seconds, from_here))

    def press(self, row: int, order: SendDigits) -> bool:
        """Send digits; False when they are no digits."""
        keys, volume = order.digits, min(max(order.volume, 0), 36)
        if order.tones or self._streams.event_payload_type[row] < 0:
            tones = self._tones.setdefault(row, ToneSender())
            taken = tones.press(keys, order.milliseconds, order.gap, volume)
        else:
            clock_rate = int(self._streams.event_clock_rate[row])
            events = self._digits.setdefault(row, EventSender(clock_rate=clock_rate))
            taken = events.press(keys, order.milliseconds, order.gap, volume)
        self._forget_done(row)
        return taken

    def close(self, row: int) -> list[Played]:
        self._digits.pop(row, None)
        self._tones.pop(row, None)
        self._speech.forget(row)
        return self._end(row, "stopped")

    def tick(self, now: float) -> tuple[Batch | None, list[Played]]:
        """Return the packets of 20 ms and the Plays that were over before them."""
        events = [packet for row in list(self._digits) if (packet := self._digit(row, now))]
        rows: list[int] = []
        frames: list[Samples] = []
        ended: list[Played] = []
        for row, tones in list(self._tones.items()):
            sound = tones.next_frame()
            if sound is not None and self._speech.reaches(row):
                rows.append(row)
                frames.append(sound)
            self._forget_done(row)
        for row, voice in list(self._voices.items()):
            if voice.frames is None or row in self._digits or row in self._tones:
                continue  # not read yet, or waiting for digits to be sent
            frame = voice.frames.next_frame()
            if frame is None:
                ended += self._end(row, "end")
            elif self._speech.reaches(row):
                rows.append(row)
                frames.append(frame)
        said = [Spoken(CLOCK_RATE, np.array(rows, np.int64), np.stack(frames))] if rows else []
        return self._speech.say(said, events, now), ended

    def _end(self, row: int, reason: str) -> list[Played]:
        voice = self._voices.pop(row, None)
        self._occupy(row)
        if voice is None:
            return []
        return [Played(int(self._streams.number[row]), voice.token, reason)]

    def _forget_done(self, row: int) -> None:
        """Forget senders that have nothing to send."""
        if row in self._digits and not self._digits[row].active:
            del self._digits[row]
        if row in self._tones and not self._tones[row].active:
            del self._tones[row]
        self._occupy(row)

    def _occupy(self, row: int) -> None:
        voice = self._voices.get(row)
        is_playing = voice is not None and voice.frames is not None
        self._streams.occupied[row] = is_playing or row in self._digits or row in self._tones

    def _digit(self, row: int, now: float) -> Packet | None:
        """Return the event packet of this tick; forget the sender when it has done."""
        streams, sender = self._streams, self._digits[row]
        event = sender.tick(self._timeline.timestamp(row, now))
        packet = None
        if event is not None and self._speech.reaches(row):
            streams.feed[row] = VOICE_FEED
            streams.sequence[row] += 1
            second = int(streams.event_payload_type[row]) | (MARKER if event.marker else 0)
            sequence, ssrc = int(streams.sequence[row]), int(streams.ssrc[row])
            header = pack(second, sequence, event.timestamp, ssrc)
            packet = Packet(row, header + event.payload)
        self._forget_done(row)
        return packet
