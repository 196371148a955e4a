"""What packets that have arrived mean: who may send them, what they count for, and what their
streams do with them.

Work is done on whole batches; Python touches single packets only where something changes: a source
is learnt, a digit arrives, a recording grows.
"""

from typing import Final

import numpy as np

from media.carriage import Carriage
from media.control import Digit
from media.deck import Deck
from media.dtmf.event import EventReceiver, Press
from media.encryption import Encryption
from media.hearing import Hearing
from media.inband import Inband
from media.latch import Latch
from media.net.batch import STRIDE, Batch, Flags, constant, is_all, is_any
from media.outputs import Discard, Output, Send
from media.quality import QualityWatch
from media.recordings import Recordings
from media.relay import Arrived, Relay
from media.reports import Reports
from media.rtp.header import SIZE, VERSION, payload_span
from media.rtp.statistics import Arrivals, Reception
from media.silence import SilenceWatch
from media.streams import NONE, Streams

COMFORT_NOISE: Final = 13
"""A payload type that may come unasked (RFC 3389): a sign of life, and nothing to pass on."""

_NO_TIME: Final = float("inf")

_ONE: Final = constant(1)
_16: Final = constant(16)
_30: Final = constant(30)
_PAYLOAD_TYPE: Final = constant(0x7F)
_SEQUENCE: Final = constant(0xFFFF)
_COMFORT_NOISE: Final = constant(COMFORT_NOISE)
_VERSION: Final = constant(VERSION)
_SHORTEST: Final = constant(SIZE)
_TOO_LONG: Final = constant(STRIDE)
_NOTHING: Final = constant(0)


class Intake:
    """Takes packets, for all streams of an engine."""

    def __init__(
        self,
        streams: Streams,
        latch: Latch,
        relay: Relay,
        recordings: Recordings,
        deck: Deck,
        reception: Reception,
        reports: Reports,
        silence: SilenceWatch,
        hearing: Hearing,
        encryption: Encryption,
        quality: QualityWatch,
    ) -> None:
        self._streams = streams
        self._latch = latch
        self._relay = relay
        self._recordings = recordings
        self._deck = deck
        self._reception = reception
        self._reports = reports
        self._silence = silence
        self._hearing = hearing
        self._encryption = encryption
        self._quality = quality
        self._carriage = Carriage(streams, latch, reception)
        self._inband = Inband(streams)
        self._events: dict[int, EventReceiver] = {}
        self._pressed: dict[int, float] = {}  # when a press without an end is over, by row

    @property
    def deadline(self) -> float:
        """When to call `expire`."""
        return min(self._inband.deadline, *self._pressed.values(), _NO_TIME)

    def expire(self, now: float) -> list[Output]:
        """Tell of keys whose packets have stopped coming."""
        outputs: list[Output] = [*self._inband.expire(now)]
        for row in [row for row, due in self._pressed.items() if due <= now]:
            del self._pressed[row]
            outputs += self._digits(row, self._events[row].expire(now))
        return outputs

    def receiver(self, row: int) -> EventReceiver | None:
        """Return what is known of the keys of a stream."""
        return self._events.get(row)

    def resume(self, row: int, receiver: EventReceiver | None) -> None:
        """Go on with what another engine has known. A tone is heard anew."""
        self._inband.forget(row)
        if receiver is not None:
            self._events[row] = receiver
            if receiver.deadline is not None:
                self._pressed[row] = receiver.deadline

    def directed(self, row: int) -> None:
        """Learn that a stream's peer may send its digits otherwise from now on."""
        if not self._streams.detects[row]:
            self._inband.forget(row)

    def forget(self, row: int) -> None:
        self._relay.forget(row)
        self._inband.forget(row)
        self._events.pop(row, None)
        self._pressed.pop(row, None)

    def receive(self, batch: Batch, now: float) -> list[Output]:
        """Take packets that arrived together."""
        is_control = batch.channel & _ONE
        if not np.count_nonzero(is_control):
            return self._speech(batch, now)
        outputs = self._control(batch.where(is_control.nonzero()[0]), now)
        batch = batch.where((is_control == 0).nonzero()[0])
        return outputs + self._speech(batch, now) if len(batch) else outputs

    def _speech(self, batch: Batch, now: float) -> list[Output]:
        """Take packets of RTP ports, one at least."""
        streams = self._streams
        rows = batch.channel >> _ONE
        carried = streams.carries[rows]
        if is_any(carried):
            return self._datagrams(batch, carried, now)
        header = batch.headers()
        first = header[0]
        kind = first >> _16 & _PAYLOAD_TYPE
        is_event = kind == streams.receive_event_payload_type[rows]
        law = streams.receive_law[rows, kind]
        is_audio = law >= _NOTHING
        usable: Flags = (
            (is_event | is_audio | (kind == _COMFORT_NOISE))
            & (first >> _30 == _VERSION)
            & (batch.length >= _SHORTEST)
            & (batch.length < _TOO_LONG)
            & streams.directed[rows]
        )
        if self._encryption.active:
            opening = self._encryption.opening(batch, rows)
            admitted = self._latch.admit(rows, batch.peer, usable, now, opening.proves)
            admitted = opening.finish(admitted)
        else:
            admitted = self._latch.admit(rows, batch.peer, usable, now)
        if not is_all(admitted):
            np.add.at(streams.dropped, rows[~admitted], 1)
            which = admitted.nonzero()[0]
            if not len(which):
                return []
            batch, rows, header = batch.where(which), rows[which], header[:, which]
            law, is_event, is_audio = law[which], is_event[which], is_audio[which]
            kind = kind[which]
        streams.heard_at[rows] = now
        streams.alive_at[rows] = now
        streams.resting[rows] = kind == COMFORT_NOISE
        audible: list[Output] = []
        if self._silence.told:
            audible += self._silence.hear(rows.tolist())
        sequence = header[0] & _SEQUENCE
        arrivals = Arrivals(
            rows, sequence, header[1], header[2], batch.length, is_audio, batch.arrived
        )
        self._reception.update(arrivals, now)
        if self._quality.interval:
            self._quality.loudness.hear(batch, rows, law, now)
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
        if is_any(arrived.is_event):
            for i in arrived.is_event.nonzero()[0].tolist():
                outputs += self._event(arrived, i, now)
        is_recorded = self._streams.recorded[arrived.rows] & is_audio
        if is_any(is_recorded):
            for i in is_recorded.nonzero()[0].tolist():
                outputs += self._record(arrived, i, now)
        if self._hearing.active:
            self._hear(arrived)
        is_wanted = self._deck.wanted[arrived.rows] & is_audio
        if is_any(is_wanted):
            outputs += self._deck.take(arrived.where(is_wanted.nonzero()[0]), now)
        if is_any(self._streams.detects[arrived.rows]):
            outputs += self._inband.take(arrived, now)
        is_speech = is_audio | arrived.is_event
        if not is_all(is_speech):
            arrived = arrived.where(is_speech.nonzero()[0])
        sent = self._relay.relay(arrived, now)
        return [*outputs, Send(sent)] if sent is not None else outputs

    def _hear(self, arrived: Arrived) -> None:
        """Let those hear who listen, of comfort noise as well."""
        self._hearing.take(arrived)
        noise = (arrived.law == NONE) & ~arrived.is_event
        if is_any(noise):
            self._hearing.rest(arrived.rows[noise])

    def _event(self, arrived: Arrived, i: int, now: float) -> list[Output]:
        row, batch = int(arrived.rows[i]), arrived.batch
        data = batch.buffer.views[int(batch.slot[i])][: int(batch.length[i])]
        span = payload_span(data)
        if span is None:
            return [Discard("event-malformed")]
        receiver = self._events.get(row)
        if receiver is None:
            clock_rate = int(self._streams.event_clock_rate[row])
            receiver = self._events[row] = EventReceiver(clock_rate=clock_rate)
        payload = bytes(data[span[0] : span[1]])
        presses = receiver.receive(payload, int(arrived.header[1, i]), now)
        if receiver.deadline is None:
            self._pressed.pop(row, None)
        else:
            self._pressed[row] = receiver.deadline
        return self._digits(row, presses)

    def _digits(self, row: int, presses: list[Press]) -> list[Output]:
        stream = int(self._streams.number[row])
        return [Digit(stream, key, length, volume=volume) for key, length, volume in presses]

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
            opened = self._encryption.open_control(row, data) if is_permitted else None
            if opened is not None and self._reports.receive(row, opened, now):
                self._latch.learn_control(row, peer)
                streams.alive_at[row] = now
                if row in self._silence.told:
                    outputs += self._silence.hear((row,))
            else:
                streams.dropped[row] += 1
        return outputs
