"""The strict reading."""

import pytest

from softswitch.sip.errors import Refusal
from softswitch.sip.message import Header, Request, parse, respond, validate


def register() -> Request:
    return Request.build(
        "REGISTER",
        "sip:example.com",
        [
            (Header.VIA, "SIP/2.0/UDP a;branch=z9hG4bK1"),
            (Header.FROM, "<sip:101@example.com>;tag=f"),
            (Header.TO, "<sip:101@example.com>"),
            (Header.CALL_ID, "c1"),
            (Header.CSEQ, "7 REGISTER"),
            (Header.CONTACT, "<sip:101@192.0.2.1>"),
        ],
    )


def test_a_sound_request_passes() -> None:
    validate(register())
    validate(respond(register(), 200))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (Header.VIA, "SIP/2.0/UDP a, nonsense"),
        (Header.VIA, ""),
        (Header.FROM, "Bell, A <sip:a@b>"),
        (Header.TO, ""),
        (Header.CALL_ID, ""),
        (Header.CSEQ, "7 INVITE"),
        (Header.CSEQ, "99999999999 REGISTER"),
        (Header.CONTACT, "*, <sip:a@b>"),
        (Header.CONTACT, "<sip:a@b>;q=7"),
        (Header.ROUTE, "<sip:a"),
        (Header.RECORD_ROUTE, "nonsense nonsense"),
        (Header.MAX_FORWARDS, "300"),
        (Header.EXPIRES, "soon"),
        (Header.CONTENT_LENGTH, "-999"),
        (Header.CONTENT_LENGTH, "12"),
        (Header.REQUIRE, '"open, quote'),
    ],
)
def test_one_bad_value_is_refused(header: Header, value: str) -> None:
    request = register()
    request.set(header, value)
    with pytest.raises(Refusal) as caught:
        validate(request)
    assert caught.value.status == 400


@pytest.mark.parametrize("header", [Header.FROM, Header.CALL_ID, Header.CSEQ, Header.CONTENT_TYPE])
def test_a_header_that_may_come_once_comes_once(header: Header) -> None:
    request = register()
    value = request.first(header) or "text/plain"
    request.set(header, value)
    request.append(header, value)
    with pytest.raises(Refusal):
        validate(request)


@pytest.mark.parametrize(
    ("start", "status"),
    [
        (b"REGISTER sip:a b SIP/2.0", 400),
        (b"REGISTER <sip:a> SIP/2.0", 400),
        (b"REGISTER  sip:a  SIP/2.0", 400),
        (b"REGISTER sip:a SIP/2.0  ", 400),
        (b"REGISTER sip:a?Route=x SIP/2.0", 400),
        (b"REGISTER soap.beep://192.0.2.103:3002 SIP/2.0", 416),
        (b"REGISTER sip:a SIP/7.0", 505),
    ],
)
def test_a_bad_start_line_gets_the_status_it_deserves(start: bytes, status: int) -> None:
    _, rest = register().to_bytes().split(b"\r\n", 1)
    with pytest.raises(Refusal) as caught:
        validate(parse(start + b"\r\n" + rest))
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (Header.VIA, "SIP/2.0/UDP 10.0.0.7;branch=z9hG4bK1"),
        (Header.ROUTE, "<sip:10.0.0.7;lr>"),
        (Header.RECORD_ROUTE, "<sip:10.0.0.7;lr>"),
    ],
)
@pytest.mark.parametrize("is_one_line", [True, False])
def test_a_way_over_more_proxies_than_a_message_may_pass_is_refused(
    header: Header, value: str, *, is_one_line: bool
) -> None:
    def travelled(hops: int) -> Request:
        request = register()
        request.remove(header)
        for one in [", ".join([value] * hops)] if is_one_line else [value] * hops:
            request.append(header, one)
        return request

    validate(travelled(70))
    with pytest.raises(Refusal, match="400 Too Many"):
        validate(travelled(71))
