"""Refer-To against RFC 3515, section 2.1."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.refer_to import ReferTo
from softswitch.sip.message.replaces import Replaces
from softswitch.sip.message.uri import Uri

ATTENDED = (
    "<sips:3ld812adkjw@biloxi.example.com;gr=3413kj2ha"
    "?Replaces=090459243588173445%3Bto-tag%3D7553452%3Bfrom-tag%3D31431%3Bearly-only>"
)


def test_a_plain_uri_is_to_be_invited() -> None:
    refer_to = ReferTo.parse("<sip:102@office>")
    assert refer_to.uri == Uri.parse("sip:102@office")
    assert refer_to.method == "INVITE"
    assert refer_to.replaces is None


def test_a_replaces_inside_the_uri_is_unescaped() -> None:
    refer_to = ReferTo.parse(ATTENDED)
    assert str(refer_to.uri) == "sips:3ld812adkjw@biloxi.example.com;gr=3413kj2ha"
    assert refer_to.replaces == Replaces(
        "090459243588173445", "7553452", "31431", is_early_only=True
    )


def test_a_method_is_no_part_of_the_request_uri() -> None:
    refer_to = ReferTo.parse("<sip:102@office;method=BYE;transport=tcp>")
    assert refer_to.method == "BYE"
    assert str(refer_to.uri) == "sip:102@office;transport=tcp"


def test_other_headers_are_kept_in_order() -> None:
    refer_to = ReferTo.parse("<sip:102@office?Accept-Contact=*%3Bvideo&Call-Info=%3Cx%3E>")
    assert refer_to.headers == (("accept-contact", "*;video"), ("call-info", "<x>"))


@pytest.mark.parametrize("text", [ATTENDED, "<sip:102@office;method=BYE>", "<tel:+48123>"])
def test_what_is_printed_is_read_as_the_same(text: str) -> None:
    refer_to = ReferTo.parse(text)
    assert ReferTo.parse(str(refer_to)) == refer_to


def test_a_replaces_that_is_given_is_printed_with_its_marks_escaped() -> None:
    refer_to = ReferTo(Uri.parse("sip:102@office"), replaces=Replaces("a@b", "1", "2"))
    assert str(refer_to) == "<sip:102@office?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "102",
        "<sip:102@office?Replaces=x>",
        "<sip:102@office?=x>",
        "<sip:102@office?straße=x>",
        "<sip:102@office?Subject=a%0D%0AVia:%20b>",
        "<sip:102@office?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2"
        "&Replaces=b%3Bto-tag%3D1%3Bfrom-tag%3D2>",
    ],
)
def test_what_leads_nowhere_or_breaks_lines_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        ReferTo.parse(text)
