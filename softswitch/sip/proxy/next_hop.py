"""Where a URI of somebody else leads."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from msgspec import Struct

from softswitch.sip.errors import Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Uri
from softswitch.sip.vocabulary import Target

_SECURE = {"udp": "tls", "tcp": "tls", "tls": "tls", "ws": "wss", "wss": "wss"}


class NeedsLocating(Struct, frozen=True, gc=False):
    """The next hop is a name: where it is, the DNS knows (RFC 3263)."""

    uri: Uri


def next_hop(uri: Uri, request_uri: str, caller: Flow, listeners: Listeners) -> (
    Target | NeedsLocating
):  # fmt: skip
    """Return where to send a request whose next hop is `uri`, on behalf of `caller`.

    Raises Refusal where nobody is sent to.
    """
    host = (uri.parameters.get("maddr") or uri.host).strip("[]")
    try:
        address = ip_address(host)
    except ValueError:
        return NeedsLocating(uri)
    _refuse_places(_plain(address), caller)
    transport = (uri.parameters.get("transport") or "udp").lower()
    if uri.scheme == "sips":
        transport = _SECURE.get(transport, "tls")
    port = uri.port or (5061 if transport in ("tls", "wss") else 5060)
    local = listeners.towards(transport, host, caller)
    if local is None:
        raise Refusal(502, "No Listener for That Transport")
    return Target(request_uri, Flow(transport, local, (host, port)))


def _refuse_places(address: IPv4Address | IPv6Address, caller: Flow) -> None:
    """Nobody may reach many at once, nor, from elsewhere, what listens for this machine alone."""
    if address.is_multicast or address.is_unspecified or address == IPv4Address("255.255.255.255"):
        raise Refusal(403, "Not a Place to Go")
    seen = _plain(ip_address(caller.remote[0].partition("%")[0]))
    if address.is_loopback and not seen.is_loopback:
        raise Refusal(403, "Not a Place to Go")


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return what an IPv4 address in IPv6's clothes is."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
