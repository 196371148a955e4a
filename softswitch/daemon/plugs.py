"""What opens the listeners, each by its transport."""

import asyncio
import itertools
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from media.descriptors import RESERVE, raise_limit
from softswitch.configuration.settings import Connections, Listener
from softswitch.daemon.certificates import files_of
from softswitch.daemon.logs import Log
from softswitch.sip.flow import Flow
from softswitch.sip.guard import AddressList
from softswitch.sip.settings import ListenerSettings
from softswitch.transport.certificates import CannotUse, Certificates
from softswitch.transport.errors import CannotListen, spelt
from softswitch.transport.limits import StreamLimits
from softswitch.transport.peers import Room
from softswitch.transport.stream import (
    StreamKind,
    StreamReceiver,
    StreamWire,
    tcp,
    tls,
    websocket,
)
from softswitch.transport.udp import UdpWire
from softswitch.transport.wires import Broken, Wire

GAP: Final = 60.0
"""Seconds between two lines that say the same."""


class Plugs:
    """Makes wires, of listeners that are configured.

    drops  counts what the wires drop, by slug
    knows  whether somebody has shown a right password by a flow
    """

    def __init__(
        self,
        listeners: Iterable[Listener],
        connections: Connections,
        driver: StreamReceiver,
        drops: Counter[str],
        log: Log,
        loop: asyncio.AbstractEventLoop,
        knows: Callable[[Flow], bool],
    ) -> None:
        self._listeners = {(one.transport, (one.host, one.port)): one for one in listeners}
        self._driver = driver
        self._drops = drops
        self._log = log
        self._loop = loop
        self._knows = knows
        self._scarcity_told = -GAP
        self._numbers = itertools.count(time.time_ns() // 1_000_000)  # of connections
        self._limits = StreamLimits(
            connections=connections.most,
            connections_of_host=connections.of_address,
            idle=connections.silence,
            stranger=connections.stranger,
        )
        self._room = Room(max(1, raise_limit() - len(os.listdir("/proc/self/fd")) - RESERVE))

    def open(self, listener: ListenerSettings, broken: Broken) -> Wire:
        """Open one listener. Raises CannotListen."""
        local, drops = listener.local, self._drops
        if listener.transport == "udp":
            return UdpWire(local, self._driver, drops, self._loop, broken, knows=self._knows)
        try:
            kind = self._kind(listener)
        except CannotUse as error:
            raise CannotListen(listener.transport, local, OSError(str(error))) from error
        return StreamWire(
            kind,
            local,
            self._driver,
            drops,
            self._numbers,
            self._limits,
            self._loop,
            admits=AddressList(listener.allow, listener.deny).admits,
            broken=broken,
            room=self._room,
            scarce=self._note_scarcity,
        )

    def _kind(self, listener: ListenerSettings) -> StreamKind:
        """Return what is to be spoken at a listener. Raises CannotUse."""
        written = self._listeners[listener.transport, listener.local]
        certificates = None
        if written.tls is not None:
            address = spelt(listener.transport, listener.local)
            certificates = Certificates(
                files_of(written.tls),
                lambda slug, about: self._tell(address, slug, about),
                time.monotonic(),
            )
        if written.websocket is not None:
            return websocket(written.websocket.path, written.websocket.origins, certificates)
        return tcp() if certificates is None else tls(certificates)

    def _note_scarcity(self, most: int) -> None:
        """Log that files and sockets run short: now and then, for it happens a thousand times."""
        now = time.monotonic()
        if now >= self._scarcity_told + GAP:
            self._scarcity_told = now
            self._log.error("descriptors-scarce", connections=most)

    def _tell(self, address: str, slug: str, about: str) -> None:
        """Log what has become of a certificate that was replaced."""
        log = self._log.info if slug == "certificate-renewed" else self._log.error
        log(slug, listener=address, about=about)
