"""Socket addresses as single numbers, so that numpy can compare them.

A **key** is 64 bits: 48 of the host and 16 of the port. The host part of an IPv4 address is the
address itself; of an IPv6 address a keyed hash, with the top bit set. Key 0 is nowhere.
"""

from hashlib import blake2b
from ipaddress import IPv4Address, ip_address

PORT_BITS = 16
IPV6 = 1 << 47
"""In the host part: an IPv6 address."""

NOWHERE = 0


class AddressBook:
    """Turns addresses into keys and back.

    secret  keys the hash of IPv6 addresses, so that a stranger cannot look for a collision
    bound   how many hosts are remembered at least; hosts in use are never the ones forgotten
    """

    __slots__ = ("_bound", "_hosts", "_keys", "_old_hosts", "_old_keys", "_secret")

    def __init__(self, secret: bytes = b"", bound: int = 32768) -> None:
        self._secret = secret[:64]
        self._bound = bound
        self._keys: dict[str, int] = {}
        self._hosts: dict[int, str] = {}
        # Memory has two generations: what is used in the old one moves to the new one.
        self._old_keys: dict[str, int] = {}
        self._old_hosts: dict[int, str] = {}

    def key(self, host: str, port: int) -> int:
        """Return the key of an address; NOWHERE for a name, an unspecified host or port 0."""
        number = self._keys.get(host)
        if number is None:
            number = self._remember(host)
        return number << PORT_BITS | port if number and 0 < port < 65536 else NOWHERE

    def host(self, host: str) -> int:
        """Return the host part of a key."""
        number = self._keys.get(host)
        return self._remember(host) if number is None else number

    def address(self, key: int) -> tuple[str, int] | None:
        """Return host and port of a key, or None when it is nowhere or long forgotten."""
        number = key >> PORT_BITS
        host = self._hosts.get(number)
        if host is None:
            host = self._old_hosts.get(number)
            if host is None and 0 < number < IPV6:
                host = str(IPv4Address(number))
            if host is None:
                return None
            self._keep(host, number)
        return host, key & 0xFFFF

    def _remember(self, host: str) -> int:
        number = self._old_keys.get(host)
        if number is None:
            number = self._number(host)
        self._keep(host, number)
        return number

    def _number(self, host: str) -> int:
        try:
            ip = ip_address(host)
        except ValueError:
            return 0
        if ip.version == 6:
            mapped = ip.ipv4_mapped
            if mapped is None:
                if not int(ip):
                    return 0
                digest = blake2b(ip.packed, digest_size=8, key=self._secret).digest()
                return IPV6 | int.from_bytes(digest, "big") >> 17
            ip = mapped
        return int(ip)

    def _keep(self, host: str, number: int) -> None:
        if len(self._keys) >= self._bound:
            self._old_keys, self._keys = self._keys, {}
            self._old_hosts, self._hosts = self._hosts, {}
        self._keys[host] = number
        if number:
            self._hosts.setdefault(number, host)
