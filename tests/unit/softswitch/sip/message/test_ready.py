"""Lines that are written already are said as they are, and are lines."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message import Header, Ready, Request, parse, respond

SAID = Ready.of(((Header.ALLOW, "INVITE, ACK"), (Header.SERVER, "here"), ("X-Own", "1")))


def request(uri: str = "sip:102@a.example", to: str = "<sip:102@a.example>") -> Request:
    lines = ["From: <sip:101@a.example>;tag=one", f"To: {to}", *SAID.lines]
    ids = [Header.FROM, Header.TO, *SAID.ids]
    return Request.of_lines("INFO", uri, lines, ids, b"Signal=1", "application/dtmf-relay")


def test_lines_are_found_by_their_names() -> None:
    assert SAID.ids == (Header.ALLOW, Header.SERVER, Header.OTHER)
    told = parse(request().to_bytes())
    assert told.from_().tag == "one"
    assert told.first(Header.ALLOW) == "INVITE, ACK"
    assert told.named("x-own") == "1"
    assert told.first(Header.CONTENT_TYPE) == "application/dtmf-relay"
    assert told.body == b"Signal=1"


def test_a_response_says_them_before_what_is_its_own() -> None:
    response = respond(request(), 200, ready=SAID, headers=((Header.REASON, "none"),))
    assert response.ids[-4:] == [*SAID.ids, Header.REASON]
    assert response.lines[-4:] == [*SAID.lines, "Reason: none"]


@pytest.mark.parametrize("bad", ["a\r\nContact: <sip:evil>", "a\nb", "a\rb"])
def test_no_line_holds_another(bad: str) -> None:
    with pytest.raises(ParseError, match="To"):
        request(to=bad)
    with pytest.raises(ParseError, match="Request-URI"):
        request(uri=bad)
    with pytest.raises(ParseError):
        Ready.of(((Header.SERVER, bad),))
