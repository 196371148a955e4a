import socket

import pytest

from softswitch.sip.flow import Flow
from softswitch.transport.sockaddr import SIGNIFICANT, SIZES, Addresses, Flows, pack, unpack

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


def test_a_name_is_no_address_and_asked_about_once() -> None:
    addresses = Addresses(socket.AF_INET, most=2)
    for port in (1, 2, 3):
        assert addresses.of(("192.0.2.1", port)) == pack(socket.AF_INET, "192.0.2.1", port)
        assert addresses.of(("phone.example", port)) == b""
