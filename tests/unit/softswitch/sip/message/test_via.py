"""Via."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.via import Via


def test_every_part_is_read() -> None:
    via = Via.parse("SIP / 2.0 / udp  example.com : 5070 ;branch=z9hG4bKx;rport;received=192.0.2.9")
    assert via.transport == "UDP"
    assert via.sent_by == "example.com:5070"
    assert via.branch == "z9hG4bKx"
    assert "rport" in via.parameters
    assert via.rport is None
    assert via.received == "192.0.2.9"


@pytest.mark.parametrize(
    "text", ["SIP/2.0/TLS [2001:db8::1]:5061;branch=z9hG4bKa", "SIP/2.0/UDP host;rport=5060"]
)
def test_a_via_prints_as_it_was_written(text: str) -> None:
    assert str(Via.parse(text)) == text


def test_rport_is_filled_in_with_the_source() -> None:
    via = Via.parse("SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKa")
    seen = via.seen_from("192.0.2.7", 40000)
    assert str(seen) == ("SIP/2.0/UDP 10.0.0.1:5060;rport=40000;branch=z9hG4bKa;received=192.0.2.7")
    assert seen.rport == 40000


def test_received_is_added_only_where_the_address_is_another() -> None:
    via = Via.parse("SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa")
    assert via.seen_from("192.0.2.7", 5060) == via
    assert via.seen_from("192.0.2.8", 5060).received == "192.0.2.8"


def test_a_branch_may_be_absent() -> None:
    assert Via.parse("SIP/2.0/UDP host").branch == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SIP/3.0/UDP host",
        "SIP/2.0/UDP",
        "SIP/2.0/UDP host:99999",
        "UDP host",
        "SIP/2.0/UDP a b",
    ],
)
def test_malformed_vias_are_refused(text: str) -> None:
    with pytest.raises(ParseError):
        Via.parse(text)
