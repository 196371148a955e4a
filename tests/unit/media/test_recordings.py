"""What a recording hands on, and when it ends; files are left out."""

from math import inf

import numpy as np
import pytest

from media.codecs.g711 import encode
from media.control import Record
from media.ledger import Ledger
from media.outputs import FinishFile, Output, StartFile, Write
from media.recordings import BLOCK, Recordings
from media.streams import LAWS, Streams
from tests.unit.media.bench import tone

LOUD = encode(tone(0.02), "PCMU")
QUIET = encode(tone(0.02, level=20), "PCMU")


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def recordings(ledger: Ledger) -> Recordings:
    streams = Streams(2)
    streams.open(7, 0, ssrc=1, sequence=1, timestamp=1)
    return Recordings(streams, ledger)


def order(*, maximum: float = 60.0, silence: float = 0.0) -> Record:
    return Record(7, "/spool/message.wav", 5, maximum, silence)


def hear(
    recordings: Recordings, payload: np.ndarray[tuple[int], np.dtype[np.uint8]], count: int
) -> list[Output]:
    outputs: list[Output] = []
    for k in range(count):
        outputs += recordings.hear(0, LAWS["PCMU"], 160 * k, payload, 100.0 + 0.02 * k)
    return outputs


def test_audio_is_handed_on_in_blocks(recordings: Recordings) -> None:
    assert recordings.start(0, order(), 100.0) == [StartFile(1, "/spool/message.wav")]
    outputs = hear(recordings, LOUD, 25)
    assert [len(each.samples) for each in outputs if isinstance(each, Write)] == [BLOCK, BLOCK]
    rest, finish = recordings.stop(0, "stopped")
    assert isinstance(rest, Write)
    assert len(rest.samples) == 25 * 160 - 2 * BLOCK
    assert finish == FinishFile(1)


def test_a_recording_whose_file_is_broken_ends_at_once(
    recordings: Recordings, ledger: Ledger
) -> None:
    recordings.start(0, order(), 100.0)
    assert recordings.broken(1)[-1] == FinishFile(1)
    assert recordings.broken(1) == []
    recorded = ledger.finished(1, "", 0.0, "No space left on device")
    assert recorded is not None
    assert (recorded.reason, recorded.error) == ("failed", "No space left on device")


def test_a_new_recording_ends_the_one_before(recordings: Recordings, ledger: Ledger) -> None:
    recordings.start(0, order(), 100.0)
    assert recordings.start(0, order(), 101.0) == [
        FinishFile(1),
        StartFile(2, "/spool/message.wav"),
    ]
    assert ledger.unfinished(7)
    recorded = ledger.finished(1, "", 0.0, "")
    assert recorded is not None
    assert recorded.reason == "stopped"
    assert not ledger.unfinished(7)


def test_silence_counts_from_the_last_loud_packet(recordings: Recordings) -> None:
    recordings.start(0, order(silence=5.0), 100.0)
    assert recordings.deadline == 105.0
    hear(recordings, QUIET, 10)
    assert recordings.deadline == 105.0
    hear(recordings, LOUD, 10)
    assert recordings.deadline == pytest.approx(105.18)
    assert recordings.expire(105.1) == []
    assert recordings.expire(105.2)[-1] == FinishFile(1)


def test_no_recording_is_without_end(recordings: Recordings) -> None:
    recordings.start(0, order(maximum=inf), 100.0)
    hear(recordings, LOUD, 1)
    assert recordings.deadline < inf


def test_what_is_not_known_is_nothing(recordings: Recordings, ledger: Ledger) -> None:
    assert recordings.stop(0, "stopped") == []
    assert recordings.hear(0, LAWS["PCMU"], 0, LOUD, 100.0) == []
    assert ledger.finished(9, "", 0.0, "") is None
