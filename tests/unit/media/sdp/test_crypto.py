"""SDES (RFC 4568): what is read, refused, offered and agreed."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sdp import Local, NotAcceptable, Secret, Security, agree, answer, common, offer, parse
from media.sdp.crypto import KEY_SIZE, SUITES, Crypto, Offered, key, ours, read, settled

OCTETS = bytes(range(KEY_SIZE))
INLINE = b64encode(OCTETS).decode()
EIGHTY, THIRTY_TWO = SUITES
SECRET, OTHER = Secret(b"s" * 32), Secret(b"o" * 32)


def one(value: str) -> Crypto:
    offered = read([f"crypto:{value}"])
    assert offered.refused == ()
    (found,) = offered.usable
    return found


def refusal(value: str) -> str:
    offered = read([f"crypto:{value}"])
    assert offered.usable == ()
    (why,) = offered.refused
    return why


def local(security: Security, secret: Secret = SECRET) -> Local:
    return Local("192.0.2.1", 20_000, 5, security=security, secret=secret)


def remote(profile: str, *lines: str) -> bytes:
    head = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    attributes = "".join(f"a={line}\r\n" for line in lines)
    return f"{head}m=audio 4000 {profile} 0\r\n{attributes}".encode()


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("end", ["", "|2^31", "|2^48", "|1048576000", " WSH=128"])
def test_a_key_is_read_whatever_harmless_stands_behind_it(suite: str, end: str) -> None:
    assert one(f"7 {suite} inline:{INLINE}{end}") == Crypto("7", suite, Secret(OCTETS))


def test_base64_without_padding_and_lower_case_are_forgiven() -> None:
    unpadded = b64encode(bytes(KEY_SIZE)).decode().rstrip("=")
    assert one(f"1 {EIGHTY.lower()} INLINE:{unpadded}").key == bytes(KEY_SIZE)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (f"1 {EIGHTY} inline:{INLINE}|2^31|1:4", "MKI"),
        (f"1 {EIGHTY} inline:{INLINE}|1:4", "MKI"),
        (f"1 {EIGHTY} inline:{INLINE}|2^21", "lifetime"),
        (f"1 {EIGHTY} inline:{INLINE}|2^x", "lifetime"),
        (f"1 {EIGHTY} inline:{INLINE};inline:{INLINE}", "several keys"),
        (f"1 {EIGHTY} inline:{INLINE} UNENCRYPTED_SRTP", "UNENCRYPTED_SRTP"),
        (f"1 {EIGHTY} inline:{INLINE} KDR=4", "KDR=4"),
        (f"1 AEAD_AES_256_GCM inline:{INLINE}", "AEAD_AES_256_GCM"),
        (f"1 {EIGHTY} inline:{INLINE[:-4]}", "30 octets"),
        (f"1 {EIGHTY} inline:=*{INLINE[2:]}", "30 octets"),
        (f"1 {EIGHTY} uri:{INLINE}", "'uri'"),
        (f"x {EIGHTY} inline:{INLINE}", "no tag"),
        (f"1 {EIGHTY}", "needs a tag"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(value: str, words: str) -> None:
    assert words in refusal(value)
    assert INLINE not in refusal(value)


def test_what_cannot_be_used_does_not_stand_before_what_can() -> None:
    offered = read(
        ["sendrecv", f"crypto:1 F8_128 inline:{INLINE}", f"crypto:2 {EIGHTY} inline:{INLINE}"]
    )
    assert [each.tag for each in offered.usable] == ["2"]
    assert offered.said
    assert not read(["crypto"]).said


@given(st.text(max_size=100))
def test_any_text_is_a_key_or_a_refusal(text: str) -> None:
    offered = read([f"crypto:{text}"])
    assert isinstance(offered, Offered)
    assert len(offered.usable) + len(offered.refused) == 1


def test_keys_differ_by_suite_and_by_secret_and_are_not_shown() -> None:
    keys = {key(secret, suite) for secret in (SECRET, OTHER) for suite in SUITES}
    assert len(keys) == 4
    assert {len(each) for each in keys} == {KEY_SIZE}
    shown = f"{ours(SECRET)} {SECRET} {SECRET!r} {local(Security.REQUIRED)}"
    assert "ssss" not in shown
    assert str(bytes(key(SECRET, EIGHTY)))[2:-1] not in shown
    with pytest.raises(ValueError, match="no secret"):
        key(b"", EIGHTY)


# Offer and answer


def test_what_is_required_is_offered_in_its_profile_and_what_is_optional_is_not() -> None:
    plain, optional, required = (offer(local(security)).decode() for security in Security)
    assert "m=audio 20000 RTP/AVP 9 8" in plain
    assert "crypto" not in plain
    assert "m=audio 20000 RTP/AVP 9 8" in optional
    assert "m=audio 20000 RTP/SAVP 9 8" in required
    for text in (optional, required):
        assert text.count("a=crypto:") == 2
        assert [each.suite for each in read(_attributes(text)).usable] == list(SUITES)


def _attributes(text: str) -> tuple[str, ...]:
    return parse(text.encode()).media[0].attributes


@pytest.mark.parametrize("security", [Security.OPTIONAL, Security.REQUIRED])
@pytest.mark.parametrize("profile", ["RTP/SAVP", "RTP/SAVPF", "RTP/AVP"])
def test_an_offer_with_keys_is_answered_with_a_key(security: Security, profile: str) -> None:
    offered = parse(remote(profile, f"crypto:3 {THIRTY_TWO} inline:{INLINE}"))
    body, agreed = answer(offered, local(security))
    assert f"m=audio 20000 {profile} 0" in body.decode()
    mine = read(_attributes(body.decode())).usable
    assert [(each.tag, each.suite) for each in mine] == [("3", THIRTY_TWO)]
    assert agreed.crypto is not None
    assert (agreed.crypto.send, agreed.crypto.receive) == (mine[0].key, OCTETS)


def test_two_of_us_agree_and_have_each_others_keys() -> None:
    sent = offer(local(Security.REQUIRED))
    body, theirs = answer(parse(sent), local(Security.OPTIONAL, OTHER))
    mine = agree(sent, parse(body))
    assert mine.crypto is not None
    assert theirs.crypto is not None
    assert mine.crypto.suite == theirs.crypto.suite == EIGHTY
    assert mine.crypto.send == theirs.crypto.receive
    assert mine.crypto.receive == theirs.crypto.send
    assert mine.crypto.send != mine.crypto.receive


def test_an_optional_offer_may_be_answered_plainly_and_a_required_one_not() -> None:
    assert agree(offer(local(Security.OPTIONAL)), parse(remote("RTP/AVP"))).crypto is None
    for answered in (remote("RTP/AVP"), remote("RTP/SAVP")):
        with pytest.raises(NotAcceptable, match="encryption"):
            agree(offer(local(Security.REQUIRED)), parse(answered))


@pytest.mark.parametrize("line", [f"crypto:9 {EIGHTY} inline:{INLINE}", f"crypto:1 {THIRTY_TWO} "
                                  f"inline:{INLINE}", "crypto:1 FOO inline:x"])  # fmt: skip
def test_an_answer_with_a_key_for_nothing_that_was_offered_is_no_answer(line: str) -> None:
    with pytest.raises(NotAcceptable):
        agree(offer(local(Security.REQUIRED)), parse(remote("RTP/SAVP", line)))
    with pytest.raises(NotAcceptable):
        settled([each.line[2:-2] for each in ours(SECRET)], [line])


def test_keys_that_nobody_asked_for_are_passed_over() -> None:
    line = f"crypto:1 {EIGHTY} inline:{INLINE}"
    assert agree(offer(local(Security.OFF)), parse(remote("RTP/AVP", line))).crypto is None
    body, agreed = answer(parse(remote("RTP/AVP", line)), local(Security.OFF))
    assert (agreed.crypto, b"crypto" in body) == (None, False)


def test_what_is_common_depends_on_what_is_wanted() -> None:
    line = f"crypto:1 {EIGHTY} inline:{INLINE}"
    safe, bare, plain = (
        parse(body) for body in (remote("RTP/SAVP", line), remote("RTP/SAVP"), remote("RTP/AVP"))
    )
    for security, expected in (
        (Security.OFF, [[], [], ["PCMU"]]),
        (Security.OPTIONAL, [["PCMU"], [], ["PCMU"]]),
        (Security.REQUIRED, [["PCMU"], [], []]),
    ):
        assert [common(each, security=security) for each in (safe, bare, plain)] == expected


# Extended reports (RFC 3611, section 5)


def test_voip_metrics_are_agreed_on_where_they_are_offered() -> None:
    body, agreed = answer(parse(remote("RTP/AVP", "rtcp-xr:voip-metrics")), local(Security.OFF))
    assert agreed.extended_reports
    assert b"a=rtcp-xr:voip-metrics\r\n" in body
    body, agreed = answer(parse(remote("RTP/AVP", "rtcp-xr:pkt-loss-rle")), local(Security.OFF))
    assert not agreed.extended_reports
    assert b"rtcp-xr" not in body
