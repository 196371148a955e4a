"""URIs."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.uri import Uri


def test_every_part_is_read() -> None:
    uri = Uri.parse("SIPS:al%20ice:pass@Example.COM:5071;transport=tcp;lr?Subject=x")
    assert uri.scheme == "sips"
    assert uri.user == "al%20ice"
    assert uri.number == "al ice"
    assert uri.password == "pass"
    assert uri.host == "example.com"
    assert uri.port == 5071
    assert uri.parameters.get("transport") == "tcp"
    assert uri.headers == "Subject=x"


@pytest.mark.parametrize(
    "text",
    [
        "sip:102@192.0.2.1",
        "sip:192.0.2.1:5060",
        "sip:102@[2001:db8::1]:5060;transport=udp",
        "sip:*97@example.com",
        "sip:user;par=u%40example.net@example.com",
        "sip:a:@example.com",
        "tel:+15551234;phone-context=example.com",
        "urn:service:sos",
    ],
)
def test_a_uri_prints_as_it_was_written(text: str) -> None:
    assert str(Uri.parse(text)) == text


def test_the_number_is_what_was_dialled() -> None:
    assert Uri.parse("sip:%2397@example.com").number == "#97"
    assert Uri.parse("sip:#97@example.com").number == "#97"
    assert Uri.parse("tel:+15551234;isub=1").number == "+15551234"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip:",
        "sip:a b@c",
        "102",
        "sip:a@b:99999",
        "sip:@b",
        "<sip:a@b>",
        "sip:a%4@b",
        "sip:a@b c",
    ],
)
def test_malformed_uris_are_refused(text: str) -> None:
    with pytest.raises(ParseError):
        Uri.parse(text)


def test_long_uris_are_read_without_being_remembered() -> None:
    assert Uri.parse(f"sip:{'9' * 300}@example.com").user == "9" * 300
