"""Digest authentication."""

import hashlib

import pytest

from softswitch.sip.digest import (
    NonceSource,
    authorize,
    challenge,
    ha1,
    response,
    verify,
)
from softswitch.sip.errors import ParseError
from softswitch.sip.message import Challenge, Credentials

FRESH, STALE = True, False
HOST = "192.0.2.7"


def check(nonces: NonceSource, nonce: str, nc: str, now: float, host: str = HOST) -> bool:
    """Tell whether a nonce is known, and spend one use of it."""
    serial = nonces.recognise(nonce, nc, host, now)
    return serial is not None and nonces.spend(serial, nc)


def answer(
    asked: Challenge, password: str = "secret", method: str = "REGISTER", nc: int = 1
) -> Credentials:
    return Credentials.parse(authorize(asked, "101", password, method, "sip:office", "c0", nc))


def test_the_examples_of_rfc_7616_come_out() -> None:
    for algorithm, expected in (
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ):
        proof = response(
            ha1("Mufasa", "http-auth@example.org", "Circle of Life", algorithm),
            "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            "GET",
            "/dir/index.html",
            qop="auth",
            cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            nc="00000001",
            algorithm=algorithm,
        )
        assert proof == expected


def test_sha_512_256_is_the_hash_of_its_own_start_values_and_no_cut_sha_512() -> None:
    def hashed(text: str) -> str:
        return hashlib.new("sha512_256", text.encode()).hexdigest()

    secret = ha1("101", "office", "secret", "SHA-512-256")
    assert secret == hashed("101:office:secret")
    assert secret != hashlib.sha512(b"101:office:secret").hexdigest()[:64]
    proof = response(
        secret,
        "n",
        "INVITE",
        "sip:x",
        qop="auth",
        cnonce="c",
        nc="00000001",
        algorithm="SHA-512-256",
    )
    assert proof == hashed(f"{secret}:n:00000001:c:auth:{hashed('INVITE:sip:x')}")


@pytest.mark.parametrize("algorithm", ["MD5-sess", "SHA-256-sess", "AKAv1-MD5", "SHA-1"])
def test_an_algorithm_that_is_not_spoken_is_not_answered(algorithm: str) -> None:
    with pytest.raises(ParseError, match="SHA-512-256"):
        answer(Challenge("office", "n1", algorithm))


def test_the_example_of_rfc_2617_comes_out_without_qop_as_rfc_2069_computed_it() -> None:
    secret = ha1("Mufasa", "testrealm@host.com", "Circle Of Life")
    assert secret == "939e7578ed9e3c518a452acee763bce9"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512-256"])
def test_the_right_password_is_proven(algorithm: str) -> None:
    asked = challenge("office", "n1", algorithm)
    secret = ha1("101", "office", "secret", algorithm)
    assert verify(answer(asked), "REGISTER", secret, algorithm)
    assert not verify(answer(asked, "wrong"), "REGISTER", secret, algorithm)
    assert not verify(answer(asked), "INVITE", secret, algorithm)


def test_the_algorithm_is_the_one_that_was_asked_for() -> None:
    asked = challenge("office", "n1", "MD5")
    assert not verify(answer(asked), "REGISTER", ha1("101", "office", "secret"), "SHA-256")


def test_a_client_without_qop_is_understood() -> None:
    secret = ha1("101", "office", "secret")
    given = answer(Challenge("office", "n1"))
    assert given.qop == given.nc == given.cnonce == ""
    assert verify(given, "REGISTER", secret)


@pytest.mark.parametrize(
    "text",
    [
        'Digest username="101", realm="office", nonce="n", uri="u", response=""',
        'Digest username="101", realm="office", nonce="n", uri="u", response="\u00e9", qop=auth, '
        'nc=00000001, cnonce="x"',
        'Digest username="101", response="x", qop=auth-int, nc=00000001, cnonce="x"',
        'Digest username="101", response="x", qop=auth, nc=1, cnonce="x"',
        'Digest username="101", response="x", qop=auth, nc=0000000g, cnonce="x"',
        'Digest username="101", response="x", qop=auth, nc=00000001',
        'Digest username="101", response="x", nc=00000001',
        "Basic dXNlcjpwYXNz",
    ],
)
def test_malformed_proofs_prove_nothing(text: str) -> None:
    assert not verify(Credentials.parse(text), "REGISTER", ha1("101", "office", "secret"))


def test_a_nonce_may_be_counted_on_while_it_lives() -> None:
    nonces = NonceSource(b"key", lifetime=300.0)
    nonce = nonces.make(HOST, 10.0)
    assert check(nonces, nonce, "00000001", 10.5) is FRESH
    assert check(nonces, nonce, "00000002", 310.0) is FRESH
    assert check(nonces, nonce, "00000003", 310.1) is STALE


def test_a_count_is_good_once_and_may_come_out_of_order() -> None:
    nonces = NonceSource(b"key")
    nonce = nonces.make(HOST, 0.0)
    counts = ("00000001", "00000003", "00000002", "00000002", "00000003", "00000001")
    assert [check(nonces, nonce, nc, 1.0) for nc in counts] == [FRESH] * 3 + [STALE] * 3


def test_a_count_too_far_behind_is_refused_and_a_great_leap_taken() -> None:
    nonces = NonceSource(b"key")
    nonce = nonces.make(HOST, 0.0)
    assert check(nonces, nonce, "ffffffff", 1.0) is FRESH
    assert check(nonces, nonce, "00000001", 1.0) is STALE
    assert check(nonces, nonce, "fffffffe", 1.0) is FRESH


@pytest.mark.parametrize("nc", ["00000000", "1", "zzzzzzzz"])
def test_a_malformed_count_is_refused(nc: str) -> None:
    nonces = NonceSource(b"key")
    assert check(nonces, nonces.make(HOST, 0.0), nc, 0.0) is STALE


def test_without_a_count_a_nonce_is_good_once_and_not_for_long() -> None:
    nonces = NonceSource(b"key", once=30.0)
    first, second = nonces.make(HOST, 0.0), nonces.make(HOST, 0.0)
    assert check(nonces, first, "", 30.0) is FRESH
    assert check(nonces, first, "", 30.0) is STALE
    assert check(nonces, first, "00000001", 30.0) is STALE
    assert check(nonces, second, "", 30.1) is STALE
    assert check(nonces, second, "00000001", 30.1) is FRESH
    assert check(nonces, second, "", 30.1) is STALE


def test_a_nonce_is_good_for_the_host_that_it_was_given_to() -> None:
    nonces = NonceSource(b"key")
    nonce = nonces.make(HOST, 0.0)
    assert check(nonces, nonce, "00000001", 0.0, host="192.0.2.8") is STALE
    assert check(nonces, nonce, "00000001", 0.0) is FRESH


def test_a_nonce_of_another_process_is_stale() -> None:
    nonces = NonceSource(b"key")
    theirs = NonceSource(b"other").make(HOST, 0.0)
    ours = nonces.make(HOST, 0.0)
    assert check(nonces, theirs, "00000001", 0.0) is STALE
    for forged in ("", "x", "n\u00e9", ours[:-1], ours[:-1] + "x", "0" + ours[1:-1] + "00"):
        assert check(nonces, forged, "00000001", 0.0) is STALE


def test_forgetting_the_oldest_use_never_allows_a_second() -> None:
    nonces = NonceSource(b"key", most=2)
    used = [nonces.make(HOST, 0.0) for _ in range(4)]
    assert [check(nonces, nonce, "00000001", 0.0) for nonce in used] == [FRESH] * 4
    assert [check(nonces, nonce, "00000001", 0.0) for nonce in used] == [STALE] * 4
    assert check(nonces, used[3], "00000002", 0.0) is FRESH
    assert check(nonces, nonces.make(HOST, 0.0), "00000001", 0.0) is FRESH


def test_stale_is_told_in_the_challenge() -> None:
    assert "stale=true" in str(challenge("office", "n1", is_stale=True))


@pytest.mark.parametrize(
    "asked",
    [
        Challenge("r", "n", "MD5-sess", qop="auth"),
        Challenge("r", "n", qop="auth-int"),
        Challenge("r", "n", scheme="Basic"),
    ],
)
def test_a_challenge_that_cannot_be_answered_is_refused(asked: Challenge) -> None:
    with pytest.raises(ParseError):
        authorize(asked, "101", "secret", "INVITE", "sip:a", "c")
