"""Streams whose packets are encrypted: opened before anything else looks at them, and protected
last of all."""

from typing import Final

import numpy as np

from media.measuring import Keys
from media.net.batch import Batch, Buffer, Flags, Ints
from media.rtp.srtp import Receiver, Sender
from media.streams import Streams

_PACKETS: Final = 64


class Encryption:
    """Knows the keys of streams by row. A row with keys sends and takes nothing in the clear."""

    def __init__(self, streams: Streams) -> None:
        self._secured: Flags = np.zeros(streams.rows + 1, np.bool_)
        self._carries = streams.carries
        self._keys: dict[int, Keys] = {}
        self._receivers: dict[int, Receiver] = {}
        self._senders: dict[int, Sender] = {}
        self._buffer = Buffer(_PACKETS)
        self.unauthentic: Ints = np.zeros(streams.rows + 1, np.int64)
        """Packets that were forged, changed or sent again by somebody, by row."""

    @property
    def active(self) -> bool:
        """Some stream has keys."""
        return bool(self._keys)

    def secures(self, row: int) -> bool:
        return row in self._keys

    def direct(self, row: int, keys: Keys | None) -> None:
        """Use `keys` from now on, or none. The same again changes nothing, so that counters go on.
        Raises ValueError for keys of an unknown suite, or of another size."""
        before = self._keys.get(row)
        if keys == before:
            return
        if keys is None:
            self.forget(row)
            return
        is_suite = before is not None and keys.suite == before.suite
        if before is None or not is_suite or keys.receive != before.receive:
            self._receivers[row] = Receiver(keys.suite, keys.receive)
        if before is None or not is_suite or keys.send != before.send:
            self._senders[row] = Sender(keys.suite, keys.send)
        self._keys[row] = keys
        self._secured[row] = True

    def forget(self, row: int) -> None:
        """The stream on this row has sent its last packet, or sends in the clear from now on."""
        for of in (self._keys, self._receivers, self._senders):
            of.pop(row, None)
        self._secured[row] = False
        self.unauthentic[row] = 0

    def opening(self, batch: Batch, rows: Ints) -> "Opening":
        """Return what opens the packets of `batch`, which came by the streams of `rows`."""
        return Opening(self._receivers, self._secured[rows], self.unauthentic, batch, rows)

    def open_control(self, row: int, data: bytes) -> bytes | None:
        """Return an RTCP packet in the clear; None when it is not authentic."""
        receiver = self._receivers.get(row)
        if receiver is None:
            return data
        opened = receiver.open_control(data)
        self.unauthentic[row] += opened is None
        return opened

    def protect(self, batch: Batch) -> list[Batch]:
        """Return what is to be sent in place of `batch`: its packets to secured streams stand in a
        buffer of ours, for one packet may be there for several streams."""
        rows = batch.channel >> 1
        # Datagrams that are no RTP are in no encryption of RTP either; RTCP beside them is.
        secured = self._secured[rows] & ~(self._carries[rows] & (batch.channel & 1 == 0))
        if not secured.any():
            return [batch]
        which = secured.nonzero()[0]
        if len(which) > self._buffer.capacity:
            self._buffer = Buffer(2 * len(which))
        plain = (~secured).nonzero()[0]
        clear = [batch.where(plain)] if len(plain) else []
        protected = self._protect(batch.where(which))
        return [*clear, protected] if len(protected) else clear

    def _protect(self, batch: Batch) -> Batch:
        views, sources, senders = self._buffer.views, batch.buffer.views, self._senders
        kept: list[int] = []
        lengths: list[int] = []
        columns = (batch.slot.tolist(), batch.length.tolist(), batch.channel.tolist())
        for i, (slot, length, channel) in enumerate(zip(*columns, strict=True)):
            sender, data = senders[channel >> 1], bytes(sources[slot][:length])
            done = sender.protect_control(data) if channel & 1 else sender.protect(data)
            if done is not None:
                views[len(kept)][: len(done)] = done
                kept.append(i)
                lengths.append(len(done))
        return Batch(
            self._buffer,
            np.arange(len(kept)),
            np.array(lengths, np.int64),
            batch.channel[kept],
            batch.peer[kept],
        )


class Opening:
    """One batch of packets, opened one by one: by who has to know who sent one, and then the rest.

    Opened packets are written over the protected ones, and their lengths into the batch.
    """

    __slots__ = ("_batch", "_opened", "_receivers", "_rows", "_secured", "_unauthentic")

    def __init__(
        self,
        receivers: dict[int, Receiver],
        secured: Flags,
        unauthentic: Ints,
        batch: Batch,
        rows: Ints,
    ) -> None:
        self._receivers = receivers
        self._secured = secured
        self._unauthentic = unauthentic
        self._batch = batch
        self._rows = rows
        self._opened: Flags = np.zeros(len(rows), np.bool_)

    def proves(self, i: int) -> bool:
        """Open packet `i`; return whether it is authentic. One that needs no key is."""
        if not self._secured[i] or self._opened[i]:
            return True
        batch, row = self._batch, int(self._rows[i])
        view = batch.buffer.views[int(batch.slot[i])]
        opened = self._receivers[row].open(bytes(view[: int(batch.length[i])]))
        if opened is None:
            self._unauthentic[row] += 1
            return False
        view[: len(opened)] = opened
        batch.length[i] = len(opened)
        self._opened[i] = True
        return True

    def finish(self, admitted: Flags) -> Flags:
        """Open the rest of the packets that were admitted; return which are authentic."""
        for i in (admitted & self._secured & ~self._opened).nonzero()[0].tolist():
            admitted[i] = self.proves(i)
        return admitted
