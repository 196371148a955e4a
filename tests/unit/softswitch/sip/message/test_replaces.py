"""Replaces against RFC 3891, section 6.1."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.replaces import Replaces


def test_a_dialog_is_named_by_call_id_and_both_tags() -> None:
    text = "98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff"
    assert Replaces.parse(text) == Replaces("98732@sip.example.com", "ff87ff", "r33th4x0r")


def test_early_only_is_a_flag() -> None:
    replaces = Replaces.parse("a@b; to-tag=1 ;from-tag=2;early-only")
    assert replaces == Replaces("a@b", "1", "2", is_early_only=True)
    assert str(replaces) == "a@b;to-tag=1;from-tag=2;early-only"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a@b",
        "a@b;to-tag=1",
        "a@b;from-tag=1",
        "a@b;to-tag=;from-tag=1",
        ";to-tag=1;from-tag=2",
        "a b;to-tag=1;from-tag=2",
        "a@b;to-tag=1;from-tag=2, c@d;to-tag=3;from-tag=4",
        "a@b;to-tag=1;to-tag=1;from-tag=2",
    ],
)
def test_what_names_no_dialog_or_several_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        Replaces.parse(text)
