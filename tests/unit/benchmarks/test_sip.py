import hashlib

import pytest

from benchmarks.sip import (
    CALL_ID,
    RECORD_ROUTE,
    VIA,
    Credential,
    describe,
    enclosed,
    field,
    fields,
    place_of,
)

MESSAGE = (
    b"SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP a\r\nVia: SIP/2.0/UDP b\r\n"
    b"Call-ID: one\r\nContent-Length: 0\r\n\r\n"
)


def test_a_field_is_the_first_of_its_name() -> None:
    assert (field(MESSAGE, CALL_ID), field(MESSAGE, VIA)) == (b"one", b"SIP/2.0/UDP a")


def test_a_field_that_is_not_there_is_empty() -> None:
    assert field(MESSAGE, RECORD_ROUTE) == b""


def test_all_fields_of_a_name_come_in_order() -> None:
    assert fields(MESSAGE, VIA) == [b"SIP/2.0/UDP a", b"SIP/2.0/UDP b"]


def test_a_uri_is_taken_out_of_its_brackets() -> None:
    assert enclosed(b'"Anna" <sip:101@there;lr>;tag=1') == b"sip:101@there;lr"


def test_a_challenge_is_answered_as_the_digest_prescribes() -> None:
    challenge = (
        b'SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="house", nonce="n", '
        b'algorithm=MD5, qop="auth"\r\n\r\n'
    )
    answer = Credential("101", "house", "secret").answer(challenge, b"INVITE", b"sip:102@here")
    ha1 = hashlib.md5(b"101:house:secret").hexdigest()
    ha2 = hashlib.md5(b"INVITE:sip:102@here").hexdigest()
    right = hashlib.md5(f"{ha1}:n:00000001:cnonce101:auth:{ha2}".encode()).hexdigest()
    assert answer.startswith(b'Authorization: Digest username="101", realm="house", nonce="n"')
    assert f'response="{right}"'.encode() in answer


def test_of_two_challenges_the_one_for_md5_is_answered() -> None:
    challenge = (
        b"SIP/2.0 407 Proxy Authentication Required\r\n"
        b'Proxy-Authenticate: Digest realm="r", nonce="long", algorithm=SHA-256, qop="auth"\r\n'
        b'Proxy-Authenticate: Digest realm="r", nonce="short", algorithm=MD5, qop="auth"\r\n\r\n'
    )
    answer = Credential("101", "r", "secret").answer(challenge, b"INVITE", b"sip:102@here")
    assert answer.startswith(b"Proxy-Authorization: ")
    assert b'nonce="short"' in answer


def test_a_refusal_without_a_challenge_is_not_answered() -> None:
    assert Credential("101", "r", "secret").answer(MESSAGE, b"INVITE", b"sip:102@here") == b""


def test_a_description_says_where_media_is_expected() -> None:
    assert place_of(describe(("127.0.0.1", 6000))) == ("127.0.0.1", 6000)


def test_a_description_without_audio_says_nothing() -> None:
    with pytest.raises(ValueError, match="without audio"):
        place_of(b"v=0\r\nc=IN IP4 127.0.0.1\r\n")
