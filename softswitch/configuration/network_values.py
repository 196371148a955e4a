"""Texts that say where the switch is: addresses, networks, ports."""

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

from softswitch.configuration.settings import StunServer
from softswitch.configuration.values import nearest, one_of, text_of

DNS_PORT = 53
STUN_PORT = 3478
"""Where STUN servers are unless said (RFC 8489, section 18.6)."""

EVERY = "*"
"""Stands for every address of this machine, IPv4 and IPv6."""

TRANSPORTS = ("udp", "tcp", "tls", "ws", "wss")
_MODES = ("switch", "proxy")
_QUALIFIED = ("behind a router", "all", "off")
_BACKENDS = ("auto", "io_uring", "epoll")
_MORE_PHONES = ("replace the oldest", "refuse")
_is_route = re.compile(r"sips?:[^\s<>,?\"]+", re.IGNORECASE).fullmatch


def _port_range(value: object) -> tuple[int, int]:
    text = text_of(value)
    found = re.fullmatch(r"(\d{1,5})\s*-\s*(\d{1,5})", text)
    low, high = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1024 <= low < high <= 65535:
        raise ValueError(f"expected ports such as '10000-20000', not {text!r}")
    return low, high


def _network(value: object) -> str:
    text = text_of(value)
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError(f"expected a network such as '192.168.0.0/16', not {text!r}") from None


def parse_address(text: str) -> str:
    """Return an IPv4 or IPv6 address, the latter perhaps with a zone. Raises ValueError."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"expected an address such as '203.0.113.5', not {text!r}") from None


def _advertised(value: object) -> object:
    """Take an address, or the STUN server that knows it."""
    if isinstance(value, StunServer):
        return value
    text = text_of(value)
    word, _, server = text.partition(" ")
    if word != "stun":
        try:
            return parse_address(text)
        except ValueError as error:
            raise ValueError(f"{error}; or 'stun stun.example.org'") from None
    host, port = _host_and_port(server.strip())
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", host) or not 0 < port < 65536:
        raise ValueError(f"expected a server such as 'stun stun.example.org:3478', not {text!r}")
    return StunServer(host, port)


def _name_server(value: object) -> tuple[str, int]:
    text = text_of(value)
    try:
        return parse_address(text), DNS_PORT
    except ValueError:
        host, port = _host_and_port(text, DNS_PORT)
    try:
        address = parse_address(host)
    except ValueError:
        address = ""
    if not address or not 0 < port < 65536:
        raise ValueError(f"expected an address such as '192.168.1.1', not {text!r}")
    return address, port


def _host_and_port(server: str, usual: int = STUN_PORT) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    if not colon or server.endswith("]"):
        host, port = server, str(usual)
    number = int(port[:6]) if port.isascii() and port.isdigit() else 0
    return host.removeprefix("[").removesuffix("]"), number


def _listener(value: object) -> tuple[str, str, int]:
    text = text_of(value)
    example = "expected a transport and an address such as 'udp 0.0.0.0:5060'"
    transport, _, rest = text.partition(" ")
    host, _, port = rest.rpartition(":")
    host = host.strip()
    if transport.lower() not in TRANSPORTS:
        raise ValueError(f"{example}, not {text!r}{nearest(transport, TRANSPORTS)}")
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        raise ValueError(f"{example}; {port!r} is no port")
    if not host:
        raise ValueError(f"{example}, not {text!r}")
    if host != EVERY:
        host = parse_address(host.removeprefix("[").removesuffix("]"))
    return transport.lower(), host, int(port)


def _mode(value: object) -> object:
    return one_of(text_of(value).lower(), _MODES, "mode")


def _qualified(value: object) -> object:
    return one_of(text_of(value).lower(), _QUALIFIED, "choice")


def _backend(value: object) -> object:
    return one_of(text_of(value).lower(), _BACKENDS, "choice")


def _more_phones(value: object) -> object:
    return one_of(text_of(value).lower(), _MORE_PHONES, "choice")


def _route(value: object) -> str:
    text = text_of(value).removeprefix("<").removesuffix(">")
    if not text.isascii() or _is_route(text) is None:
        raise ValueError(f"expected a proxy such as 'sip:proxy.example.org', not {text!r}")
    return f"<{text}>" if ";lr" in text.lower() else f"<{text};lr>"


def _described(description: str, pattern: str = "") -> WithJsonSchema:
    schema = {"type": "string", "description": description}
    return WithJsonSchema(schema | ({"pattern": pattern} if pattern else {}))


PortRange = Annotated[
    tuple[int, int],
    BeforeValidator(_port_range),
    _described("Ports, such as 10000-20000", r"^\d+-\d+$"),
]
Network = Annotated[str, BeforeValidator(_network), _described("A network, such as 192.168.0.0/16")]
Advertised = Annotated[
    str | StunServer,
    BeforeValidator(_advertised),
    _described("An address, such as 203.0.113.5, or a server that knows it: stun stun.example.org"),
]
ListenAddress = Annotated[
    tuple[str, str, int],
    BeforeValidator(_listener),
    _described("Such as udp 0.0.0.0:5060, udp [::]:5060, or udp *:5060 for both"),
]
NameServer = Annotated[
    tuple[str, int], BeforeValidator(_name_server), _described("An address, such as 192.168.1.1")
]
Mode = Annotated[
    Literal["switch", "proxy"], BeforeValidator(_mode), WithJsonSchema({"enum": list(_MODES)})
]
Qualified = Annotated[
    Literal["behind a router", "all", "off"],
    BeforeValidator(_qualified),
    WithJsonSchema({"enum": list(_QUALIFIED)}),
]
MediaBackend = Annotated[
    Literal["auto", "io_uring", "epoll"],
    BeforeValidator(_backend),
    WithJsonSchema({"enum": list(_BACKENDS)}),
]
MorePhones = Annotated[
    Literal["replace the oldest", "refuse"],
    BeforeValidator(_more_phones),
    WithJsonSchema({"enum": list(_MORE_PHONES)}),
]
ServiceRoute = Annotated[
    str, BeforeValidator(_route), _described("A proxy, such as sip:proxy.example.org")
]
