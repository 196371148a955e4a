"""Proving a password."""

from softswitch.identifiers import Identifiers, counted
from softswitch.phone.account import Account
from softswitch.sip.digest import challenge, ha1, verify
from softswitch.sip.message import Challenge, Credentials, Header, Request, Response, respond


def invite() -> Request:
    return Request.build(
        "INVITE",
        "sip:102@office",
        [
            (Header.VIA, "SIP/2.0/UDP a"),
            (Header.FROM, "<sip:101@office>;tag=a"),
            (Header.TO, "<sip:102@office>"),
            (Header.CALL_ID, "c"),
            (Header.CSEQ, "1 INVITE"),
        ],
    )


def account() -> Account:
    return Account("101", "secret", Identifiers(counted()))


def asks(request: Request, status: int, *challenges: Challenge) -> Response:
    header = Header.WWW_AUTHENTICATE if status == 401 else Header.PROXY_AUTHENTICATE
    return respond(request, status, headers=[(header, str(one)) for one in challenges])


def test_401_and_407_have_headers_of_their_own() -> None:
    for status, header in ((401, Header.AUTHORIZATION), (407, Header.PROXY_AUTHORIZATION)):
        request = invite()
        assert account().prove(request, asks(request, status, challenge("office", "n")))
        given = Credentials.parse(request.first(header) or "")
        assert verify(given, "INVITE", ha1("101", "office", "secret"))


def test_the_first_challenge_that_is_understood_is_answered() -> None:
    request = invite()
    asked = asks(request, 401, challenge("o", "n", "SHA-1"), challenge("o", "n", "SHA-256"))
    assert account().prove(request, asked)
    assert Credentials.parse(request.first(Header.AUTHORIZATION) or "").algorithm == "SHA-256"


def test_other_refusals_and_unknown_schemes_cannot_be_answered() -> None:
    request = invite()
    assert not account().prove(request, respond(request, 403))
    assert not account().prove(request, asks(request, 401, Challenge("o", "n", scheme="Basic")))
    assert request.first(Header.AUTHORIZATION) is None


def test_uses_of_a_nonce_are_counted() -> None:
    ours = account()
    counts = []
    for _ in range(2):
        request = invite()
        ours.prove(request, asks(request, 401, challenge("office", "n")))
        counts.append(Credentials.parse(request.first(Header.AUTHORIZATION) or "").nc)
    assert counts == ["00000001", "00000002"]
