"""RFC 4475: what becomes of each of its messages."""

import pytest

from softswitch.sip.errors import ParseError, Refusal
from softswitch.sip.message import Credentials, Header, Request, Response, parse, respond, validate
from tests.torture import messages as torture

SOUND = {
    "3.1.1.1 wsinv": torture.WSINV,
    "3.1.1.2 intmeth": torture.INTMETH,
    "3.1.1.3 esc01": torture.ESC01,
    "3.1.1.4 escnull": torture.ESCNULL,
    "3.1.1.5 esc02": torture.ESC02,
    "3.1.1.6 lwsdisp": torture.LWSDISP,
    "3.1.1.7 longreq": torture.LONGREQ,
    "3.1.1.8 dblreq": torture.DBLREQ,
    "3.1.1.9 semiuri": torture.SEMIURI,
    "3.1.1.10 transports": torture.TRANSPORTS,
    "3.1.1.11 mpart01": torture.MPART01,
    "3.1.1.12 unreason": torture.UNREASON,
    "3.1.1.13 noreason": torture.NOREASON,
    "3.1.2.12 baddate": torture.BADDATE,  # nobody here reads Date: a bad one harms nobody
    "3.2.1 badbranch": torture.BADBRANCH,
    "3.3.4 unksm2": torture.UNKSM2,
    "3.3.5 bext01": torture.BEXT01,
    "3.3.6 invut": torture.INVUT,
    "3.3.7 regaut01": torture.REGAUT01,
    "3.3.10 bcast": torture.BCAST,
    "3.3.11 zeromf": torture.ZEROMF,
    "3.3.12 cparam01": torture.CPARAM01,
    "3.3.13 cparam02": torture.CPARAM02,
    "3.3.14 regescrt": torture.REGESCRT,
    "3.3.15 sdp01": torture.SDP01,
    "3.4.1 inv2543": torture.INV2543,
}

REFUSED = {
    "3.1.2.1 badinv01": (torture.BADINV01, 400),
    "3.1.2.2 clerr": (torture.CLERR, 400),
    "3.1.2.3 ncl": (torture.NCL, 400),
    "3.1.2.4 scalar02": (torture.SCALAR02, 400),
    "3.1.2.6 quotbal": (torture.QUOTBAL, 400),
    "3.1.2.7 ltgtruri": (torture.LTGTRURI, 400),
    "3.1.2.8 lwsruri": (torture.LWSRURI, 400),
    "3.1.2.9 lwsstart": (torture.LWSSTART, 400),
    "3.1.2.10 trws": (torture.TRWS, 400),
    "3.1.2.11 escruri": (torture.ESCRURI, 400),
    "3.1.2.13 regbadct": (torture.REGBADCT, 400),
    "3.1.2.14 badaspec": (torture.BADASPEC, 400),
    "3.1.2.15 baddn": (torture.BADDN, 400),  # the RFC would let us guess; we do not
    "3.1.2.16 badvers": (torture.BADVERS, 505),
    "3.1.2.17 mismatch01": (torture.MISMATCH01, 400),
    "3.1.2.18 mismatch02": (torture.MISMATCH02, 400),
    "3.3.1 insuf": (torture.INSUF, 400),
    "3.3.2 unkscm": (torture.UNKSCM, 416),
    "3.3.3 novelsc": (torture.NOVELSC, 416),
    "3.3.8 multi01": (torture.MULTI01, 400),
    "3.3.9 mcl01": (torture.MCL01, 400),
}


@pytest.mark.parametrize("data", SOUND.values(), ids=SOUND.keys())
def test_a_sound_message_is_read_and_survives_the_round_trip(data: bytes) -> None:
    message = parse(data)
    validate(message)
    again = parse(message.to_bytes())
    assert again.to_bytes() == message.to_bytes()
    assert (again.from_(), again.to(), again.cseq()) == (
        message.from_(),
        message.to(),
        message.cseq(),
    )


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_an_unsound_request_is_refused_and_can_be_answered(data: bytes, status: int) -> None:
    request = parse(data)
    assert isinstance(request, Request)
    with pytest.raises(Refusal) as caught:
        validate(request)
    assert caught.value.status == status
    answer = respond(request, status, caught.value.reason, to_tag="t")
    assert parse(answer.to_bytes()).lines[:-1] == answer.lines
    assert answer.count(Header.VIA) == request.count(Header.VIA)


def test_a_response_with_impossible_numbers_is_discarded() -> None:  # 3.1.2.5 scalarlg
    with pytest.raises(Refusal):
        validate(parse(torture.SCALARLG))


def test_a_status_that_is_none_is_no_sip() -> None:  # 3.1.2.19 bigcode
    with pytest.raises(ParseError):
        parse(torture.BIGCODE)


def request(data: bytes) -> Request:
    message = parse(data)
    assert isinstance(message, Request)
    return message


def test_the_tortuous_invite_says_what_it_says() -> None:
    invite = request(torture.WSINV)
    assert invite.from_().display == 'J Rosenberg \\"'
    assert invite.from_().tag == "98asjd8"
    assert invite.to().tag == "1918181833n"
    assert invite.max_forwards() == 68
    assert str(invite.cseq()) == "9 INVITE"
    assert invite.branch() == "390skdjuw"
    assert [value.split(";")[0].split()[-1] for value in invite.values(Header.VIA)] == [
        "192.0.2.2",
        "spindle.example.com",
        "192.168.255.111",
    ]
    assert invite.first(Header.SUBJECT) == ""
    assert invite.named("newfangledheader") == "newfangled value continued newfangled value"
    assert invite.named("UnknownHeaderWithUnusualValue") == ";;,,;;,;"
    [route] = invite.routes()
    assert route.uri.host == "services.example.com"
    [contact] = invite.contacts()
    assert contact.q == 0.33
    assert contact.parameters.get("newparam") == "newvalue"
    assert len(invite.body) == 150


def test_the_unusual_characters_are_kept() -> None:
    odd = request(torture.INTMETH)
    assert odd.method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert odd.to().display == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert odd.from_().parameters.get("fromparam''~+*_!.-%") == "работающий"
    assert odd.named("extensionHeader-!.%*+_`'~") == "\ufeff大停電"
    assert odd.via().branch == "z9hG4bK-.!%66*_+`'~"


def test_escapes_are_undone_in_the_user_part_only() -> None:
    invite = request(torture.ESC01)
    assert invite.uri == "sip:sips%3Auser%40example.com@example.net"
    assert invite.to().uri.number == "user"
    assert invite.from_().uri.number == "I have spaces"
    assert [contact.uri.number for contact in request(torture.ESCNULL).contacts()] == [
        "\0",
        "\0\0",
    ]
    assert request(torture.SEMIURI).uri == "sip:user;par=u%40example.net@example.com"


def test_a_percent_in_a_method_or_a_header_name_is_no_escape() -> None:
    odd = request(torture.ESC02)
    assert odd.method == "RE%47IST%45R"
    assert [contact.uri.user for contact in odd.contacts()] == ["alias1", "alias3"]
    assert odd.to().display == "%Z%45"


def test_only_the_first_of_two_requests_in_a_datagram_counts() -> None:
    assert request(torture.DBLREQ).method == "REGISTER"
    assert request(torture.DBLREQ).body == b""


def test_every_transport_in_a_via_is_read() -> None:
    vias = request(torture.TRANSPORTS).values(Header.VIA)
    assert [via.split()[0].rsplit("/", 1)[1] for via in vias] == [
        "UDP",
        "SCTP",
        "TLS",
        "UNKNOWN",
        "TCP",
    ]


def test_long_values_are_read_whole() -> None:
    long = request(torture.LONGREQ)
    assert long.count(Header.VIA) == 34
    assert len(long.from_().tag or "") == 302
    assert len(long.values(Header.VIA)[-1]) > 200


def test_binary_bodies_are_not_touched() -> None:
    message = request(torture.MPART01)
    assert b"\x30\x82\x01\x52\x06\x09\x2a\x86\x00\xff\r\n\r\n\x0a\x0d" in message.body


def test_phrases_may_be_anything_or_nothing() -> None:
    unusual, empty = parse(torture.UNREASON), parse(torture.NOREASON)
    assert isinstance(unusual, Response)
    assert isinstance(empty, Response)
    assert unusual.reason == "= 2**3 * 5**2 но сто девяносто девять - простое"
    assert empty.reason == ""


def test_the_parts_that_others_decide_on_are_there_to_be_read() -> None:
    assert request(torture.BEXT01).values(Header.REQUIRE) == [
        "nothingSupportsThis",
        "nothingSupportsThisEither",
    ]
    assert request(torture.ZEROMF).max_forwards() == 0
    assert request(torture.BADBRANCH).branch() == "z9hG4bK"
    assert request(torture.INV2543).branch() == ""
    assert request(torture.INV2543).from_().tag is None
    authorization = request(torture.REGAUT01).first(Header.AUTHORIZATION) or ""
    assert Credentials.parse(authorization).scheme == "NoOneKnowsThisScheme"


def test_an_unknown_parameter_belongs_to_where_it_stands() -> None:
    [outside] = request(torture.CPARAM01).contacts()
    [inside] = request(torture.CPARAM02).contacts()
    assert "unknownparam" in outside.parameters
    assert "unknownparam" in inside.uri.parameters
    [escaped] = request(torture.REGESCRT).contacts()
    assert escaped.uri.headers == "Route=%3Csip:sip.example.com%3E"
