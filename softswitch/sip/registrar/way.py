"""What a REGISTER says of the way back to its phone: Path (RFC 3327) and flows (RFC 5626)."""

from msgspec import Struct

from softswitch.sip.errors import Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.message import Address, Header, Request
from softswitch.sip.text import readable

PATH, OUTBOUND = "path", "outbound"
"""Option tags."""

_MOST_PROXIES = 10
_LONGEST_PATH = 1000

_FLOW_TIMERS = {"udp": "25"}
"""Seconds between two signs of life. Routers forget UDP that has been silent for half a minute."""

_FLOW_TIMER = "120"


class Way(Struct, frozen=True, gc=False):
    """How requests get to whoever has sent a REGISTER."""

    path: tuple[str, ...] = ()
    """Values of Path, nearest to us first: the Routes of requests."""

    has_flows: bool = False
    """The phone knows what several flows are for."""

    reaches_flows: bool = True
    """So does the first that its messages come to: us, or a proxy that says so."""


DIRECT = Way()


class Lacking(Refusal):
    """The phone does not know of what others have done to its REGISTER."""

    def __init__(self, option: str) -> None:
        super().__init__(420, "")
        self.option = option


def way_of(request: Request) -> Way:
    """Return the way back. Raises ParseError and Refusal."""
    firsts = request.firsts()
    has_path = Header.PATH in firsts
    if not has_path and OUTBOUND not in firsts.get(Header.SUPPORTED, "").lower():
        return DIRECT
    supported = {option.lower() for option in request.values(Header.SUPPORTED)}
    if has_path and PATH not in supported:
        raise Lacking(PATH)  # it would never know through whom its calls go
    path = request.values(Header.PATH)
    if len(path) > _MOST_PROXIES or sum(map(len, path)) > _LONGEST_PATH:
        raise Refusal(400, "Path Too Long")
    addresses = [Address.parse(value) for value in path]
    for address, value in zip(addresses, path, strict=True):
        if not address.uri.is_sip or "lr" not in address.uri.parameters:
            raise Refusal(400, "Path Is Not a Loose Route")
        if value != readable(value):
            raise Refusal(400, "Path Is Not UTF-8")
    is_direct = len(request.values(Header.VIA)) == 1
    reaches_flows = is_direct or (bool(addresses) and "ob" in addresses[-1].uri.parameters)
    return Way(tuple(path), OUTBOUND in supported, reaches_flows)


def flow_timer(flow: Flow) -> str:
    """Return the seconds after which a phone shows that it is still there."""
    return _FLOW_TIMERS.get(flow.transport, _FLOW_TIMER)
