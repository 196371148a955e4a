"""Where packets are put on the reel: in order, in time, whatever the network did to them."""

from collections.abc import Iterable
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.codecs.g711 import Samples, encode
from media.codecs.table import encoder
from media.net.batch import Batch, Buffer
from media.reel import DELAY, FRAME, Reel
from media.relay import Arrived
from media.rtp.header import RtpPacket
from media.streams import LAWS, Streams

ROW = 1
START = 1000.0


class Tape:
    """A reel with one row that is listened to, and what was read of it."""

    def __init__(self) -> None:
        self.reel = Reel(Streams(3))
        self.tick = floor(START * 50)
        self.reel.begin(self.tick - DELAY)
        self.reel.listen(frozenset({ROW}))
        self.read: list[Samples] = []

    def take(self, now: float, *packets: RtpPacket | bytes, law: str = "PCMU") -> int:
        """Let packets arrive together, after the ticks before them are over."""
        while self.tick < floor(now * 50 + 1e-6):
            self.read.append(self.reel.frames(np.array([ROW]), self.tick - DELAY)[0])
            self.reel.over(self.tick - DELAY)
            self.tick += 1
        if not packets:
            return 0
        buffer = Buffer(len(packets))
        data = [bytes(packet) for packet in packets]
        for slot, octets in enumerate(data):
            buffer.views[slot][: len(octets)] = octets
        batch = Batch.of(
            buffer, [len(each) for each in data], [2 * ROW] * len(data), [1] * len(data)
        )
        header = buffer.words[:, :3].byteswap().T.astype(np.int64)
        laws = np.full(len(data), LAWS[law], np.int8)
        rows = np.full(len(data), ROW)
        return self.reel.take(Arrived(batch, rows, header, laws, laws < 0), now)

    def finish(self, now: float) -> Samples:
        """Return all that was read until `now`, without the delay before the first tick."""
        self.take(now + DELAY / 50)
        return np.concatenate(self.read[DELAY:])


def said(value: int, count: int = FRAME) -> Samples:
    return np.full(count, 1000 * (1 + value % 16), np.int16)


def packet(k: int, *, start: int = 77_000, count: int = FRAME, law: str = "PCMU") -> RtpPacket:
    """Return the k-th packet of a source, whose samples tell k modulo 16."""
    payload = encode(said(k, count), law).tobytes()
    return RtpPacket(0, k & 0xFFFF, start + count * k & 0xFFFFFFFF, 5, payload)


def values(sound: Samples) -> list[int]:
    """Return what each frame tells, modulo 16; -1 for silence, -2 for what is not of one piece."""
    found: list[int] = []
    for frame in sound.reshape(-1, FRAME):
        one = round(int(frame[0]) / 1000) - 1
        found.append(-1 if not frame.any() else one if np.ptp(frame) == 0 else -2)
    return found


def told(numbers: Iterable[int]) -> list[int]:
    return [k % 16 if k >= 0 else -1 for k in numbers]


def at(k: float) -> float:
    """Return when the k-th packet is due: its audio has just been said."""
    return START + 0.02 * (k + 1)


def test_packets_in_time_are_read_where_they_were_said() -> None:
    tape = Tape()
    for k in range(30):
        tape.take(at(k), packet(k))
    assert values(tape.finish(at(29))) == told(range(30))


@pytest.mark.parametrize("law", ["PCMU", "PCMA"])
def test_both_laws_are_understood(law: str) -> None:
    tape = Tape()
    tape.take(at(0), packet(3, law=law), law=law)
    assert tape.finish(at(0))[0] == pytest.approx(4000, rel=0.03)


def test_a_wideband_codec_is_in_its_place_too() -> None:
    tape, coder = Tape(), encoder("G722")
    time = np.arange(16000) / 16000
    wave = (8000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16)
    for k in range(50):
        payload = coder.encode(wave[320 * k : 320 * (k + 1)])
        if not 20 <= k < 30:
            tape.take(at(k), RtpPacket(9, k, 160 * k, 5, payload), law="G722")
    sound = tape.finish(at(49)).astype(np.float64)
    assert np.abs(np.fft.rfft(sound[400:3200], 8000)).argmax() == pytest.approx(440, abs=3)
    assert np.sqrt(np.mean(sound[400:3000] ** 2)) == pytest.approx(8000 / np.sqrt(2), rel=0.1)
    assert not sound[20 * FRAME : 30 * FRAME].any()
    assert np.sqrt(np.mean(sound[31 * FRAME :] ** 2)) > 4000


def test_a_loss_is_silence_and_a_late_packet_is_in_its_place() -> None:
    tape = Tape()
    for k in range(20):
        if k not in (5, 9):
            tape.take(at(k), packet(k))
        if k == 15:
            tape.take(at(k), packet(9))
    assert values(tape.finish(at(19))) == told(k if k != 5 else -1 for k in range(20))


def test_what_is_too_late_goes_nowhere() -> None:
    tape = Tape()
    for k in range(20):
        if k != 5:
            tape.take(at(k), packet(k))
    for k in range(20, 40):
        tape.take(at(k), packet(k), *([packet(5)] if k == 30 else []))
    heard = values(tape.finish(at(39)))
    assert heard[:5] + heard[6:30] == told([*range(5), *range(6, 30)])
    assert heard[5] == -1


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
def test_order_and_duplicates_do_not_matter(order: list[int], twice: set[int]) -> None:
    tape = Tape()
    tape.take(at(0), packet(0))
    arriving = [packet(k + 1) for k in order] + [packet(k + 1) for k in twice]
    tape.take(at(6), *arriving)
    assert values(tape.finish(at(6))) == told(range(7))


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_whatever_comes_does_no_harm(bodies: list[bytes]) -> None:
    tape = Tape()
    headers = [b"\x80\x00\x00\x01" + bytes(8), b"\xbf\x00\x00\x01" + bytes(8)]
    tape.take(at(0), *[headers[len(body) % 2] + body for body in bodies])
    tape.take(at(1), packet(9, start=500_000))
    assert len(tape.finish(at(1))) == 2 * FRAME


def test_a_packet_that_contradicts_itself_is_counted() -> None:
    tape = Tape()
    assert tape.take(at(0), b"\x9f" + bytes(30), packet(1)) == 1
    assert values(tape.finish(at(0))) == [1]


def test_contributors_and_padding_are_no_sound() -> None:
    tape = Tape()
    plain = bytes(packet(4))
    padded = b"\xa1" + plain[1:12] + bytes(4) + plain[12:] + b"\x00\x00\x03"
    tape.take(at(0), padded)
    assert values(tape.finish(at(0))) == [4]


@pytest.mark.parametrize("count", [80, 240, 320, 480])
def test_packets_of_any_length_fill_the_same_time(count: int) -> None:
    tape = Tape()
    for k in range(12):
        tape.take(START + (k + 1) * count / 8000, packet(k, count=count))
    sound = tape.finish(START + 12 * count / 8000)
    for k in range(12):
        assert sound[k * count] == pytest.approx(1000 * (1 + k), rel=0.03)
        assert (sound[k * count : (k + 1) * count] == sound[k * count]).all()


def test_time_goes_on_over_a_pause_of_the_source() -> None:
    tape = Tape()
    for k in (*range(5), *range(60, 65)):
        tape.take(at(k), packet(k))
    assert values(tape.finish(at(64))) == told([*range(5), *[-1] * 55, *range(60, 65)])


def test_timestamps_that_stand_still_on_hold_do_not_shift_what_follows() -> None:
    tape = Tape()
    for k in range(5):
        tape.take(at(k), packet(k))
    for k in range(60, 65):
        tape.take(at(k), packet(k, start=77_000 - 55 * FRAME))
    assert values(tape.finish(at(64))) == told([*range(5), *[-1] * 55, *range(60, 65)])


def test_another_source_goes_on_at_the_time_when_it_came() -> None:
    tape = Tape()
    for k in range(10):
        tape.take(at(k), packet(k, start=0xFFFFFF00 if k < 5 else 1_000_000))
    assert values(tape.finish(at(9))) == told(range(10))


@pytest.mark.parametrize("speed", [1.001, 0.999])
def test_a_clock_of_another_speed_is_followed(speed: float) -> None:
    tape = Tape()
    count = 3000  # a minute, in which such a clock is 60 ms off
    for k in range(count):
        tape.take(START + 0.02 * (k + 1) / speed, packet(k))
    sound = tape.finish(START + 0.02 * count / speed)
    place = len(sound) - 400
    expected = place / FRAME * speed
    found = values(sound[place : place + FRAME] * 0 + sound[place])[0]
    assert (found - expected + 8) % 16 - 8 == pytest.approx(-0.5, abs=1.1)


def test_a_row_that_is_listened_to_again_begins_anew() -> None:
    tape = Tape()
    tape.take(at(0), packet(0))
    tape.reel.listen(frozenset())
    tape.reel.listen(frozenset({ROW}))
    assert not tape.finish(at(0)).any()
