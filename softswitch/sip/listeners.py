"""What a peer is told about the address that it talks to."""

from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from msgspec import Struct

from softswitch.sip.flow import Flow
from softswitch.sip.message import Uri
from softswitch.sip.settings import EndpointSettings, ListenerSettings

_MOST_REMEMBERED = 10_000
_MOST_HOMES = 10_000


class Face(Struct, frozen=True, gc=False):
    """One listener as one kind of peer sees it."""

    sent_by: str
    """For our Via: `host:port`."""

    contact: str
    """For our Contact, in angle brackets."""

    host: str
    """For From and To: the operator's domain or the listener's host."""

    algorithms: tuple[str, ...]

    is_proxy: bool = False
    """Calls that come in here are passed on."""

    is_trusted: bool = False
    """Who is there is believed whatever it says of callers, and told it (RFC 3325)."""


def uri_transport(transport: str) -> str:
    """Return what a URI calls the transport of a flow; nothing for UDP, which goes without saying.

    A WebSocket is `ws` in a URI, within TLS or not (RFC 7118, section 5.2).
    """
    return {"udp": "", "wss": "ws"}.get(transport, transport)


class Listeners:
    """Faces of all listeners, and the names that the switch goes by."""

    __slots__ = (
        "_domain",
        "_faces",
        "_has_nearby",
        "_homes",
        "_names",
        "_ports",
        "_settings",
        "_trusted",
    )

    def __init__(self, settings: EndpointSettings) -> None:
        """Raises ValueError when a listener's `nearby`, or `trusted`, holds what is no network."""
        self._settings: dict[tuple[str, tuple[str, int]], ListenerSettings] = {}
        self._has_nearby = False
        self._domain = settings.domain
        self._trusted = settings.trusted
        self._faces: dict[tuple[str, tuple[str, int], str], Face] = {}
        self._ports: set[int] = set()
        self._names = {"", settings.realm.lower(), settings.domain.lower(), "localhost"}
        self._homes: OrderedDict[str, str] = OrderedDict()  # peer -> where it has registered
        self.readdress(settings.listeners)

    def readdress(self, listeners: Iterable[ListenerSettings]) -> None:
        """Tell peers from now on what stands in `listeners`. What we were called before is still
        known: dialogs go on in which it stands. Raises ValueError as when made."""
        listeners = tuple(listeners)
        self._settings = {(one.transport, one.local): one for one in listeners}
        nets = (self._trusted, *(one.nearby for one in listeners))
        self._has_nearby = any(map(_networks, nets))
        self._faces.clear()
        for one in listeners:
            told = (_host(one.local[0]), one.advertised, one.advertised_nearby)
            self._names |= {_host_and_port(host, "")[0].lower() for host in told}
            ports = {_host_and_port(host, str(one.local[1]))[1] for host in told if host}
            self._ports |= {int(port) for port in ports if port.isdecimal()}

    def know(self, host: str) -> bool:
        """Whether the host of a URI means this switch."""
        if host in self._names:
            return True
        try:
            address = ip_address(host.strip("[]"))
        except ValueError:
            return False
        usual = _host(str(address))  # an IPv6 address can be written in many ways
        return address.is_loopback or usual in self._names

    def is_home(self, host: str, peer: Flow) -> bool:
        """Whether the host of a URI means this switch to that peer."""
        return self._homes.get(peer.remote[0]) == host or self.know(host)

    def is_own(self, uri: Uri) -> bool:
        """Whether a URI leads to a listener of ours, and not to another program on this host."""
        return (uri.port is None or uri.port in self._ports) and self.know(uri.host)

    @property
    def reach(self) -> frozenset[tuple[str, int]]:
        """Transports and IP versions that there are listeners of."""
        return frozenset((spoken, 6 if ":" in local[0] else 4) for spoken, local in self._settings)

    def towards(self, transport: str, host: str, caller: Flow | None) -> tuple[str, int] | None:
        """Return the listening address from which to send to the address `host`, on behalf of
        `caller` if of anybody.

        None when there is none of that transport and address family.
        """
        wants = ":" in host
        known = [*self._settings]
        if caller is not None:
            known.insert(0, (caller.transport, caller.local))
        fitting = [
            local for spoken, local in known if spoken == transport and (":" in local[0]) == wants
        ]
        is_far = not _is_loopback(host)
        fitting.sort(key=lambda local: is_far and _is_loopback(local[0]))  # it leads nowhere else
        return fitting[0] if fitting else None

    @property
    def usual(self) -> Face:
        """The first listener, as those see it who are seen by none."""
        spoken, local = next(iter(self._settings), ("udp", ("0.0.0.0", 5060)))
        return self.face(Flow(spoken, local, ("", 0)))

    def learn(self, host: str, peer: Flow) -> None:
        """Take the host that a phone has registered at for what phones there call us.

        Nobody else knows all names: those of the local network, addresses of other interfaces. It
        means us to that peer alone, else a phone could have what is meant for another domain.
        """
        address = peer.remote[0]
        if self._homes.get(address) != host and not self.know(host):
            self._homes[address] = host
            if len(self._homes) > _MOST_HOMES:
                self._homes.popitem(last=False)

    def face(self, flow: Flow) -> Face:
        key = flow.transport, flow.local, flow.remote[0] if self._has_nearby else ""
        face = self._faces.get(key)
        if face is None:
            if len(self._faces) >= _MOST_REMEMBERED:
                self._faces.clear()
            face = self._faces[key] = self._make(flow)
        return face

    def sent_by(self, flow: Flow) -> str:
        return self.face(flow).sent_by

    def _make(self, flow: Flow) -> Face:
        settings = self._settings.get((flow.transport, flow.local))
        if settings is None:
            settings = ListenerSettings(flow.transport, flow.local)
        host, port = _host(flow.local[0]), str(flow.local[1])
        advertised = settings.advertised
        if settings.advertised_nearby and is_in(settings.nearby, flow.remote[0]):
            advertised = settings.advertised_nearby
        if advertised:
            host, port = _host_and_port(advertised, port)
        transport = uri_transport(flow.transport)
        return Face(
            sent_by=f"{host}:{port}",
            contact=f"<sip:{host}:{port}{f';transport={transport}' if transport else ''}>",
            host=self._domain or host,
            algorithms=settings.algorithms,
            is_proxy=settings.is_proxy,
            is_trusted=settings.is_trusted or is_in(self._trusted, flow.remote[0]),
        )


def _is_loopback(host: str) -> bool:
    return ip_address(host.partition("%")[0]).is_loopback


@lru_cache(maxsize=64)
def _networks(nearby: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(network) for network in nearby)


def is_in(nearby: tuple[str, ...], host: str) -> bool:
    """Whether the host of a flow is in one of these networks."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return any(address in network for network in _networks(nearby))


def _host(address: str) -> str:
    """Return an address as URIs have it; the zone of a link-local one means something here only."""
    return f"[{address.partition('%')[0]}]" if ":" in address else address


def _host_and_port(advertised: str, port: str) -> tuple[str, str]:
    """Take `host`, `host:port`, `[address]:port` or a bare IPv6 address apart."""
    if advertised.startswith("["):
        host, _, rest = advertised.partition("]")
        return f"{host}]", rest.removeprefix(":") or port
    if advertised.count(":") > 1:
        return f"[{advertised}]", port
    host, _, own = advertised.partition(":")
    return host, own or port
