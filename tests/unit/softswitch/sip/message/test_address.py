"""Addresses."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.address import Address


def test_a_name_in_quotes() -> None:
    address = Address.parse(r'"Bell, \"Alec\"" <sip:a@b;lr>;tag=x1')
    assert address.display == 'Bell, "Alec"'
    assert str(address.uri) == "sip:a@b;lr"
    assert address.tag == "x1"
    assert str(address) == r'"Bell, \"Alec\"" <sip:a@b;lr>;tag=x1'


def test_a_name_of_tokens_may_touch_the_bracket() -> None:
    assert Address.parse("caller<sip:a@b>;tag=3").display == "caller"
    assert Address.parse("A. G. Bell <sip:a@b>").display == "A. G. Bell"
    assert Address.parse("Zoë <sip:a@b>").display == "Zoë"


def test_without_brackets_the_parameters_are_the_headers() -> None:
    address = Address.parse("sip:a@b ; tag = 19")
    assert address.tag == "19"
    assert not address.uri.parameters
    assert str(address) == "<sip:a@b>;tag=19"


def test_a_tag_is_added_or_replaced() -> None:
    assert str(Address.parse("<sip:a@b>").tagged("t")) == "<sip:a@b>;tag=t"
    assert Address.parse("<sip:a@b>").tag is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bell, Alexander <sip:a@b>",
        '"open <sip:a@b>',
        "< sip:a@b >",
        "<sip:a@b",
        "sip:a@b?Route=x",
        "<sip:a@b> trailing",
        "x" + " " * 15_000,
    ],
)
def test_malformed_addresses_are_refused(text: str) -> None:
    with pytest.raises(ParseError):
        Address.parse(text)
