"""Listeners as the file describes them, each with what its transport needs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from softswitch.configuration import schema
from softswitch.configuration.document import Route
from softswitch.configuration.network_values import EVERY
from softswitch.configuration.settings import Access, Listener, StunServer, Tls, WebSocket
from softswitch.routing.model import Source

SECURE = ("tls", "wss")
WEB = ("ws", "wss")
_OF_SECURE = ("certificate", "key", "client_certificates", "authority")
_OF_WEB = ("path", "origins")


_EVERY = ("0.0.0.0", "::")
"""Each family has a socket of its own: their peers are told different addresses."""


class Equipment:
    """Gives listeners their addresses, certificates and paths.

    folder    of the file, where paths begin
    source    returns where something is written
    complain  takes what is wrong, and where
    """

    def __init__(
        self,
        network: schema.NetworkSection,
        folder: Path,
        source: Callable[[Route], Source],
        complain: Callable[[str, Route], None],
    ) -> None:
        self._network = network
        self._folder = folder
        self._source = source
        self._complain = complain

    def listeners(self) -> tuple[Listener, ...]:
        found: dict[tuple[str, str, int], Listener] = {}
        for place, written in enumerate(self._network.listen):
            route: Route = ("network", "listen", place)
            transport, host, port = written.on
            first, last = self._network.rtp
            if transport == "udp" and first <= port <= last:
                self._complain(
                    f"port {port} is one of network.rtp, {first}-{last}, where speech goes: "
                    "change one of them",
                    route,
                )
            equipped = self._equip(
                Listener(
                    transport,
                    host,
                    port,
                    algorithms=tuple(one.upper() for one in dict.fromkeys(written.digest)),
                    access=Access(tuple(written.allow), tuple(written.deny)),
                    local=tuple(self._network.local if written.local is None else written.local),
                    is_proxy=written.mode == "proxy",
                    is_trusted=written.trusted,
                ),
                written,
                route,
            )
            for one in _EVERY if host == EVERY else (host,):
                if any(_meet((transport, one, port), other) for other in found):
                    self._complain("is listened on already", route)
                advertise = self._advertise(written, one, route)
                found[transport, one, port] = replace(equipped, host=one, advertise=advertise)
        return tuple(found.values())

    def _advertise(self, written: schema.Listener, host: str, route: Route) -> str | StunServer:
        """Return what a listener on `host` says that it is: an address of its own family."""
        own, usual = written.advertise, self._network.advertise
        advertised = usual if own is None else own
        if not isinstance(advertised, str):
            return advertised or ""
        if (":" in advertised) == (":" in host):
            return advertised
        if own is not None and written.on[1] != EVERY:
            self._complain(f"{own} cannot be an address of {host}", (*route, "advertise"))
        return ""

    def _equip(self, listener: Listener, written: schema.Listener, route: Route) -> Listener:
        """Return `listener` with all that `written`, which stands at `route`, gives it."""
        transport = listener.transport
        for keys, transports in ((_OF_SECURE, SECURE), (_OF_WEB, WEB)):
            for key in written.model_fields_set.intersection(keys):
                if transport not in transports:
                    which = " or ".join(transports)
                    self._complain(f"{key}: only a listener of {which} has one", (*route, key))
        return replace(
            listener,
            tls=self._tls(written, route) if transport in SECURE else None,
            websocket=WebSocket(written.path, tuple(written.origins)) if transport in WEB else None,
        )

    def _tls(self, written: schema.Listener, route: Route) -> Tls | None:
        files: dict[str, Path] = {}
        sources: dict[str, Source] = {}
        for key in ("certificate", "key", "authority"):
            own, usual = getattr(written, key), getattr(self._network, key)
            if own or usual:
                files[key] = self._folder / (own or usual)
                sources[key] = self._source((*route, key) if own else ("network", key))
        missing = [key for key in ("certificate", "key") if key not in files]
        if written.certificate is not None and written.key is None:
            self._complain("'key' is missing here, for its own certificate", route)
        elif missing:
            words = " and ".join(repr(key) for key in missing)
            self._complain(f"{words} missing here, or in network", route)
        if written.client_certificates == "required" and "authority" not in files:
            # Else whoever has a certificate of any public authority would be let in.
            self._complain("'authority' is missing: who signs the phones' certificates", route)
        if not {"certificate", "key"} <= files.keys():
            return None
        return Tls(
            files["certificate"],
            files["key"],
            written.client_certificates,
            files.get("authority"),
            sources,
        )


def _meet(one: tuple[str, str, int], other: tuple[str, str, int]) -> bool:
    """Whether two listeners, each a transport, host and port, want one socket: those of streams
    share their ports, and who is on every address is on each."""
    if one[2] != other[2] or (one[0] == "udp") != (other[0] == "udp"):
        return False
    hosts = {one[1], other[1]}
    if len(hosts) > 1 and len({":" in host for host in hosts}) > 1:
        return False
    return len(hosts) == 1 or not hosts.isdisjoint(_EVERY)
