"""Responses to a request."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message import Header, Request, respond

REQUEST = [
    (Header.VIA, "SIP/2.0/UDP a;branch=z9hG4bK1"),
    (Header.RECORD_ROUTE, "<sip:p;lr>"),
    (Header.VIA, "SIP/2.0/UDP b;branch=z9hG4bK2"),
    (Header.FROM, "<sip:101@example.com>;tag=f"),
    (Header.TO, "<sip:102@example.com>"),
    (Header.CALL_ID, "c1"),
    (Header.CSEQ, "7 INVITE"),
    (Header.TIMESTAMP, "54"),
    (Header.SUBJECT, "private"),
]


def invite() -> Request:
    return Request.build("INVITE", "sip:102@example.com", REQUEST)


def test_what_identifies_the_transaction_is_copied_in_order() -> None:
    response = respond(invite(), 486)
    assert response.lines == [
        "Via: SIP/2.0/UDP a;branch=z9hG4bK1",
        "Via: SIP/2.0/UDP b;branch=z9hG4bK2",
        "From: <sip:101@example.com>;tag=f",
        "To: <sip:102@example.com>",
        "Call-ID: c1",
        "CSeq: 7 INVITE",
    ]
    assert response.start_line() == "SIP/2.0 486 Busy Here"


def test_record_route_goes_back_where_a_dialog_may_begin() -> None:
    for status, there in ((100, 0), (180, 1), (200, 1), (302, 0), (486, 0)):
        assert respond(invite(), status).count(Header.RECORD_ROUTE) == there


def test_trying_returns_the_timestamp() -> None:
    assert respond(invite(), 100).first(Header.TIMESTAMP) == "54"
    assert respond(invite(), 200).first(Header.TIMESTAMP) is None


def test_a_tag_is_added_once() -> None:
    request = invite()
    assert respond(request, 200, to_tag="t").to().tag == "t"
    request.set(Header.TO, "<sip:102@example.com>;tag=mine")
    assert respond(request, 200, to_tag="t").to().tag == "mine"


def test_a_bad_to_is_answered_all_the_same() -> None:
    request = invite()
    request.set(Header.TO, '"Mr. User <sip:102@example.com>')
    assert respond(request, 400, to_tag="t").lines[3].endswith(";tag=t")


def test_body_headers_and_phrase_are_ours() -> None:
    response = respond(
        invite(), 200, "Fine", headers=[(Header.CONTACT, "<sip:me>")], body=b"v=0\r\n"
    )
    assert response.reason == "Fine"
    assert response.first(Header.CONTACT) == "<sip:me>"
    assert response.first(Header.CONTENT_TYPE) == "application/sdp"
    assert response.to_bytes().endswith(b"Content-Length: 5\r\n\r\nv=0\r\n")


def test_a_phrase_begins_no_new_line() -> None:
    with pytest.raises(ParseError):
        respond(invite(), 400, "Bad\r\nContact: evil")
