"""VoIP metrics as octets, against the figure of RFC 3611, section 4.7."""

import pytest

from media.rtp import rtcp, xr
from media.rtp.xr import VoipMetrics

METRICS = VoipMetrics(0x01020304, 0.25, 0.125, 0.5, 0.0, 300, 5000, 80, 40, -20.0, 88.0, 4.1, 4.0)


def test_the_octets_are_where_the_figure_has_them() -> None:
    data = xr.report(7, METRICS)
    assert data[:8] == bytes.fromhex("80cf000a00000007")
    assert data[8:12] == bytes.fromhex("07000008")
    assert data[12:16] == bytes.fromhex("01020304")
    assert data[16:20] == bytes((64, 32, 128, 0))
    assert data[20:28] == bytes.fromhex("012c138800500028")
    assert data[28:32] == bytes((256 - 20, 127, 127, 16))
    assert data[32:36] == bytes((88, 127, 41, 40))
    assert len(data) == 44


def test_metrics_come_back_from_behind_other_reports() -> None:
    compound = rtcp.report(7, None, ()) + rtcp.description(7, "x") + xr.report(7, METRICS)
    assert xr.parse(compound) == [METRICS]
    assert len(rtcp.parse(compound)) == 1


def test_what_is_not_measured_is_127() -> None:
    metrics = METRICS._replace(
        level=None, r_factor=None, mos_listening=None, mos_conversational=None
    )
    data = xr.report(7, metrics)
    assert (data[28], data[32], data[34], data[35]) == (127, 127, 127, 127)
    assert xr.parse(data) == [metrics]


def test_other_blocks_are_passed_over() -> None:
    time = b"\x04\x00\x00\x02" + bytes(8)
    data = rtcp.packet(xr.EXTENDED_REPORT, 0, 7, time + bytes(METRICS))
    assert xr.parse(data) == [METRICS]


@pytest.mark.parametrize("cut", range(0, 44, 3))
def test_what_is_cut_off_is_nothing(cut: int) -> None:
    assert xr.parse(xr.report(7, METRICS)[:cut]) == []


def test_a_block_that_promises_more_than_there_is_is_nothing() -> None:
    data = bytearray(xr.report(7, METRICS))
    data[11] = 9
    assert xr.parse(bytes(data)) == []
