"""What we make ourselves: prompts, tones and digits, a frame of 20 ms a tick."""

from typing import Final, Protocol

import numpy as np

from media.codecs.g711 import LINEAR_TO_ALAW, LINEAR_TO_ULAW, Octets, Samples
from media.control import Played, SendDigits
from media.dtmf.event import EventSender
from media.dtmf.tones import ToneSender
from media.net.batch import Batch, Buffer, Ints
from media.rtp.header import MARKER, SIZE, pack
from media.streams import LAWS, VOICE_FEED, Streams
from media.timeline import FRAME, Timeline

PAUSE: Final = 0.03
"""Seconds without audio after which the next frame begins anew, by the clock: the peer was on
hold, or digits were sent."""


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


class Packet:
    """One packet to be sent to a stream's peer: its 12-byte header and what follows."""

    __slots__ = ("data", "row")

    def __init__(self, row: int, data: bytes) -> None:
        self.row = row
        self.data = data


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
        self._buffer = Buffer(64)

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
            events = self._digits.setdefault(row, EventSender())
            taken = events.press(keys, order.milliseconds, order.gap, volume)
        self._forget_done(row)
        return taken

    def close(self, row: int) -> list[Played]:
        self._digits.pop(row, None)
        self._tones.pop(row, None)
        return self._end(row, "stopped")

    def tick(self, now: float) -> tuple[Batch | None, list[Played]]:
        """Return the packets of 20 ms and the Plays that were over before them."""
        events = [packet for row in list(self._digits) if (packet := self._digit(row, now))]
        rows: list[int] = []
        frames: list[Samples] = []
        ended: list[Played] = []
        for row, tones in list(self._tones.items()):
            sound = tones.next_frame()
            if sound is not None and self._reaches(row):
                rows.append(row)
                frames.append(sound)
            self._forget_done(row)
        for row, voice in list(self._voices.items()):
            if voice.frames is None or row in self._digits or row in self._tones:
                continue  # not read yet, or waiting for digits to be sent
            frame = voice.frames.next_frame()
            if frame is None:
                ended += self._end(row, "end")
            elif self._reaches(row):
                rows.append(row)
                frames.append(frame)
        if not rows and not events:
            return None, ended
        return self._batch(np.array(rows, np.int64), frames, events, now), ended

    def _reaches(self, row: int) -> bool:
        streams = self._streams
        return bool(streams.sends[row] and streams.destination[row] and not streams.carries[row])

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
        if event is not None and self._reaches(row):
            streams.feed[row] = VOICE_FEED
            streams.sequence[row] += 1
            second = int(streams.event_payload_type[row]) | (MARKER if event.marker else 0)
            sequence, ssrc = int(streams.sequence[row]), int(streams.ssrc[row])
            header = pack(second, sequence, event.timestamp, ssrc)
            packet = Packet(row, header + event.payload)
        self._forget_done(row)
        return packet

    def _batch(self, rows: Ints, frames: list[Samples], packets: list[Packet], now: float) -> Batch:
        streams, count = self._streams, len(rows)
        total = count + len(packets)
        if total > self._buffer.capacity:
            self._buffer = Buffer(2 * total)
        buffer = self._buffer
        length = np.full(total, SIZE + FRAME, np.int64)
        if count:
            self._number(rows, buffer, now)
            buffer.data[:count, SIZE : SIZE + FRAME] = self._encode(rows, np.stack(frames))
        for slot, packet in enumerate(packets, count):
            buffer.views[slot][: len(packet.data)] = packet.data
            length[slot] = len(packet.data)
        to = np.concatenate((rows, np.array([packet.row for packet in packets], np.int64)))
        np.add.at(streams.sent, to, 1)
        np.add.at(streams.sent_octets, to, length - SIZE)
        return Batch(buffer, np.arange(total), length, 2 * to, streams.destination[to])

    def _number(self, rows: Ints, buffer: Buffer, now: float) -> None:
        """Write the headers of one frame for each of `rows`."""
        streams = self._streams
        timestamp = streams.timestamp[rows] + FRAME & 0xFFFFFFFF
        marker = np.zeros(len(rows), np.int64)
        begins = (streams.feed[rows] != VOICE_FEED) | (streams.sent_at[rows] < now - PAUSE)
        for i in begins.nonzero()[0].tolist():
            marker[i] = 0x00800000
            timestamp[i] = self._timeline.timestamp(int(rows[i]), now)
        streams.feed[rows] = VOICE_FEED
        sequence = streams.sequence[rows] + 1
        words = np.empty((len(rows), 3), np.uint32)
        second = streams.payload_type[rows] << 16
        words[:, 0] = 0x80000000 | marker | second | sequence & 0xFFFF
        words[:, 1] = timestamp
        words[:, 2] = streams.ssrc[rows]
        words.byteswap(inplace=True)
        buffer.words[: len(rows), :3] = words
        streams.sequence[rows] = sequence
        streams.timestamp[rows] = timestamp
        streams.sent_at[rows] = now

    def _encode(self, rows: Ints, frames: Samples) -> Octets:
        """Return frames (streams, samples) in the law of each stream."""
        linear = frames.view(np.uint16)
        is_ulaw = self._streams.law[rows] == LAWS["PCMU"]
        if is_ulaw.all():
            return LINEAR_TO_ULAW[linear]
        octets = LINEAR_TO_ALAW[linear]
        if is_ulaw.any():
            octets[is_ulaw] = LINEAR_TO_ULAW[linear[is_ulaw]]
        return octets
