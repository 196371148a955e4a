import pytest

from media.rtp.header import RtpPacket, pack, payload_span


def test_a_packet_comes_back_as_it_was() -> None:
    packet = RtpPacket(8, 65535, 0xFFFFFFFF, 0x12345678, b"payload", marker=True)
    assert RtpPacket.parse(bytes(packet)) == packet


def test_numbers_wrap() -> None:
    assert pack(0, 65536 + 5, (1 << 32) + 7, 1)[2:8] == b"\x00\x05\x00\x00\x00\x07"


def test_sources_extension_and_padding_are_no_payload() -> None:
    header = bytes([0x80 | 0x20 | 0x10 | 2]) + pack(0, 1, 2, 3)[1:]
    extension = b"\xbe\xde\x00\x01abcd"
    data = header + b"c1c1c2c2" + extension + b"payload" + b"\x00\x00\x03"
    packet = RtpPacket.parse(data)
    assert packet is not None
    assert packet.payload == b"payload"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80" * 11,
        b"\x00" * 12,
        b"\x8f" + bytes(20),  # fifteen sources promised
        b"\x90" + bytes(12),  # an extension cut short
        b"\x90" + bytes(11) + b"\x00\x00\xff\xff",
        b"\xa0" + bytes(11) + b"\xff",  # more padding than there is
    ],
)
def test_what_contradicts_itself_is_no_packet(data: bytes) -> None:
    assert RtpPacket.parse(data) is None


def test_the_span_of_a_plain_packet_is_all_behind_twelve_bytes() -> None:
    assert payload_span(bytes(RtpPacket(0, 1, 2, 3, b"x" * 160))) == (12, 172)
