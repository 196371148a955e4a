"""The configuration of the switch under test: many employees, and nothing else out of the usual."""

import socket

FIRST = 10_000
"""The first extension."""

RTP = "10000-32766"
"""Below the ports that the kernel gives away. At 2,000 calls a second, 8,000 pairs of ports rest
after their calls; one that belongs to somebody else is passed over."""

LIMITS = ("calls", "calls_per_second", "strangers_per_second")
"""Of the security section: all telephones of a generator have one address."""

REALM = "softswitch"
"""Of the passwords, as it is by default."""


def extension(index: int) -> str:
    return str(FIRST + index)


def password(number: str) -> str:
    return f"{number}-secret"


def configuration(
    port: int,
    employees: int,
    mode: str = "switch",
    backend: str = "auto",
    *,
    is_recorded: bool = False,
    srtp: str = "off",
) -> str:
    """Return the YAML of a switch on `port` of the loopback. Digest, records and bindings are on,
    as they are by default; what limits a single telephone is on, what limits all of them is high.

    mode         of the listener: `switch` or `proxy`
    backend      how media workers read and write packets
    is_recorded  calls are
    srtp         of all telephones: `off` or `optional`
    """
    numbers = map(extension, range(employees))
    record = ", record: always" if is_recorded else ""
    return "\n".join(
        [
            "employees:",
            *(f"  {number}: {{password: {password(number)}{record}}}" for number in numbers),
            "network:",
            f"  listen: [{{on: udp 127.0.0.1:{port}, mode: {mode}}}]",
            f"  rtp: {RTP}",
            f"  media_backend: {backend}",
            f"  srtp: {srtp}",
            # All telephones share one address here, and call more often than those of any office.
            "security: {calls: 100000, calls_per_second: 100000, strangers_per_second: 100000, "
            "phone_messages_per_second: 100000}",
            "state: state",
            "",
        ]
    )


def free_port() -> int:
    """Return a UDP port that nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
