"""A stream's row on its way from one engine to another.

What is known of a stream is columns of arrays, and columns mean the same in every engine of a
machine: all have its monotonic clock. Only addresses do not, for each engine has keys of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from media.dtmf.event import EventReceiver
from media.latch import Latch
from media.net.address import NOWHERE, AddressBook
from media.quality import QualityWatch
from media.reports import Reports
from media.rtp.statistics import Reception
from media.silence import SilenceWatch
from media.streams import NO_FEED, Streams

_ADDRESSES: Final = ("source", "expected", "destination", "control_destination")
"""Columns of Streams that hold keys."""


class Row(Struct, frozen=True):
    """Everything of one stream, but its bridge and what is played to it."""

    columns: dict[str, dict[str, bytes]]
    """By owner and name: one entry each, as its bytes."""

    addresses: dict[str, tuple[str, int] | None]
    """By column of Streams; None is nowhere."""

    latch: tuple[tuple[str, ...], bool]
    reports: bool
    silence: tuple[int, bool]
    press: dict[str, bool | int | float | None] | None
    """A key that is being pressed."""


_decoder = msgspec.msgpack.Decoder(Row)


class Mover:
    """Takes rows out of the arrays of an engine, and puts them in."""

    def __init__(
        self,
        streams: Streams,
        latch: Latch,
        book: AddressBook,
        reception: Reception,
        reports: Reports,
        silence: SilenceWatch,
        quality: QualityWatch,
    ) -> None:
        self._streams = streams
        self._latch = latch
        self._book = book
        self._reports = reports
        self._silence = silence
        self._owners = {
            "streams": streams,
            "reception": reception,
            "reports": reports,
            "silence": silence,
            "bursts": reception.bursts,
            "quality": quality,
            "told": quality.told,
            "loudness": quality.loudness,
        }
        self._quality = quality

    def take(self, row: int, receiver: EventReceiver | None) -> bytes:
        """Return what is known of a row, which stays as it is."""
        streams = self._streams
        keys = {name: int(getattr(streams, name)[row]) for name in _ADDRESSES}
        return msgspec.msgpack.encode(
            Row(
                columns={
                    owner: {name: column[row].tobytes() for name, column in self._columns(of)}
                    for owner, of in self._owners.items()
                },
                addresses={name: self._book.address(key) for name, key in keys.items()},
                latch=self._latch.state(row),
                reports=self._reports.has_reported(row),
                silence=self._silence.state(row),
                press=None if receiver is None else receiver.state(),
            )
        )

    def put(self, number: int, row: int, state: bytes) -> EventReceiver | None:
        """Open a stream on a row that is free, and go on where another engine has ended; return
        the receiver of its digits, if there is one.

        Raises ValueError for what `take` has not made.
        """
        try:
            taken = _decoder.decode(state)
        except msgspec.MsgspecError as error:
            raise ValueError(str(error)) from error
        streams, book = self._streams, self._book
        streams.open(number, row, 0, 0, 0)
        try:
            for owner, of in self._owners.items():
                for name, column in self._columns(of):
                    entry = np.frombuffer(taken.columns[owner][name], column.dtype)
                    column[row] = entry.reshape(column.shape[1:])
        except (KeyError, ValueError) as error:
            streams.close(row)
            raise ValueError(f"not a row of ours: {error}") from error
        self._quality.resume(row)
        streams.number[row] = number
        streams.other[row] = streams.nobody
        streams.feed[row] = NO_FEED
        streams.occupied[row] = streams.recorded[row] = False
        for name, address in taken.addresses.items():
            getattr(streams, name)[row] = NOWHERE if address is None else book.key(*address)
        self._latch.resume(row, *taken.latch)
        self._reports.resume(row, has_reported=taken.reports)
        self._silence.resume(row, *taken.silence)
        return None if taken.press is None else EventReceiver.of(taken.press)

    def _columns(self, owner: object) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield the arrays that have an entry for each row, and perhaps one for nobody."""
        rows = self._streams.rows
        attributes: Mapping[str, object] = vars(owner)
        for name, value in attributes.items():
            if isinstance(value, np.ndarray) and len(value) in (rows, rows + 1):
                yield name, value
