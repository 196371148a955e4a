"""Our reading beside that of sipmessage (PyPI): every difference is decided in a table.

Case that means nothing (RFC 3261, sections 7.3.1 and 19.1.4) is taken off both before they are
compared, escapes that mean nothing too.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote

import pytest
import sipmessage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softswitch.sip.errors import ParseError
from softswitch.sip.message import Address, CSeq, Header, Parameters, Request, Uri, Via, parse
from softswitch.sip.message.grammar import unquote as without_quotes
from softswitch.sip.message.headers import NAMES
from tests.support import sip_grammar

REFUSED = "refused"
Reading = object
"""A value of plain types, or REFUSED."""


class Right(StrEnum):
    WE = "we"
    BOTH = "both"


class Difference(NamedTuple):
    """One decision: who is right, and which texts it is about."""

    example: str
    right: Right
    because: str
    applies: Callable[[str], object]


def found(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.DOTALL).search


def in_request_uri(applies: Callable[[str], object]) -> Callable[[str], object]:
    return lambda text: applies(text.split(" ")[1])


OF_URIS = (
    Difference(
        "urn:service:sos",
        Right.WE,
        "a URI may have any scheme; whoever is asked for it answers 416 (8.2.2.1)",
        found(r"(?:^|<)\s*(?!(?i:sips?|tel):)[A-Za-z][A-Za-z0-9+.\-]*:"),
    ),
    Difference(
        "SIP:example.com",
        Right.WE,
        "schemes are compared without case (19.1.4)",
        found(r"(?:^|<)\s*(?:SIPS?|TEL):"),
    ),
    Difference(
        "sip:a@h?subject=x",
        Right.WE,
        "a URI may have headers (19.1.1)",
        found(r"\?[^@<>]*(?:>|$)"),
    ),
    Difference(
        "sip:a:@example.com",
        Right.WE,
        "a password may be empty (25.1)",
        found(r":@"),
    ),
    Difference(
        "sip:7",
        Right.BOTH,
        "the last label of a name begins with a letter (25.1); we take what networks call hosts",
        found(r"sips?:(?:[^@]*@)?(?:[A-Za-z0-9\-]+\.)*\d[A-Za-z0-9\-]*(?:[:;>]|$)"),
    ),
    Difference(
        "sip:h;",
        Right.BOTH,
        "a semicolon begins a parameter (25.1); some phones send one at the end",
        found(r";(?:>|$)"),
    ),
)
OF_ADDRESSES = (
    *(one._replace(example=f"<{one.example}>") for one in OF_URIS),
    Difference(
        "sip:1,2@h;tag=x",
        Right.WE,
        "a URI with a comma or question mark stands in angle brackets (20.10)",
        found(r"^[^<]*[,?]"),
    ),
    Difference(
        "A  b <sip:h>",
        Right.BOTH,
        "white space between words may be taken for one space, and may be kept (25.1, LWS)",
        found(r"^[^<\"]*[ \t]{2}|\t"),
    ),
    Difference(
        r'"a\x" <sip:h>',
        Right.WE,
        "a backslash is taken off before any character (25.1, quoted-pair)",
        found(r'"[^"]*\\[^"\\]'),
    ),
    Difference(
        '"a  b" <sip:h>',
        Right.BOTH,
        "white space inside quotes may be taken for one space, and may be kept (25.1, LWS)",
        found(r'"[^"]*[ \t]{2}'),
    ),
    Difference(
        '<sip:h>;x="a;b"',
        Right.WE,
        "a semicolon inside quotes separates nothing (25.1, quoted-string)",
        found(r'="[^"]*;|=\s*"(?:[^"\\]|\\.)*;'),
    ),
)
OF_VIAS = (
    Difference(
        'SIP/2.0/UDP h;x="a,b;c"',
        Right.WE,
        "a semicolon inside quotes separates nothing (25.1, quoted-string)",
        found(r'="[^"]*;'),
    ),
    Difference(
        "SIP/2.0/UDP h;a%41=1",
        Right.WE,
        "parameters of headers have no escapes (25.1, generic-param)",
        found(r";[^=;]*%"),
    ),
)
OF_CSEQS: tuple[Difference, ...] = ()
OF_MESSAGES = (
    *(
        one._replace(
            example=f"OPTIONS {one.example} SIP/2.0\r\n\r\n",
            applies=in_request_uri(one.applies),
        )
        for one in OF_URIS
    ),
    Difference(
        "OPTIONS sip:h SIP/2.0\r\nSubject: a\r\n b\r\n\r\n",
        Right.WE,
        "a line that begins with white space goes on with the one before (7.3.1)",
        found(r"\r\n[ \t]"),
    ),
    Difference(
        "OPTIONS sip:h SIP/2.0\r\nSubject : a\r\n\r\n",
        Right.WE,
        "there may be white space before the colon (7.3.1, 25.1: HCOLON)",
        found(r"\n[^:\r]*[ \t]:"),
    ),
)


def parameters(ours: Parameters) -> dict[str, str | None]:
    return {
        name: None if value is None else unquote(without_quotes(value))
        for name, value in ours.pairs
    }


def their_parameters(theirs: sipmessage.Parameters) -> dict[str, str | None]:
    return {
        name.lower(): None if value is None else without_quotes(value)
        for name, value in theirs.items()
    }


def uri(ours: Uri) -> Reading:
    user, password = unquote(ours.user), unquote(ours.password or "")
    return ours.scheme, user, password, ours.host, ours.port, parameters(ours.parameters)


def their_uri(theirs: sipmessage.URI) -> Reading:
    return (
        theirs.scheme,
        theirs.user or "",
        theirs.password or "",
        theirs.host.lower(),
        theirs.port,
        their_parameters(theirs.parameters),
    )


def address(ours: Address) -> Reading:
    return ours.display, uri(ours.uri), parameters(ours.parameters)


def their_address(theirs: sipmessage.Address) -> Reading:
    return theirs.name, their_uri(theirs.uri), their_parameters(theirs.parameters)


def via(ours: Via) -> Reading:
    return ours.transport, ours.host.lower(), ours.port, parameters(ours.parameters)


def their_via(theirs: sipmessage.Via) -> Reading:
    transport, host = theirs.transport.upper(), theirs.host.lower()
    return transport, host, theirs.port, their_parameters(theirs.parameters)


def message(text: str) -> Reading:
    read = parse(text.encode())
    start = (
        (read.method, uri(Uri.parse(read.uri))) if isinstance(read, Request) else read.start_line()
    )
    return start, [read.first(header) for header in COMPARED], read.body


def their_message(text: str) -> Reading:
    read = sipmessage.Message.parse(text.encode())
    start: object
    if isinstance(read, sipmessage.Request):
        start = read.method, their_uri(read.uri)
    else:
        assert isinstance(read, sipmessage.Response)
        start = f"SIP/2.0 {read.code} {read.phrase}"
    return start, [read.headers.get(NAMES[header]) for header in COMPARED], read.body


COMPARED = [header for header in Header if header is not Header.OTHER]

READERS: dict[str, tuple[Callable[[str], Reading], Callable[[str], Reading]]] = {
    "uri": (lambda text: uri(Uri.parse(text)), lambda text: their_uri(sipmessage.URI.parse(text))),
    "address": (
        lambda text: address(Address.parse(text)),
        lambda text: their_address(sipmessage.Address.parse(text)),
    ),
    "via": (lambda text: via(Via.parse(text)), lambda text: their_via(sipmessage.Via.parse(text))),
    "cseq": (
        lambda text: (CSeq.parse(text).number, CSeq.parse(text).method),
        lambda text: (sipmessage.CSeq.parse(text).sequence, sipmessage.CSeq.parse(text).method),
    ),
    "message": (message, their_message),
}
DECISIONS = {
    "uri": OF_URIS,
    "address": OF_ADDRESSES,
    "via": OF_VIAS,
    "cseq": OF_CSEQS,
    "message": OF_MESSAGES,
}


def both(kind: str, text: str) -> tuple[Reading, Reading]:
    """Return what we read, and what they do."""
    ours, theirs = READERS[kind]
    readings: list[Reading] = []
    for reader in (ours, theirs):
        try:
            readings.append(reader(text))
        except (ParseError, ValueError):  # what theirs raises
            readings.append(REFUSED)
    return readings[0], readings[1]


def check(kind: str, text: str) -> None:
    ours, theirs = both(kind, text)
    if ours != theirs:
        assert any(one.applies(text) for one in DECISIONS[kind]), (text, ours, theirs)


def unfolded(text: str) -> str:
    return re.sub(r"\r\n[ \t]+", " ", text)


unhurried = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize(
    ("kind", "difference"),
    [(kind, one) for kind, decided in DECISIONS.items() for one in decided],
    ids=lambda part: part if isinstance(part, str) else part.because,
)
def test_each_difference_is_one(kind: str, difference: Difference) -> None:
    ours, theirs = both(kind, difference.example)
    assert ours != theirs
    assert difference.applies(difference.example)


@given(sip_grammar.uris)
@unhurried
def test_uris_are_read_alike(text: str) -> None:
    check("uri", text)


@given(sip_grammar.addresses.map(unfolded))
@unhurried
def test_addresses_are_read_alike(text: str) -> None:
    check("address", text)


@given(sip_grammar.vias.map(unfolded))
@unhurried
def test_vias_are_read_alike(text: str) -> None:
    check("via", text)


@given(st.builds("{}{}{}".format, sip_grammar.cseq_numbers, sip_grammar.spaces, sip_grammar.tokens))
@unhurried
def test_cseqs_are_read_alike(text: str) -> None:
    check("cseq", text)


@given(sip_grammar.messages(with_body=False).map(bytes.decode))
@unhurried
def test_messages_are_read_alike(text: str) -> None:
    check("message", text)
