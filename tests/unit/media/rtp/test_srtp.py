"""What one side protects the other opens, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp import rtcp
from media.rtp.header import RtpPacket
from media.rtp.srtp import SUITES, Receiver, Sender

KEY = bytes(range(30))
EITHER = pytest.mark.parametrize(
    ("suite", "tag"), [("AES_CM_128_HMAC_SHA1_80", 10), ("AES_CM_128_HMAC_SHA1_32", 4)]
)


def packet(sequence: int, ssrc: int = 7, payload: bytes = b"speech") -> bytes:
    return bytes(RtpPacket(0, sequence & 0xFFFF, 160 * sequence & 0xFFFFFFFF, ssrc, payload))


@EITHER
def test_what_is_protected_can_be_opened_with_the_key_alone(suite: str, tag: int) -> None:
    sender, receiver, other = Sender(suite, KEY), Receiver(suite, KEY), Receiver(suite, bytes(30))
    protected = sender.protect(packet(1))
    assert protected is not None
    assert len(protected) == len(packet(1)) + tag
    assert protected[:12] == packet(1)[:12]
    assert b"speech" not in protected
    assert other.open(protected) is None
    assert receiver.open(protected) == packet(1)


@EITHER
def test_reports_have_a_long_tag_and_an_index(suite: str, tag: int) -> None:
    sender, receiver = Sender(suite, KEY), Receiver(suite, KEY)
    report = rtcp.report(7, None, ()) + rtcp.description(7, "us")
    protected = sender.protect_control(report)
    assert protected is not None
    assert len(protected) == len(report) + 4 + 10
    assert receiver.open_control(protected) == report
    assert receiver.open_control(protected) is None
    assert receiver.open_control(report) is None


@EITHER
def test_a_changed_packet_is_refused_wherever_it_is_changed(suite: str, tag: int) -> None:
    protected = Sender(suite, KEY).protect(packet(1))
    assert protected is not None
    receiver = Receiver(suite, KEY)
    for at in range(len(protected)):
        forged = bytearray(protected)
        forged[at] ^= 1
        assert receiver.open(bytes(forged)) is None, at
    assert receiver.open(protected) == packet(1)


def test_a_packet_is_opened_once_and_late_ones_within_the_window() -> None:
    sender, receiver = (
        Sender("AES_CM_128_HMAC_SHA1_80", KEY),
        Receiver("AES_CM_128_HMAC_SHA1_80", KEY),
    )
    protected = [sender.protect(packet(k)) or b"" for k in range(300)]
    for k in (0, 2, 1, 200, 150):
        assert receiver.open(protected[k]) == packet(k)
        assert receiver.open(protected[k]) is None
    assert receiver.open(protected[20]) is None  # too old to be told from a replay


def test_no_sequence_number_is_used_twice() -> None:
    sender = Sender("AES_CM_128_HMAC_SHA1_80", KEY)
    assert sender.protect(packet(1, payload=b"one")) is not None
    assert sender.protect(packet(1, payload=b"two")) is None
    assert sender.protect(packet(2, payload=b"two")) is not None


def test_the_rollover_counter_goes_on_and_each_source_has_its_own() -> None:
    sender, receiver = (
        Sender("AES_CM_128_HMAC_SHA1_80", KEY),
        Receiver("AES_CM_128_HMAC_SHA1_80", KEY),
    )
    for k in range(65_500, 3 * 65_536 + 100, 64):
        protected = sender.protect(packet(k))
        assert protected is not None
        assert receiver.open(protected) == packet(k)
    other = sender.protect(packet(9, ssrc=8))
    assert other is not None
    assert receiver.open(other) == packet(9, ssrc=8)
    again = sender.protect(packet(3 * 65_536 + 101))
    assert again is not None
    assert receiver.open(again) == packet(3 * 65_536 + 101)


def test_keys_of_another_size_or_suite_are_refused() -> None:
    assert set(SUITES) == {"AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"}
    for suite, key in (("AES_CM_128_HMAC_SHA1_80", KEY[:29]), ("F8_128_HMAC_SHA1_80", KEY)):
        with pytest.raises(ValueError, match="no key of"):
            Receiver(suite, key)
        with pytest.raises(ValueError, match="no key of"):
            Sender(suite, key)


@given(st.binary(max_size=2000), st.binary(max_size=60))
def test_no_bytes_raise_anything_and_none_are_authentic(data: bytes, tail: bytes) -> None:
    receiver, sender = (
        Receiver("AES_CM_128_HMAC_SHA1_32", KEY),
        Sender("AES_CM_128_HMAC_SHA1_32", KEY),
    )
    for bytes_ in (data, packet(1) + data, b"\x9f" + packet(1)[1:] + tail):
        assert receiver.open(bytes_) is None
        assert receiver.open_control(bytes_) is None
        sender.protect(bytes_)
        sender.protect_control(bytes_)
