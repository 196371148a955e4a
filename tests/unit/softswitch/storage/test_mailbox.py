import json
import wave
from pathlib import Path

import pytest

from media.wav import recover, recover_one
from softswitch.storage.mailbox import Arrived, Mailboxes
from softswitch.storage.writer import Writer
from tests.unit.softswitch.storage.conftest import Complaints, Finish

NAME = "20261123T080910Z-101-a7"


@pytest.fixture
def boxes(tmp_path: Path, writer: Writer) -> Mailboxes:
    boxes = Mailboxes(tmp_path, writer, recover_one)
    boxes.prepare(["sales"])
    return boxes


@pytest.fixture
def wav(tmp_path: Path, boxes: Mailboxes) -> Path:
    return tmp_path / "sales" / f"{NAME}.wav"


def record(path: Path, seconds: float) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(int(seconds * 16000)))


def arrived(path: Path, seconds: float) -> Arrived:
    return Arrived("sales", str(path), "101", "Ann", seconds, at=1_800_000_000.0)


def nothing_to_repair(folder: Path) -> None:
    """No recording was cut off."""


def test_a_committed_message_is_listed(boxes: Mailboxes, wav: Path, finish: Finish) -> None:
    record(wav, 2.5)
    assert boxes.messages("sales") == []
    boxes.put(arrived(wav, 2.5))
    assert finish() == 0
    [(path, message)] = boxes.messages("sales")
    assert path == wav
    assert json.loads(wav.with_suffix(".json").read_text()) == {
        "box": "sales",
        "caller": "101",
        "name": "Ann",
        "time": "2026-11-23T08:09:10Z",
        "duration": 2.5,
        "state": "new",
    }
    assert message.duration == 2.5
    assert not list(wav.parent.glob("*.part"))


def test_a_message_without_a_recording_is_an_empty_one(
    boxes: Mailboxes, wav: Path, finish: Finish
) -> None:
    boxes.put(arrived(wav, 0.0))
    assert finish() == 0
    assert [message.duration for _, message in boxes.messages("sales")] == [0.0]
    with wave.open(str(wav), "rb") as file:
        assert (file.getnframes(), file.getframerate(), file.getsampwidth()) == (0, 8000, 2)


def test_what_was_written_of_a_recording_that_failed_becomes_its_message(
    boxes: Mailboxes, wav: Path, finish: Finish
) -> None:
    record(wav, 0.5)
    wav.rename(wav.with_name(wav.name + ".part"))
    boxes.put(arrived(wav, 0.0))
    assert finish() == 0
    assert [(path, message.duration) for path, message in boxes.messages("sales")] == [(wav, 0.5)]
    assert not list(wav.parent.glob("*.part"))
    assert boxes.recover(recover) == [], "it is not found again at the next start"


def test_a_message_whose_box_has_gone_makes_it_anew(
    boxes: Mailboxes, wav: Path, finish: Finish
) -> None:
    wav.parent.rmdir()
    boxes.put(arrived(wav, 0.0))
    assert finish() == 0
    assert len(boxes.messages("sales")) == 1


def test_a_recording_that_was_never_committed_becomes_a_message_at_the_next_start(
    boxes: Mailboxes, wav: Path
) -> None:
    record(wav, 1.0)
    wav.with_suffix(".json.part").write_text("{")
    assert boxes.recover(nothing_to_repair) == [wav]
    [(_, message)] = boxes.messages("sales")
    assert (message.caller, message.time, message.duration) == ("101", "2026-11-23T08:09:10Z", 1.0)
    assert not list(wav.parent.glob("*.part"))
    assert boxes.recover(nothing_to_repair) == []


def test_a_recording_that_was_cut_off_is_mended_first(boxes: Mailboxes, wav: Path) -> None:
    assert boxes.recover(lambda folder: record(folder / "sales" / wav.name, 0.5)) == [wav]


def test_a_recording_that_cannot_be_committed_at_the_start_waits_for_the_writer(
    boxes: Mailboxes, wav: Path, finish: Finish, complaints: Complaints
) -> None:
    wav = wav.with_stem(NAME.ljust(250, "0"))  # beside which no JSON file can be written
    record(wav, 1.0)
    assert boxes.recover(nothing_to_repair) == [wav]
    assert finish() == 1
    assert [slug for slug, _ in complaints] == ["storage-failing"]


def test_a_file_that_is_no_recording_is_not_listed(boxes: Mailboxes, wav: Path) -> None:
    wav.write_bytes(b"RIFF")
    assert boxes.recover(nothing_to_repair) == []
    assert boxes.messages("sales") == []


def test_greetings_are_no_messages(boxes: Mailboxes, wav: Path) -> None:
    (wav.parent / "greetings").mkdir()
    record(wav.parent / "greetings" / "unavailable.wav", 1.0)
    assert boxes.recover(nothing_to_repair) == []


def test_a_box_that_cannot_be_written_keeps_its_message_waiting(
    boxes: Mailboxes, wav: Path, finish: Finish, complaints: Complaints
) -> None:
    record(wav, 1.0)
    wav.with_suffix(".json.part").mkdir()
    boxes.put(arrived(wav, 1.0))
    assert finish() == 1
    assert [slug for slug, _ in complaints] == ["storage-failing"]
    assert boxes.messages("sales") == []


def test_a_box_that_does_not_exist_is_empty(boxes: Mailboxes) -> None:
    assert boxes.messages("nobody") == []
