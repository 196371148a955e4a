"""Encrypted speech: phones with SRTP and keys in SDP, and those without."""

import pytest

from softswitch.sip.message import Header
from tests.flows.conftest import MakeOffice
from tests.flows.test_usages import scripted, sdp
from tests.support.audio import frequency, level_db, longest_gap, tone
from tests.support.handset import Handset, answers_after, encode_ulaw
from tests.support.office import Office
from tests.support.safe import PROFILES, Safe

SUITES = pytest.mark.parametrize("suite", list(PROFILES))


def company(one: str = "off", two: str = "off") -> str:
    return f"""
employees:
  101: {{name: One, password: p, srtp: {one}}}
  102: {{name: Two, password: p, srtp: {two}}}
"""


def talking(world: Office, one: Handset, two: Handset) -> None:
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)


def assert_both_are_heard(world: Office, one: Handset, two: Handset) -> None:
    one.say(encode_ulaw(tone(400, 2.0)))
    two.say(encode_ulaw(tone(700, 2.0)))
    world.advance(2.2)
    for handset, expected in ((one, 700), (two, 400)):
        heard = handset.heard()[-16_000:] / 32768
        assert frequency(heard) == pytest.approx(expected, abs=2)
        assert level_db(heard) == pytest.approx(-12, abs=1)
        assert longest_gap(heard) == 0.0
        assert len(heard) == 16_000


@SUITES
def test_a_phone_that_encrypts_talks_to_one_that_does_not(office: MakeOffice, suite: str) -> None:
    world = office(company(one="optional"))
    one, two = world.register("101", "102")
    one.safe = Safe(suite)
    talking(world, one, two)
    assert one.safe.is_on
    assert_both_are_heard(world, one, two)
    assert one.safe.refused == 0


@SUITES
def test_a_phone_that_has_to_encrypt_is_called(office: MakeOffice, suite: str) -> None:
    world = office(company(two="required"))
    one, two = world.register("101", "102")
    two.safe = Safe(suite)
    talking(world, one, two)
    assert b"RTP/SAVP" in two.invites[0].body
    assert_both_are_heard(world, one, two)
    assert two.safe.refused == 0


def test_two_phones_that_encrypt_share_no_key(office: MakeOffice) -> None:
    world = office(company("required", "required"))
    one, two = world.register("101", "102")
    one.safe, two.safe = Safe(key=b"1" * 30), Safe("AES_CM_128_HMAC_SHA1_32", key=b"2" * 30)
    talking(world, one, two)
    assert_both_are_heard(world, one, two)
    assert b"inline:" in two.invites[0].body
    assert one.safe.line.split(":")[-1].encode() not in two.invites[0].body


def test_where_it_is_optional_the_phone_decides(office: MakeOffice) -> None:
    world = office(company("optional", "optional"))
    one, two = world.register("101", "102")
    two.safe = Safe(profile="RTP/AVP")
    talking(world, one, two)
    assert b"RTP/AVP" in two.invites[0].body
    assert two.safe.is_on
    assert_both_are_heard(world, one, two)


def test_speech_stays_encrypted_through_hold_and_back(office: MakeOffice) -> None:
    world = office(company(one="required"))
    one, two = world.register("101", "102")
    one.safe = Safe()
    talking(world, one, two)
    assert_both_are_heard(world, one, two)
    [call] = one.connected
    one.hold(call)
    world.advance(2.0)
    one.hold(call, "sendrecv")
    world.advance(1.0)
    assert_both_are_heard(world, one, two)
    assert one.safe.refused == 0


def test_what_is_plain_is_not_heard_in_an_encrypted_call(office: MakeOffice) -> None:
    world = office(company(one="required"))
    one, two = world.register("101", "102")
    one.safe = Safe()
    talking(world, one, two)
    safe, one.safe = one.safe, None
    one.say(encode_ulaw(tone(400, 1.0)))
    world.advance(1.5)
    assert two.heard().size == 0
    one.safe = safe
    one.hang_up()
    world.advance(1.0)
    [record] = world.records
    assert record.legs[0].media is not None
    assert record.legs[0].media.dropped == 50


def test_an_application_is_heard_encrypted(office: MakeOffice) -> None:
    world = office(company(one="required") + "features: {echo: '*43'}\n")
    (one,) = world.register("101")
    one.safe = Safe()
    one.call("*43")
    world.until(lambda: one.connected)
    world.advance(3.0)
    one.say(encode_ulaw(tone(600, 2.0)))
    world.advance(2.5)
    assert frequency(one.heard()[-12_000:] / 32768) == pytest.approx(600, abs=2)
    assert one.safe.refused == 0


@pytest.mark.parametrize(
    ("srtp", "safe", "words"),
    [
        ("off", Safe(), "encrypted media (SRTP) is not supported: offer plain RTP/AVP"),
        ("required", None, "media has to be encrypted: offer RTP/SAVP with a=crypto"),
        ("required", Safe(extra="|2^31|1:4"), "a master key identifier (MKI) is not supported"),
        ("optional", Safe(extra="|2^10"), "a lifetime of 2^10 packets is too short"),
        ("optional", Safe(extra=" UNENCRYPTED_SRTP"), "UNENCRYPTED_SRTP is not supported"),
    ],
)
def test_an_offer_that_is_not_taken_is_refused_in_words(
    office: MakeOffice, srtp: str, safe: Safe | None, words: str
) -> None:
    world = office(company(one=srtp))
    one = scripted(world, "101")
    offered = sdp(one)
    if safe is not None:
        offered = offered.replace(b"RTP/AVP", safe.profile.encode())
        offered = offered.rstrip() + f"\r\n{safe.line}\r\n".encode()
    one.invite("102", offered)
    refused = one.final("INVITE", one.cseq)
    assert refused.status == 488
    assert words in (refused.first(Header.WARNING) or "")


def test_a_long_lifetime_is_no_hindrance(office: MakeOffice) -> None:
    world = office(company(one="required"))
    one, two = world.register("101", "102")
    one.safe = Safe(extra="|2^31")
    talking(world, one, two)
    assert_both_are_heard(world, one, two)


def test_no_key_stands_in_the_record_or_the_log(office: MakeOffice) -> None:
    world = office(company(one="required"))
    one, two = world.register("101", "102")
    one.safe = Safe(key=b"K" * 30)
    talking(world, one, two)
    one.hang_up()
    world.advance(1.0)
    told = f"{world.records} {world.journal} {vars(world.link)}"
    assert "KKKK" not in told
    assert "S0tL" not in told
