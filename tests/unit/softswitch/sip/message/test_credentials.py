"""Challenges and credentials."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.credentials import Challenge, Credentials


def test_a_challenge_prints_what_it_parsed() -> None:
    text = (
        'Digest realm="office", nonce="n,1", opaque="o", stale=true, '
        'algorithm=SHA-256, qop="auth,auth-int"'
    )
    challenge = Challenge.parse(text)
    assert challenge == Challenge(
        "office", "n,1", "SHA-256", qop="auth,auth-int", opaque="o", is_stale=True
    )
    assert str(challenge) == text
    assert Challenge.parse(str(Challenge("r", "n"))) == Challenge("r", "n")


def test_credentials_print_what_they_parsed() -> None:
    text = (
        'Digest username="101", realm="r", nonce="n", uri="sip:r", response="abc", '
        'algorithm=MD5, cnonce="c", opaque="o", qop=auth, nc=00000001'
    )
    credentials = Credentials.parse(text)
    assert credentials.username == "101"
    assert credentials.nc == "00000001"
    assert str(credentials) == text


def test_clients_from_before_qop_leave_it_out() -> None:
    credentials = Credentials.parse('digest username="a",realm=r , nonce="",uri="x",response=""')
    assert credentials.scheme == "Digest"
    assert (credentials.realm, credentials.qop, credentials.nc) == ("r", "", "")
    assert "qop" not in str(credentials)


def test_an_unknown_scheme_has_no_parts() -> None:
    credentials = Credentials.parse("NoOneKnowsThisScheme opaque-data=here")
    assert credentials.scheme == "NoOneKnowsThisScheme"
    assert credentials.username == ""


@pytest.mark.parametrize(
    "text",
    ['Digest realm="open', "Digest realm", 'Digest a="1", a="2"', "Digest a=" + " " * 15_000 + '"'],
)
def test_malformed_credentials_are_refused(text: str) -> None:
    with pytest.raises(ParseError):
        Credentials.parse(text)


def test_what_has_no_pairs_is_not_looked_through_from_every_place() -> None:
    """It would take hours: the time grew with the square of the length."""
    for text in ("a" * 1_000_000, "a=b, " + "c" * 1_000_000, "a=b " * 250_000):
        with pytest.raises(ParseError):
            Credentials.parse(f"Digest {text}")
