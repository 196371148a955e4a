"""Which URI a peer's Contact is worth, seen from here."""

from functools import lru_cache
from ipaddress import ip_address, ip_network

from softswitch.sip.flow import Flow
from softswitch.sip.message import Uri

_PRIVATE = tuple(
    ip_network(block)
    for block in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",  # carriers' NAT
        "127.0.0.0/8",
        "169.254.0.0/16",
        "0.0.0.0/32",
        "fc00::/7",
        "fe80::/10",
        "::/127",
    )
)

_LONGEST_REMEMBERED = 256
"""Characters of a Contact that is remembered: what peers say must not fill the memory."""

_LOCAL_NAMES = ("localhost", ".local", ".invalid")


def reachable_target(contact: Uri, flow: Flow) -> str:
    """Return the remote target for a peer that has this Contact and is seen by `flow`.

    A Contact from behind a NAT names an address that means nothing here, or worse, means
    somebody else. The address that the peer is seen with takes its place; user and parameters
    stay, which is how phones know their own line. On one network both are the same address.
    """
    length = len(contact.user) + len(contact.host) + len(contact.headers)
    for name, value in contact.parameters.pairs:
        length += len(name) + len(value or "")
    reach = _remembered if length <= _LONGEST_REMEMBERED and not contact.password else _reach
    return reach(contact, flow.remote)


def _reach(contact: Uri, remote: tuple[str, int]) -> str:
    host, port = remote
    seen_as = f"[{host}]" if ":" in host else host
    if not contact.is_sip:
        return str(contact)
    if contact.host != seen_as and _is_private(contact.host):
        seen = Uri(contact.scheme, seen_as, contact.user, port, contact.parameters)
        return str(seen)
    if contact.headers:  # they have no place in a Request-URI (section 19.1.1)
        return str(contact).partition("?")[0]
    return str(contact)


_remembered = lru_cache(maxsize=4096)(_reach)
"""A phone has the same Contact in all its calls."""


@lru_cache(maxsize=4096)
def _is_private(host: str) -> bool:
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return host.endswith(_LOCAL_NAMES)
    return any(address in block for block in _PRIVATE)
