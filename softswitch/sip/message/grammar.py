"""The lexical rules that headers share (RFC 3261, section 25.1)."""

import re

from softswitch.sip.errors import ParseError

TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"
INSIDE_QUOTES = r'[^"\\]*+(?:\\.[^"\\]*+)*+'
QUOTED = f'"{INSIDE_QUOTES}"'
HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9\-._]*))"

_token = re.compile(TOKEN).fullmatch
_escape = re.compile(r"\\(.)", re.DOTALL)
_needs_escape = re.compile(r'(["\\])')
_special = re.compile(r'["\\\x00-\x1f\x7f]').search
_unprintable = re.compile(r"[\x00-\x1f\x7f]")
_marks = re.compile(r'["<>,]|\\.', re.DOTALL)

LARGEST = 2**32 - 1
"""Of a delta-seconds value; a greater one is taken for this (RFC 3261, section 25.1)."""


def is_token(text: str) -> bool:
    return _token(text) is not None


def is_number(text: str) -> bool:
    """Whether `text` is ASCII digits, and not so many that converting them is an attack."""
    return text.isascii() and text.isdigit() and len(text) <= 40


def unquote(text: str) -> str:
    """Return what a quoted string says; a token is returned as it is."""
    if len(text) < 2 or text[0] != '"':
        return text
    return unescape(text[1:-1])


def unescape(inside: str) -> str:
    """Return what stands between the quotes of a quoted string, with its escapes undone."""
    return _escape.sub(r"\1", inside) if "\\" in inside else inside


def quote(text: str) -> str:
    """Return `text` as a quoted string. Characters that would end the line are left out."""
    if _special(text) is not None:
        text = _needs_escape.sub(r"\\\1", _unprintable.sub("", text))
    return f'"{text}"'


def split_commas(text: str, element: str = "value") -> list[str]:
    """Split at the commas that are neither inside quotes nor inside angle brackets.

    Empty pieces are dropped: some phones send an empty header, or a trailing comma.
    """
    if "," not in text:
        return [text] if text else []
    if '"' not in text and "<" not in text:
        return [piece for part in text.split(",") if (piece := part.strip())]
    pieces = []
    start = 0
    quoted = bracketed = False
    for mark in _marks.finditer(text):
        sign = mark[0]
        if quoted:
            quoted = sign != '"'
        elif sign == '"':
            quoted = not bracketed
        elif sign == "<":
            bracketed = True
        elif sign == ">":
            bracketed = False
        elif sign == "," and not bracketed:
            pieces.append(text[start : mark.start()].strip())
            start = mark.end()
    if quoted or bracketed:
        raise ParseError(element, text, start, "a closing quote or bracket")
    pieces.append(text[start:].strip())
    return [piece for piece in pieces if piece]


def refuse_line_breaks(element: str, text: str) -> None:
    """Raise ParseError if `text` could begin a new line: no header is ever injected."""
    if "\n" in text or "\r" in text:
        raise ParseError(element, text, 0, "no line break")
