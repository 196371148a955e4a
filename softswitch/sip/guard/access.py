"""Lists of addresses that are let in or kept out."""

from collections.abc import Iterable
from ipaddress import ip_network

from softswitch.sip.guard.hosts import address_of

_MOST = 10_000
"""Hosts whose answer is remembered."""


class AddressList:
    """Lets in whom `deny` does not name; where `allow` names any, only those.

    Both hold networks, such as `10.0.0.0/8`, or single addresses. A host that is in both is kept
    out.
    """

    __slots__ = ("_allow", "_deny", "_found")

    def __init__(self, allow: Iterable[str] = (), deny: Iterable[str] = ()) -> None:
        """Raises ValueError where one of them is no network."""
        self._allow = [ip_network(network) for network in allow]
        self._deny = [ip_network(network) for network in deny]
        self._found: dict[str, bool] = {}

    def __bool__(self) -> bool:
        """Whether there is anybody whom it keeps out."""
        return bool(self._allow or self._deny)

    def admits(self, host: str) -> bool:
        found = self._found.get(host)
        if found is None:
            if len(self._found) >= _MOST:
                self._found.clear()
            found = self._found[host] = self._look(host)
        return found

    def _look(self, host: str) -> bool:
        address = address_of(host)
        if address is None:
            return not self._allow
        if any(address in network for network in self._deny):
            return False
        return not self._allow or any(address in network for network in self._allow)
