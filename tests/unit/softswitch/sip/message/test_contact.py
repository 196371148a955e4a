"""Contacts."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.contact import Contact


def test_q_and_expires_are_read() -> None:
    contact = Contact.parse("<sip:101@192.0.2.1:5060>;q=0.33;expires=120")
    assert contact.q == 0.33
    assert contact.expires == 120
    assert contact.uri.port == 5060
    assert str(contact) == "<sip:101@192.0.2.1:5060>;q=0.33;expires=120"


def test_without_q_a_contact_is_preferred_and_without_expires_it_asks_for_nothing() -> None:
    contact = Contact.parse("<sip:a@b>")
    assert contact.q == 1.0
    assert contact.expires is None
    assert not contact.parameters


def test_the_star_stands_alone() -> None:
    star = Contact.parse("*")
    assert star.star
    assert str(star) == "*"


@pytest.mark.parametrize(("text", "seconds"), [("abc", 3600), ("99999999999", 2**32 - 1)])
def test_odd_expiries_are_made_sense_of(text: str, seconds: int) -> None:
    assert Contact.parse(f"<sip:a@b>;expires={text}").expires == seconds


@pytest.mark.parametrize("text", ["2", "0.1234", "x", ""])
def test_a_q_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        _ = Contact.parse(f"<sip:a@b>;q={text}").q
