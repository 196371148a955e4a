"""Who guesses passwords, and how often."""

from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv6Address

from softswitch.sip.flow import Flow

_MOST = 10_000
"""Addresses, and hosts, of which a count is kept; the one that guessed longest ago is forgotten."""


class Tally:
    """Counts what happens in a window of time, by key.

    limit   that many make a key full
    within  seconds of a window, and for which a full key stays full
    """

    __slots__ = ("_counts", "_limit", "_within")

    def __init__(self, limit: int, within: float) -> None:
        self._limit = limit
        self._within = within
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        # key -> (count, when it is forgotten)

    def add(self, key: str, now: float) -> None:
        counts = self._counts
        count, until = counts.get(key, (0, now))
        if until <= now:
            count, until = 0, now + self._within
        count += 1
        counts[key] = count, until if count < self._limit else now + self._within
        counts.move_to_end(key)
        if len(counts) > _MOST:
            counts.popitem(last=False)

    def is_full(self, key: str, now: float) -> bool:
        count, until = self._counts.get(key, (0, now))
        return until > now and count >= self._limit

    def forget(self, key: str) -> None:
        self._counts.pop(key, None)

    def __len__(self) -> int:
        return len(self._counts)


class Guesses:
    """Counts wrong passwords of each address and port, and of each host with all its ports.

    A whole office may come from one address, so the budget of a host is to be a large one. An
    IPv6 host is its /64: it may choose its address there anew for each guess.
    """

    __slots__ = ("_addresses", "_hosts")

    def __init__(self, of_address: int, of_host: int, within: float) -> None:
        self._addresses = Tally(of_address, within)
        self._hosts = Tally(of_host, within)

    def note(self, flow: Flow, now: float) -> None:
        """Count a wrong password."""
        self._addresses.add(_address(flow), now)
        self._hosts.add(_neighbourhood(flow.remote[0]), now)

    def forgive(self, flow: Flow) -> None:
        """Take the right password for a sign that the earlier ones were mistyped.

        The host's are not forgiven: one phone's password would buy guesses of all others.
        """
        self._addresses.forget(_address(flow))

    def are_too_many(self, flow: Flow, now: float) -> bool:
        if not self._hosts:
            return False
        return self._addresses.is_full(_address(flow), now) or self._hosts.is_full(
            _neighbourhood(flow.remote[0]), now
        )


def _address(flow: Flow) -> str:
    return "{} {}".format(*flow.remote)


@lru_cache(maxsize=8192)
def _neighbourhood(host: str) -> str:
    if ":" not in host:
        return host
    address = IPv6Address(host.partition("%")[0])
    return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
