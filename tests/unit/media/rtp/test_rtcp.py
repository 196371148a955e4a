import pytest

from media.rtp import rtcp
from media.rtp.rtcp import Report, ReportBlock, SenderInfo

BLOCK = ReportBlock(7, 12, -3, 70_000, 55, 0x12345678, 65_536)


def test_a_sender_report_comes_back() -> None:
    sender = SenderInfo(rtcp.ntp(1.5), 160, 10, 1600)
    assert rtcp.parse(rtcp.report(1, sender, [BLOCK])) == [Report(1, sender, (BLOCK,))]


def test_a_receiver_report_in_a_compound_is_found() -> None:
    compound = rtcp.report(1, None, [BLOCK]) + rtcp.description(1, "us") + rtcp.goodbye(1)
    assert len(compound) % 4 == 0
    assert rtcp.parse(compound) == [Report(1, None, (BLOCK,))]


@pytest.mark.parametrize("name", ["", "a", "ab", "abc", "abcd"])
def test_a_description_ends_with_a_zero_on_a_word(name: str) -> None:
    data = rtcp.description(1, name)
    assert len(data) == 4 * (1 + int.from_bytes(data[2:4], "big"))
    assert data[-1] == 0


def test_loss_is_kept_within_its_field() -> None:
    block = BLOCK._replace(lost=1 << 30)
    ((_, _, (parsed,)),) = rtcp.parse(rtcp.report(1, None, [block]))
    assert parsed.lost == 0x7FFFFF


def test_time_is_counted_from_1900() -> None:
    assert rtcp.ntp(0.5) == 2_208_988_800 << 32 | 1 << 31
    assert rtcp.middle(0x1122334455667788) == 0x33445566


@pytest.mark.parametrize("cut", range(0, 52, 3))
def test_what_is_cut_off_yields_nothing_and_raises_nothing(cut: int) -> None:
    whole = rtcp.report(1, SenderInfo(0, 0, 0, 0), [BLOCK])
    assert rtcp.parse(whole[:cut]) == []


def test_more_blocks_promised_than_there_are() -> None:
    data = bytearray(rtcp.report(1, None, [BLOCK]))
    data[0] |= 0x1F
    assert rtcp.parse(bytes(data)) == [Report(1, None, (BLOCK,))]
