"""Recorded calls: whose are, that the record leads to the file, and what is in it."""

import csv
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from softswitch.calls.cdr import COLUMNS, csv_row
from softswitch.calls.record import Record
from tests.flows.conftest import MakeOffice
from tests.support.audio import frequency, tone
from tests.support.disk import full_disk
from tests.support.handset import Handset, answers_after, encode_ulaw, rings
from tests.support.office import Office

COMPANY = """
employees:
  101: {name: One, password: p, calls: 2}
  102: {name: Two, password: p, calls: 2, record: always}
  103: {name: Three, password: p, calls: 2}
  104: {name: Four, password: p, calls: 2, media: direct}
"""
NEAR = 0.021
"""Seconds: a packet."""

Sound = NDArray[np.float64]


def talking(world: Office, caller: str = "101", callee: str = "102") -> tuple[Handset, Handset]:
    world.register("101", "102", "103", "104")
    one, two = world.handsets[caller], world.handsets[callee]
    two.user = answers_after(1.0)
    one.call(callee)
    world.until(lambda: one.connected and two.connected)
    return one, two


def record_of(world: Office) -> Record:
    world.until(lambda: world.records, within=15.0)
    [record] = world.records
    return record


def recorded(record: Record) -> tuple[Path, Sound]:
    """Return the file that a record leads to, and both sides as they are in it."""
    [path] = record.recordings
    sound, rate = soundfile.read(path, always_2d=True)
    assert rate == 8000
    assert sound.shape[1] == 2
    return Path(path), sound


def spans(side: Sound) -> list[tuple[float, float, int]]:
    """Return what is said by one side: from, until, and its frequency to 20 Hz."""
    frames = side[: len(side) // 80 * 80].reshape(-1, 80)
    loud = np.concatenate(([False], np.abs(frames).max(axis=1) > 0.05, [False]))
    edges = np.flatnonzero(loud[1:] != loud[:-1]).tolist()
    return [
        (start / 100, end / 100, round(frequency(side[start * 80 : end * 80]) / 20) * 20)
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]


def assert_spans(side: Sound, *wanted: tuple[float, float, int]) -> None:
    found = spans(side)
    assert [span[2] for span in found] == [span[2] for span in wanted], found
    for (start, end, _), (from_, until, _) in zip(found, wanted, strict=True):
        assert start == pytest.approx(from_, abs=NEAR)
        assert end == pytest.approx(until, abs=NEAR)


@pytest.mark.feature("F42")
def test_an_answered_call_has_a_file_with_the_caller_left_and_the_called_right(
    office: MakeOffice,
) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    began = world.now
    world.advance(1.0)
    one.say(encode_ulaw(tone(400, 2.0)))
    world.advance(0.5)
    two.say(encode_ulaw(tone(700, 1.0)))
    world.advance(3.0)
    one.hang_up()
    record = record_of(world)
    path, sound = recorded(record)
    assert_spans(sound[:, 0], (1.0, 3.0, 400))
    assert_spans(sound[:, 1], (1.5, 2.5, 700))
    assert len(sound) / 8000 == pytest.approx(4.5, abs=2 * NEAR)
    assert record.answer == pytest.approx(world.epoch + began, abs=0.1)
    assert path.parent == world.folder / "recordings" / "2026" / "03" / "02"
    assert path.name.startswith("internal-102-101-1100")
    [row] = csv.DictReader(StringIO(",".join(COLUMNS) + "\n" + ",".join(csv_row(record))))
    assert row["recording"] == str(path)


def test_hold_leaves_silence_and_the_sides_stay_together(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    began = world.now
    for handset, hertz in ((one, 400), (two, 700)):
        handset.say(encode_ulaw(tone(hertz, 1.0)))
    world.advance(1.5)
    [call] = one.connected
    one.hold(call)
    world.advance(3.0)
    one.hold(call, "sendrecv")
    world.advance(0.5)
    again = world.now - began
    for handset, hertz in ((one, 400), (two, 700)):
        handset.say(encode_ulaw(tone(hertz, 1.0)))
    world.advance(1.5)
    two.hang_up()
    _, sound = recorded(record_of(world))
    assert_spans(sound[:, 0], (0.0, 1.0, 400), (again, again + 1.0, 400))
    assert_spans(sound[:, 1], (0.0, 1.0, 700), (again, again + 1.0, 700))


@pytest.mark.parametrize("caller", ["102", "103"])
def test_whose_calls_are_not_recorded_has_no_file(office: MakeOffice, caller: str) -> None:
    world = office(COMPANY)
    one, _ = talking(world, caller, "101")
    world.advance(1.0)
    one.hang_up()
    record = record_of(world)
    assert len(record.recordings) == (caller == "102"), "he is recorded when he calls, too"


def test_a_call_that_nobody_answers_has_no_file(office: MakeOffice) -> None:
    world = office(
        COMPANY.replace("calls: 2, record", "no_answer: {after: 5s, to: hang up}, record")
    )
    one, two = world.register("101", "102")
    two.user = rings
    one.call("102")
    assert record_of(world).recordings == ()
    assert not (world.folder / "recordings").exists()


def test_speech_of_who_is_recorded_does_not_pass_the_switch_by(office: MakeOffice) -> None:
    world = office(COMPANY.replace("record: always", "record: always, media: direct"))
    one, two = talking(world, "104", "102")
    two.say(encode_ulaw(tone(700, 1.0)))
    world.advance(1.5)
    one.hang_up()
    _, sound = recorded(record_of(world))
    assert_spans(sound[:, 1], (0.0, 1.0, 700))


@pytest.mark.parametrize("transferor", ["101", "102"])
def test_the_file_goes_on_over_a_transfer(office: MakeOffice, transferor: str) -> None:
    world = office(COMPANY.replace("103: {", "103: {record: always, "))
    one, two = talking(world)
    began = world.now
    for handset, hertz in ((one, 400), (two, 700)):
        handset.say(encode_ulaw(tone(hertz, 1.0)))
    world.advance(1.5)
    stays = two if transferor == "101" else one
    leaves, third = world.handsets[transferor], world.handsets["103"]
    third.user = answers_after(1.0)
    [call] = leaves.connected
    leaves.transfer(call, "103")
    world.until(lambda: third.connected, within=10.0)
    world.advance(0.5)
    later = world.now - began
    stays.say(encode_ulaw(tone(500, 1.0)))
    third.say(encode_ulaw(tone(900, 1.0)))
    world.advance(1.5)
    stays.hang_up()
    _, sound = recorded(record_of(world))
    first = [(0.0, 1.0, 400), (0.0, 1.0, 700)]
    assert_spans(sound[:, 0], first[0], (later, later + 1.0, 500))
    assert_spans(sound[:, 1], first[1], (later, later + 1.0, 900))


def test_recordings_may_be_kept_as_flac(office: MakeOffice) -> None:
    world = office("recording: {format: flac}\n" + COMPANY)
    one, two = talking(world)
    one.say(encode_ulaw(tone(400, 1.0)))
    world.advance(1.5)
    two.hang_up()
    path, sound = recorded(record_of(world))
    assert path.suffix == ".flac"
    assert soundfile.info(str(path)).format == "FLAC"
    assert_spans(sound[:, 0], (0.0, 1.0, 400))


def test_a_full_disk_ends_the_recording_and_not_the_call(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    with full_disk(5000):
        world.advance(3.0)
    assert one.connected
    two.say(encode_ulaw(tone(700, 1.0)))
    world.advance(1.5)
    assert frequency(one.heard()[-6400:-2400] / 32768) == pytest.approx(700, abs=15)
    one.hang_up()
    record_of(world)
    [ended] = [entry.fact for entry in world.journal if entry.kind == "RecordingEnded"]
    assert "File too large" in str(ended)


def test_what_a_caller_dials_names_no_other_folder(office: MakeOffice) -> None:
    world = office(
        COMPANY + "features: {echo: 'off'}\nnumbers: {'+48 22 123 45 67': employee 102}\n"
    )
    world.register("101", "102")
    one, two = world.handsets["101"], world.handsets["102"]
    two.user = answers_after(1.0)
    one.call("+48 22 123 45 67".replace(" ", ""))
    world.until(lambda: one.connected and two.connected)
    one.hang_up()
    path, _ = recorded(record_of(world))
    assert path.name.startswith("internal-+48221234567-101-")
