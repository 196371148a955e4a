"""The heart of the engine: what happens to packets, without a network, a clock or a file.

Inputs are commands, batches of packets and what became of outputs; everything is answered by
outputs. Work on packets is done on whole batches; Python touches single packets only where
something changes: a source is learnt, a digit arrives, a recording grows.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from media.carriage import Carriage
from media.control import (
    Bridge,
    Carry,
    Close,
    Closed,
    Command,
    Digit,
    Direct,
    HandOff,
    Lease,
    Open,
    Play,
    Played,
    Record,
    Regain,
    SendDigits,
    Statistics,
    Stop,
    StopRecording,
    TakeOver,
    Unbridge,
)
from media.dtmf.event import EventReceiver
from media.latch import Latch
from media.moving import Mover
from media.net.address import AddressBook
from media.net.batch import STRIDE, Batch, Flags, Ints
from media.outputs import Discard, Load, Output, Release, Send
from media.recordings import Recordings
from media.relay import Arrived, Relay
from media.reports import Reports
from media.rtp.header import SIZE, VERSION, payload_span
from media.rtp.statistics import Arrivals, Reception
from media.silence import SilenceWatch
from media.streams import LAWS, Streams
from media.timeline import CLOCK_RATE, Timeline
from media.voices import Frames, Voices

TICK: Final = 0.02
"""Seconds between two frames that we make."""

CATCH_UP: Final = 0.2
"""Seconds of frames that are made at once after a delay; what is older is left out."""

COMFORT_NOISE: Final = 13
"""A payload type that may come unasked (RFC 3389): a sign of life, and nothing to pass on."""

_NO_TIME: Final = float("inf")


class Plane:
    """All streams of an engine.

    rows    how many streams there can be
    random  returns 32 bits that nobody can guess
    epoch   Unix time when the monotonic clock was 0
    cname   our canonical name in RTCP
    """

    def __init__(
        self,
        rows: int,
        book: AddressBook,
        random: Callable[[], int],
        epoch: float = 0.0,
        cname: str = "softswitch",
    ) -> None:
        self._random = random
        self._streams = Streams(rows)
        self._latch = Latch(self._streams, book)
        self._timeline = Timeline(self._streams)
        self._relay = Relay(self._streams, self._timeline)
        self._voices = Voices(self._streams, self._timeline)
        self._recordings = Recordings(self._streams)
        self._reception = Reception(rows + 1)
        self._carriage = Carriage(self._streams, self._latch, self._reception)
        self._reports = Reports(self._streams, self._reception, epoch, cname)
        self._silence = SilenceWatch(self._streams)
        self._mover = Mover(
            self._streams, self._latch, book, self._reception, self._reports, self._silence
        )
        self._events: dict[int, EventReceiver] = {}
        self._pressed: dict[int, float] = {}  # when a press without an end is over, by row
        self._next_tick = _NO_TIME
        self._closing: dict[int, Closed] = {}  # streams whose recordings are being completed

    @property
    def deadline(self) -> float | None:
        """When `expire` is to be called next."""
        earliest = min(
            self._next_tick,
            self._silence.deadline,
            self._reports.deadline,
            self._recordings.deadline,
            *self._pressed.values(),
        )
        return None if earliest == _NO_TIME else earliest

    def has(self, number: int) -> bool:
        """Return whether a stream of this number is open."""
        return number in self._streams.row_of

    def open(self, number: int, row: int) -> list[Output]:
        """Put a stream on a row that is free."""
        random = self._random
        self._streams.open(number, row, random(), random() & 0xFFFF, random())
        self._reception.reset(row)
        return []

    def command(self, command: Command, now: float) -> list[Output]:
        """Carry out any command but those about ports."""
        if isinstance(command, Lease | Open | HandOff | TakeOver | Regain):
            return [Discard("not-for-the-plane")]
        row = self._streams.row_of.get(command.stream)
        if row is None:
            return [Discard("unknown-stream")]
        outputs = self._carry_out(command, row, now)
        if self._voices.active and self._next_tick == _NO_TIME:
            self._next_tick = now
        return outputs

    def _carry_out(self, command: Command, row: int, now: float) -> list[Output]:
        match command:
            case Direct() | Carry():
                return self._direct(command, row, now)
            case Bridge():
                return self._bridge(row, command.other)
            case Unbridge():
                self._streams.part(row)
            case Play():
                ended = self._over(self._voices.play(row, command.token), now)
                return [*ended, Load(row, command.token, command.sources, command.repeat)]
            case Stop():
                return self._over(self._voices.stop(row), now)
            case Record(after=token):
                if token and self._voices.plays(row, token):
                    return self._recordings.wait(row, command, now)
                return self._recordings.start(row, command, now)
            case StopRecording():
                begun = self._recordings.wait_no_longer(row, now)
                return [*begun, *self._recordings.stop(row, "stopped")]
            case SendDigits(digits=digits, milliseconds=milliseconds, gap=gap):
                if not self._voices.press(row, digits, milliseconds, gap):
                    return [Discard("digits-not-sent")]
            case Close():
                return self._close(command.stream, row, now)
        return []

    def loaded(self, row: int, token: int, frames: Frames, now: float) -> list[Output]:
        """Take what Load asked for."""
        self._voices.loaded(row, token, frames)
        if self._voices.active and self._next_tick == _NO_TIME:
            self._next_tick = now
        return []

    def failed(self, row: int, token: int, reason: str, now: float) -> list[Output]:
        """Learn that what Load asked for cannot be had."""
        return self._over(self._voices.failed(row, token, reason), now)

    def file_broken(self, recording: int) -> list[Output]:
        """Learn that the file of a recording takes no more."""
        return self._recordings.broken(recording)

    def file_finished(self, recording: int, seconds: float, error: str) -> list[Output]:
        """Learn that the file of a recording is in place, or with `error` why not."""
        recorded = self._recordings.finished(recording, seconds, error)
        if recorded is None:
            return [Discard("unknown-recording")]
        closed = self._closing.get(recorded.stream)
        if closed is None or self._recordings.unfinished(recorded.stream):
            return [recorded]
        del self._closing[recorded.stream]
        return [recorded, closed]

    def hand_off(self, number: int, now: float) -> tuple[list[Output], int, bytes] | None:
        """Give a stream away: return what comes of that, its row, and what another engine needs
        to go on with it. None when there is no such stream."""
        row = self._streams.row_of.get(number)
        if row is None:
            return None
        outputs = self._over(self._voices.close(row), now)
        outputs += self._recordings.stop(row, "closed")
        state = self._mover.take(row, self._events.get(row))
        self._reports.leave(row)
        self._leave(row)
        return outputs, row, state

    def take_over(self, number: int, row: int, state: bytes) -> None:
        """Go on with a stream of another engine on a row that is free. Raises ValueError for a
        state that `hand_off` has not made."""
        receiver = self._mover.put(number, row, state)
        if receiver is not None:
            self._events[row] = receiver
            if receiver.deadline is not None:
                self._pressed[row] = receiver.deadline

    def finish(self) -> list[Output]:
        """End all recordings: the engine is about to stop."""
        return self._recordings.stop_all("closed")

    def expire(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        if self._next_tick <= now:
            outputs += self._tick(now)
        if self._recordings.deadline <= now:
            outputs += self._recordings.expire(now)
        if self._pressed:
            for row in [row for row, due in self._pressed.items() if due <= now]:
                del self._pressed[row]
                presses = self._events[row].expire(now)
                stream = int(self._streams.number[row])
                outputs += [Digit(stream, press.key, press.milliseconds) for press in presses]
        if self._reports.deadline <= now:
            batch = self._reports.expire(now)
            outputs += [] if batch is None else [Send(batch)]
        if self._silence.deadline <= now:
            outputs += self._silence.expire(now)
        return outputs

    def receive(self, batch: Batch, now: float) -> list[Output]:
        """Take packets that arrived together."""
        is_control = (batch.channel & 1).nonzero()[0]
        if not len(is_control):
            return self._speech(batch, now)
        outputs = self._control(batch.where(is_control), now)
        batch = batch.where((batch.channel & 1 == 0).nonzero()[0])
        return outputs + self._speech(batch, now) if len(batch) else outputs

    def _speech(self, batch: Batch, now: float) -> list[Output]:
        """Take packets of RTP ports, one at least."""
        streams = self._streams
        rows = batch.channel >> 1
        carried = streams.carries[rows]
        if carried.any():
            return self._datagrams(batch, carried, now)
        header = batch.buffer.words[batch.slot, :3].byteswap().T.astype(np.int64)
        kind = header[0] >> 16 & 0x7F
        is_event = kind == streams.receive_event_payload_type[rows]
        law = streams.receive_law[rows, kind]
        is_audio = law >= 0
        usable: Flags = (
            (is_event | is_audio | (kind == COMFORT_NOISE))
            & (header[0] >> 30 == VERSION)
            & (batch.length >= SIZE)
            & (batch.length < STRIDE)
            & streams.directed[rows]
        )
        admitted = self._latch.admit(rows, batch.peer, usable, now)
        if not admitted.all():
            np.add.at(streams.dropped, rows[~admitted], 1)
            which = admitted.nonzero()[0]
            if not len(which):
                return []
            batch, rows, header = batch.where(which), rows[which], header[:, which]
            law, is_event, is_audio = law[which], is_event[which], is_audio[which]
        streams.heard_at[rows] = now
        streams.alive_at[rows] = now
        audible: list[Output] = []
        if self._silence.told:
            audible += self._silence.hear(rows.tolist())
        sequence = header[0] & 0xFFFF
        arrivals = Arrivals(rows, sequence, header[1], header[2], batch.length, is_audio)
        self._reception.update(arrivals, now)
        outputs = self._use(Arrived(batch, rows, header, law, is_event), is_audio, now)
        return audible + outputs if audible else outputs

    def _datagrams(self, batch: Batch, carried: Flags, now: float) -> list[Output]:
        """Take a batch in which some packets, those `carried`, are no RTP."""
        rtp = batch.where((~carried).nonzero()[0])
        outputs = self._speech(rtp, now) if len(rtp) else []
        batch = batch.where(carried.nonzero()[0])
        if self._silence.told:
            outputs += self._silence.hear((batch.channel >> 1).tolist())
        passed = self._carriage.carry(batch, now)
        return outputs if passed is None else [*outputs, Send(passed)]

    def _use(self, arrived: Arrived, is_audio: Flags, now: float) -> list[Output]:
        """Do with admitted packets what their streams ask for."""
        outputs: list[Output] = []
        if arrived.is_event.any():
            for i in arrived.is_event.nonzero()[0].tolist():
                outputs += self._event(arrived, i, now)
        is_recorded = self._streams.recorded[arrived.rows] & is_audio
        if is_recorded.any():
            for i in is_recorded.nonzero()[0].tolist():
                outputs += self._record(arrived, i, now)
        speech: Ints = (is_audio | arrived.is_event).nonzero()[0]
        if len(speech) < len(arrived.rows):
            arrived = arrived.where(speech)
        sent = self._relay.relay(arrived, now)
        return [*outputs, Send(sent)] if sent is not None else outputs

    def _event(self, arrived: Arrived, i: int, now: float) -> list[Output]:
        row, batch = int(arrived.rows[i]), arrived.batch
        data = batch.buffer.views[int(batch.slot[i])][: int(batch.length[i])]
        span = payload_span(data)
        if span is None:
            return [Discard("event-malformed")]
        receiver = self._events.get(row)
        if receiver is None:
            receiver = self._events[row] = EventReceiver()
        payload = bytes(data[span[0] : span[1]])
        presses = receiver.receive(payload, int(arrived.header[1, i]), now)
        if receiver.deadline is None:
            self._pressed.pop(row, None)
        else:
            self._pressed[row] = receiver.deadline
        stream = int(self._streams.number[row])
        return [Digit(stream, press.key, press.milliseconds) for press in presses]

    def _record(self, arrived: Arrived, i: int, now: float) -> list[Output]:
        batch = arrived.batch
        slot, length = int(batch.slot[i]), int(batch.length[i])
        span = payload_span(batch.buffer.views[slot][:length])
        if span is None:
            return [Discard("audio-malformed")]
        payload = batch.buffer.data[slot, span[0] : span[1]]
        timestamp = int(arrived.header[1, i])
        law = int(arrived.law[i])
        return self._recordings.hear(int(arrived.rows[i]), law, timestamp, payload, now)

    def _control(self, batch: Batch, now: float) -> list[Output]:
        streams, outputs = self._streams, list[Output]()
        channels, peers = batch.channel.tolist(), batch.peer.tolist()
        for channel, peer, data in zip(channels, peers, batch.packets(), strict=True):
            row = channel >> 1
            is_permitted = streams.directed[row] and self._latch.permits_control(row, peer)
            if is_permitted and self._reports.receive(row, data, now):
                self._latch.learn_control(row, peer)
                streams.alive_at[row] = now
                if row in self._silence.told:
                    outputs += self._silence.hear((row,))
            else:
                streams.dropped[row] += 1
        return outputs

    def _tick(self, now: float) -> list[Output]:
        batch, ended = self._voices.tick(self._next_tick)
        self._next_tick += TICK
        if not self._voices.active:
            self._next_tick = _NO_TIME
        elif self._next_tick < now - CATCH_UP:
            self._next_tick = now
        outputs = self._over(ended, now)
        return outputs if batch is None else [*outputs, Send(batch)]

    def _over(self, ended: list[Played], now: float) -> list[Output]:
        """Tell that Plays are over, and begin the recordings that have waited for that."""
        outputs: list[Output] = [*ended]
        for played in ended:
            row = self._streams.row_of[played.stream]
            outputs += self._recordings.played(row, played.token, now)
        return outputs

    def _direct(self, direct: Direct | Carry, row: int, now: float) -> list[Output]:
        if isinstance(direct, Carry):
            self._latch.direct(row, direct)
            self._streams.carry(row, direct)
            self._silence.forget(row)  # pages take as long as they like
            return []
        if direct.codec not in LAWS:
            return [Discard("unknown-codec")]
        self._latch.direct(row, direct)
        self._streams.speak(row, direct)
        self._reports.begin(row, now)
        if not direct.early:
            self._silence.answered(row, now)
        return []

    def _bridge(self, row: int, other: int) -> list[Output]:
        other_row = self._streams.row_of.get(other)
        if other_row is None:
            return [Discard("unknown-stream")]
        self._streams.bridge(row, other_row)
        return []

    def _close(self, number: int, row: int, now: float) -> list[Output]:
        outputs = self._over(self._voices.close(row), now)
        outputs += self._recordings.stop(row, "closed")
        goodbye = self._reports.close(row, now)
        outputs += [] if goodbye is None else [Send(goodbye)]
        closed = Closed(number, self._statistics(row))
        self._leave(row)
        outputs.append(Release(row))
        if self._recordings.unfinished(number):
            self._closing[number] = closed
        else:
            outputs.append(closed)
        return outputs

    def _leave(self, row: int) -> None:
        """Let go of a row whose stream is no longer here."""
        self._silence.forget(row)
        self._events.pop(row, None)
        self._pressed.pop(row, None)
        self._streams.close(row)

    def _statistics(self, row: int) -> Statistics:
        streams, reception = self._streams, self._reception
        jitter = reception.jitter_units(row)
        return Statistics(
            received=int(reception.received[row]),
            received_bytes=int(reception.octets[row]),
            sent=int(streams.sent[row]),
            lost=max(reception.lost(row), 0),
            dropped=int(streams.dropped[row]),
            jitter_ms=None if jitter is None else jitter * 1000 / CLOCK_RATE,
            round_trip_ms=self._reports.round_trip_ms(row),
        )
