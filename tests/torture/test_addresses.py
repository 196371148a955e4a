"""RFC 5118: what is read from its messages."""

import pytest

from media.sdp import parse as parse_sdp
from softswitch.sip.message import Header, Request, Uri, Via, parse
from tests.torture import messages_ipv6 as torture


def request(data: bytes) -> Request:
    message = parse(data)
    assert isinstance(message, Request)
    return message


@pytest.mark.parametrize(
    ("data", "host", "port"),
    [
        (torture.GOOD, "[2001:db8::10]", None),
        (torture.PORT_AMBIGUOUS, "[2001:db8::10:5070]", None),
        (torture.PORT_UNAMBIGUOUS, "[2001:db8::10]", 5070),
        (torture.TWO_COLONS, "[2001:db8::192.0.2.1]", None),
        (torture.THREE_COLONS, "[2001:db8:::192.0.2.1]", None),
    ],
)
def test_a_port_begins_behind_the_bracket(data: bytes, host: str, port: int | None) -> None:
    uri = Uri.parse(request(data).uri)
    assert (uri.host, uri.port) == (host, port)
    assert request(data).contacts()[0].uri.host == "[2001:db8::1]"


@pytest.mark.parametrize(
    ("data", "received"),
    [
        (torture.RECEIVED_WITH_DELIM, "[2001:db8::9:255]"),
        (torture.RECEIVED_NO_DELIM, "2001:db8::9:255"),
    ],
)
def test_received_may_have_brackets_or_none(data: bytes, received: str) -> None:
    via = request(data).via()
    assert (via.host, via.received) == ("[2001:db8::9:1]", received)


def test_hosts_of_both_families_may_be_in_one_message() -> None:
    vias = [Via.parse(text) for text in request(torture.MULTIPLE_IN_HEADER).values(Header.VIA)]
    assert [via.sent_by for via in vias] == [
        "[2001:db8::9:1]:6050",
        "192.0.2.1",
        "[2001:db8::9:255]",
    ]
    mapped = request(torture.MAPPED).via()
    assert (mapped.host, mapped.port) == ("[::ffff:192.0.2.10]", 19823)


@pytest.mark.parametrize(
    ("data", "addresses"),
    [
        (torture.IN_SDP, ["2001:db8::20", "2001:db8::20"]),
        (torture.MULTIPLE_IN_SDP, ["192.0.2.1", "2001:db8::1"]),
        (torture.MAPPED, ["::ffff:192.0.2.2"]),
    ],
)
def test_each_stream_has_the_address_that_it_says(data: bytes, addresses: list[str]) -> None:
    assert [media.address for media in parse_sdp(request(data).body).media] == addresses
