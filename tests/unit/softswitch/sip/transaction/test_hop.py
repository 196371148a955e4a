"""Where a request comes from, as its topmost Via has it."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request
from softswitch.sip.transaction.hop import Hop, alias_of, last_hop
from tests.unit.softswitch.sip.transaction.traffic import UDP, incoming


def hop(via: str) -> Hop:
    return last_hop(incoming("BYE", via=via), UDP)


@pytest.mark.parametrize(
    ("via", "seen"),
    [
        (
            "SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKa",
            "SIP/2.0/UDP 10.0.0.1:5060;rport=5080;branch=z9hG4bKa;received=192.0.2.7",
        ),
        (
            "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;rport;x=1",
            "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;rport=5080;x=1;received=192.0.2.7",
        ),
        ("SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa"),
        (
            "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa",
            "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa;received=192.0.2.7",
        ),
        (
            "SIP/2.0/UDP 10.0.0.1;received=9.9.9.9;rport=7;branch=z9hG4bKa",
            "SIP/2.0/UDP 10.0.0.1;received=192.0.2.7;rport=5080;branch=z9hG4bKa",
        ),
        ("SIP/2.0/UDP 10.0.0.1 ; branch = z", "SIP/2.0/UDP 10.0.0.1;branch=z;received=192.0.2.7"),
        (
            'SIP/2.0/UDP a;x=";branch=no";branch=z',
            'SIP/2.0/UDP a;x=";branch=no";branch=z;received=192.0.2.7',
        ),
    ],
)
def test_the_source_is_written_into_the_via(via: str, seen: str) -> None:
    assert hop(via).seen == seen
    assert hop(via).branch == ("z" if "4bK" not in via else "z9hG4bKa")


@pytest.mark.parametrize(
    ("host", "via", "seen"),
    [
        ("2001:db8::7", "[2001:db8::7]:5070;branch=z", "[2001:db8::7]:5070;branch=z"),
        (
            "2001:db8::7",
            "[2001:db8::8];rport;branch=z",
            "[2001:db8::8];rport=5080;branch=z;received=2001:db8::7",
        ),
        ("fe80::7%eth0", "[fe80::7];branch=z", "[fe80::7];branch=z"),
        ("fe80::7%eth0", "phone;rport;branch=z", "phone;rport=5080;branch=z;received=fe80::7"),
    ],
)
def test_an_ipv6_source_is_written_without_brackets_and_zone(
    host: str, via: str, seen: str
) -> None:
    flow = Flow("udp", ("::", 5060), (host, 5080))
    request = incoming("BYE", via=f"SIP/2.0/UDP {via}")
    assert last_hop(request, flow).seen == f"SIP/2.0/UDP {seen}"


def test_of_several_vias_in_a_line_the_first_counts() -> None:
    found = hop("SIP/2.0/UDP a;branch=z1, SIP/2.0/UDP b;branch=z2")
    assert (found.branch, found.sent_by) == ("z1", "a")
    assert found.seen == "SIP/2.0/UDP a;branch=z1;received=192.0.2.7"


def test_two_peers_that_say_the_same_are_told_apart_by_where_they_are() -> None:
    request = incoming("BYE", via="SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bKa")
    other = UDP._replace(remote=("198.51.100.1", 1234))
    assert last_hop(request, UDP).seen.endswith("received=192.0.2.7")
    assert last_hop(request, other).seen.endswith("received=198.51.100.1")


@pytest.mark.parametrize(
    "via",
    [
        "SIP/3.0/UDP a;branch=z9hG4bKa",
        "SIP/2.0/UDP a;branch=1;branch=2",
        "SIP/2.0/UDP a b;branch=1",
    ],
)
def test_what_is_no_via_raises(via: str) -> None:
    with pytest.raises(ParseError):
        hop(via)


@pytest.mark.parametrize(
    ("via", "transport", "port"),
    [
        ("SIP/2.0/TLS one.example:5071;branch=z9hG4bKa;alias", "tls", 5071),
        ("SIP/2.0/TLS one.example;Alias;branch=z9hG4bKa", "tls", 5061),
        ("SIP/2.0/TLS one.example;aliases;branch=z9hG4bKa", "tls", 0),
        ("SIP/2.0/TLS one.example:5071;branch=z9hG4bKa", "tls", 0),
        ("SIP/2.0/TCP one.example:5071;branch=z9hG4bKa;alias", "tcp", 0),
        ("SIP/2.0/WSS one.example:5071;branch=z9hG4bKa;alias", "wss", 0),
    ],
)
def test_only_by_tls_a_connection_has_an_alias(via: str, transport: str, port: int) -> None:
    request = Request.build("OPTIONS", "sip:switch.example", [(Header.VIA, via)])
    assert alias_of(request, Flow(transport, ("192.0.2.1", 5061), ("10.0.0.7", 40_001), 7)) == port
