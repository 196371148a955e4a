"""Bytes to messages."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message import Header, Request, Response, parse

INVITE = (
    b"INVITE sip:102@example.com SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\n"
    b"From: <sip:101@example.com>;tag=a\r\n"
    b"To: <sip:102@example.com>\r\n"
    b"Call-ID: 1@192.0.2.1\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
    b"v=0\n"
)


def parse_request(data: bytes) -> Request:
    message = parse(data)
    assert isinstance(message, Request)
    return message


def test_a_request() -> None:
    request = parse_request(INVITE)
    assert request.method == "INVITE"
    assert request.uri == "sip:102@example.com"
    assert request.body == b"v=0\n"
    assert request.ids[:2] == [Header.VIA, Header.FROM]
    assert request.lines[3] == "Call-ID: 1@192.0.2.1"


def test_a_response() -> None:
    response = parse(b"SIP/2.0 486 Busy Here\r\nVia: SIP/2.0/UDP a\r\n\r\n")
    assert isinstance(response, Response)
    assert (response.status, response.reason) == (486, "Busy Here")


@pytest.mark.parametrize("start", [b"SIP/2.0 100 ", b"SIP/2.0 100"])
def test_a_phrase_may_be_empty(start: bytes) -> None:
    response = parse(start + b"\r\nVia: SIP/2.0/UDP a\r\n\r\n")
    assert isinstance(response, Response)
    assert response.reason == ""


def test_line_ends_before_the_message_are_skipped() -> None:
    assert parse_request(b"\r\n\r\n" + INVITE).method == "INVITE"


def test_folded_lines_become_one() -> None:
    data = INVITE.replace(b"To: <sip:102@example.com>", b"To:\r\n <sip:102@example.com>\r\n\t;x=1")
    request = parse_request(data)
    assert str(request.to()) == "<sip:102@example.com>;x=1"


def test_surplus_bytes_after_the_body_are_cut() -> None:
    assert parse_request(INVITE + b"INVITE sip:evil SIP/2.0\r\n\r\n").body == b"v=0\n"


def test_without_content_length_the_body_is_the_rest() -> None:
    assert parse_request(INVITE.replace(b"Content-Length: 4\r\n", b"")).body == b"v=0\n"


def test_names_come_compact_odd_and_with_space_before_the_colon() -> None:
    data = INVITE.replace(b"Via:", b"v  :").replace(b"Call-ID:", b"CALL-id:")
    request = parse_request(data)
    assert request.via().branch == "z9hG4bK1"
    assert request.call_id() == "1@192.0.2.1"


def test_bytes_that_are_no_utf8_survive_the_round_trip() -> None:
    data = INVITE.replace(b"From: <", b"From: \xff\xfe <")
    assert b"\xff\xfe" in parse(data).to_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"\0\0\0\0",
        INVITE[: INVITE.index(b"\r\n\r\n")],
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"INV\xc3\xa9 sip:a SIP/2.0\r\n\r\n",
        INVITE.replace(b"Call-ID:", b"Call-ID"),
        INVITE.replace(b"Call-ID:", b"Call ID:"),
        INVITE.replace(b"tag=a\r\n", b"tag=a\n"),
        INVITE.replace(b"tag=a\r\n", b"tag=a\rVia: x\r\n"),
        INVITE.replace(b"To: ", b"X: " + b"y" * 17000 + b"\r\nTo: "),
        INVITE.replace(b"To: ", b"X: y\r\n" * 300 + b"To: "),
        b"SIP/2.0 4294967301 better not break\r\nVia: a\r\n\r\n",
        b"SIP/2.0 99 too low\r\nVia: a\r\n\r\n",
        b"SIP/2.0 2x0 OK\r\nVia: a\r\n\r\n",
    ],
)
def test_what_is_not_sip_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        parse(data)


def test_a_request_that_can_be_told_from_noise_is_kept_for_an_answer() -> None:
    request = parse_request(INVITE.replace(b"sip:102@example.com SIP", b"sip:a b SIP"))
    assert request.uri == "sip:a b"
    assert parse_request(INVITE.replace(b"SIP/2.0\r\nVia", b"SIP/7.0\r\nVia")).version == "SIP/7.0"


@pytest.mark.parametrize("line", [b"Via", b"Max-Forwards 70", b"Nonsense", b": 1"])
def test_a_line_without_a_name_and_a_colon_is_refused(line: bytes) -> None:
    with pytest.raises(ParseError):
        parse(INVITE.replace(b"\r\nVia:", b"\r\n" + line + b"\r\nVia:", 1))


def test_no_space_is_needed_behind_the_colon() -> None:
    request = parse_request(INVITE.replace(b": ", b":"))
    assert request.call_id() == "1@192.0.2.1"
    assert request.via().branch == "z9hG4bK1"
