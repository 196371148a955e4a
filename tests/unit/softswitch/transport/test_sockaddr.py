import socket

import pytest

from softswitch.sip.flow import Flow
from softswitch.transport.sockaddr import (
    SIGNIFICANT,
    SIZES,
    Flows,
    Target,
    Targets,
    pack,
    scoped,
    unpack,
    zoned,
)

LOCAL = ("192.0.2.1", 5060)
LOOPBACK_NAME = socket.if_indextoname(1)


@pytest.mark.parametrize(
    ("family", "host"),
    [
        (socket.AF_INET, "192.0.2.77"),
        (socket.AF_INET6, "2001:db8::7"),
        (socket.AF_INET6, f"fe80::1%{LOOPBACK_NAME}"),
        (socket.AF_INET6, "fe80::1%4000000"),  # an interface that has gone
    ],
)
def test_what_is_packed_is_read_back(family: socket.AddressFamily, host: str) -> None:
    raw = pack(family, host, 5061)
    assert len(raw) == SIZES[family]
    assert unpack(raw) == (host, 5061)
    assert unpack(raw[: SIGNIFICANT[family]]) == (host, 5061)


@pytest.mark.parametrize(
    ("family", "host", "port"),
    [
        (socket.AF_INET, "::1", 5060),
        (socket.AF_INET, "name", 5060),
        (socket.AF_INET6, "192.0.2.1", 5060),
        (socket.AF_INET6, "fe80::1%nowhere0", 5060),
        (socket.AF_INET, "192.0.2.1", 0),
        (socket.AF_INET, "192.0.2.1", 65_536),
    ],
)
def test_what_is_no_address_of_the_family_is_refused(
    family: socket.AddressFamily, host: str, port: int
) -> None:
    with pytest.raises(OSError, match=r"."):
        pack(family, host, port)


def test_a_peer_has_one_flow() -> None:
    flows = Flows(LOCAL)
    raw = pack(socket.AF_INET, "192.0.2.9", 5070)[:8]
    assert flows.of(raw) == Flow("udp", LOCAL, ("192.0.2.9", 5070))
    assert flows.of(raw) is flows.of(raw)
    assert flows.of_tuple(("192.0.2.9", 5070)) is flows.of_tuple(("192.0.2.9", 5070))


def test_peers_in_use_are_remembered_whoever_else_comes() -> None:
    flows = Flows(LOCAL, most=4)
    phone = flows.of_tuple(("192.0.2.9", 5070))
    for port in range(1, 100):
        flows.of_tuple(("198.51.100.1", port))
        assert flows.of_tuple(("192.0.2.9", 5070)) is phone


def test_peers_that_are_gone_are_forgotten() -> None:
    flows = Flows(LOCAL, most=4)
    gone = flows.of_tuple(("192.0.2.9", 5070))
    for port in range(1, 10):
        flows.of_tuple(("198.51.100.1", port))
    assert flows.of_tuple(("192.0.2.9", 5070)) is not gone


def test_a_name_is_no_address_and_nobody_is_asked_about_it() -> None:
    targets = Targets(socket.AF_INET, most=2)
    for port in (1, 2, 3):
        address = ("192.0.2.1", port)
        assert targets.of(address) == Target(pack(socket.AF_INET, *address), address)
        assert targets.of(address) is targets.of(address)
        assert targets.of(("phone.example", port)) is None
        assert targets.of(("phone.example", port)) is None


def test_the_zone_of_an_address_is_a_number_beside_it() -> None:
    host = f"fe80::1%{LOOPBACK_NAME}"
    assert scoped(host, 5060) == (host, 5060, 0, 1)
    assert zoned(("fe80::1", 5060, 0, 1)) == (host, 5060)
    assert zoned(("2001:db8::1", 5060, 0, 0)) == ("2001:db8::1", 5060)
    assert zoned(("192.0.2.1", 5060)) == ("192.0.2.1", 5060)
    flow = Flows(LOCAL).of_tuple(("fe80::1", 5060, 0, 1))
    assert flow == Flow("udp", LOCAL, (host, 5060))
    assert scoped("2001:db8::1", 5060) == ("2001:db8::1", 5060)
    with pytest.raises(OSError, match=r"."):
        scoped("fe80::1%nowhere0", 5060)
