"""Where a stream's packets may come from: learn, then lock.

A telephone behind a NAT sends from another address than its session description names. So the
source is learnt from what arrives, and then nobody else is listened to. Only the hosts of the
session description and of the signalling may be learnt, if either is known; a source exactly as
described displaces one that was learnt.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from media.control import Carry, Direct
from media.net.address import NOWHERE, PORT_BITS, AddressBook
from media.net.batch import Flags, Ints, Keys, is_all
from media.streams import Streams

RELEARN_AFTER: Final = 5.0
"""Seconds without RTP after which a permitted source may take the place of the locked one."""


class Latch:
    """Decides on the sources of all streams."""

    def __init__(self, streams: Streams, book: AddressBook) -> None:
        self._streams = streams
        self._book = book
        self._hosts: list[frozenset[int]] = [frozenset()] * streams.rows
        self._is_fixed = [False] * streams.rows

    def direct(self, row: int, direct: Direct | Carry) -> None:
        """Take over what is said of addresses. The same again changes nothing."""
        streams, book = self._streams, self._book
        expected = book.key(direct.address, direct.port) if direct.address else NOWHERE
        hosts = {expected >> PORT_BITS}
        if direct.signalling_address:
            hosts.add(book.host(direct.signalling_address))
        hosts.discard(0)
        self._hosts[row] = frozenset(hosts)
        is_known = bool(streams.directed[row]) and int(streams.expected[row]) == expected
        if is_known and self._is_fixed[row] != direct.latch:
            return
        self._is_fixed[row] = not direct.latch
        streams.expected[row] = expected
        streams.source[row] = NOWHERE if direct.latch else expected
        self._send_to(row, expected)

    def state(self, row: int) -> tuple[tuple[str, ...], bool]:
        """Return the hosts that may be learnt, and whether none is: for `resume` elsewhere."""
        known = (self._book.address(host << PORT_BITS | 1) for host in self._hosts[row])
        return tuple(each[0] for each in known if each is not None), self._is_fixed[row]

    def resume(self, row: int, hosts: tuple[str, ...], is_fixed: bool) -> None:
        self._hosts[row] = frozenset(self._book.host(host) for host in hosts)
        self._is_fixed[row] = is_fixed

    def admit(
        self,
        rows: Ints,
        sources: Keys,
        usable: Flags,
        now: float,
        proves: Callable[[int], bool] = lambda i: True,
    ) -> Flags:
        """Return which of the packets come from where they should, and learn from them.

        usable  those that are RTP of a kind that the stream expects
        proves  whether a packet, by its index, is the peer's own: asked before a source is learnt
        """
        streams = self._streams
        locked = streams.source[rows]
        admitted: Flags = (sources == locked) & usable
        if is_all(admitted):
            return admitted
        unsettled = (
            usable
            & ~admitted
            & (
                (locked == NOWHERE)
                | (sources == streams.expected[rows])
                | (streams.heard_at[rows] < now - RELEARN_AFTER)
            )
        )
        for i in unsettled.nonzero()[0].tolist():
            is_own = partial(proves, i)
            admitted[i] = self._consider(int(rows[i]), int(sources[i]), now, is_own)
        return admitted

    def permits_control(self, row: int, source: int) -> bool:
        """Return whether RTCP may come from `source`."""
        host = source >> PORT_BITS
        return host == int(self._streams.destination[row]) >> PORT_BITS or host in self._hosts[row]

    def learn_control(self, row: int, source: int) -> None:
        """Send RTCP to where it came from."""
        if not self._is_fixed[row]:
            self._streams.control_destination[row] = source

    def _consider(self, row: int, source: int, now: float, is_own: Callable[[], bool]) -> bool:
        """Return whether one packet's source is, or now becomes, the stream's."""
        streams = self._streams
        locked, expected = int(streams.source[row]), int(streams.expected[row])
        if source == locked:  # learnt from a packet of the same batch
            return True
        if self._is_fixed[row]:
            return False
        hosts = self._hosts[row]
        is_permitted = source >> PORT_BITS in hosts if hosts else locked == NOWHERE
        is_free = locked == NOWHERE or streams.heard_at[row] < now - RELEARN_AFTER
        if not (is_permitted and (is_free or source == expected) and is_own()):
            return False
        streams.source[row] = source
        streams.heard_at[row] = now
        self._send_to(row, source)
        return True

    def _send_to(self, row: int, destination: int) -> None:
        streams = self._streams
        streams.destination[row] = destination
        streams.control_destination[row] = destination + 1 if destination & 0xFFFF else NOWHERE
