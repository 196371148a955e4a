"""The lexical rules."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.grammar import is_number, quote, split_commas, unquote


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("a", ["a"]),
        ("a, b ,c", ["a", "b", "c"]),
        ("a,,b,", ["a", "b"]),
        ('"x, y" <sip:a@b>, <sip:c,d@e>', ['"x, y" <sip:a@b>', "<sip:c,d@e>"]),
        (r'"x\", y" <sip:a@b>,z', [r'"x\", y" <sip:a@b>', "z"]),
        ('<sip:a"b@c>, d', ['<sip:a"b@c>', "d"]),
    ],
)
def test_commas_divide_only_outside_of_quotes_and_brackets(text: str, pieces: list[str]) -> None:
    assert split_commas(text) == pieces


@pytest.mark.parametrize("text", ['"a, b', "<sip:a, b"])
def test_an_open_quote_or_bracket_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        split_commas(text)


def test_quoting_escapes_and_drops_what_would_end_the_line() -> None:
    assert quote('a "b" \\ c') == r'"a \"b\" \\ c"'
    assert quote("a\r\nVia: evil") == '"aVia: evil"'
    assert unquote(quote('a "b" \\ c')) == 'a "b" \\ c'
    assert unquote("token") == "token"


def test_a_number_is_ascii_digits_and_not_endless() -> None:
    assert is_number("0070")
    assert not is_number("-1")
    assert not is_number("٣")
    assert not is_number("9" * 41)
