"""Speech arrives well by each way, and a way that is broken is noticed."""

import shutil

import numpy as np
import pytest

from benchmarks.listening.perception import Sound, compare
from benchmarks.listening.speech import speech
from benchmarks.listening.studio import RATE, Studio, Weather
from benchmarks.listening.ways import WAYS, Way
from media.control import Bridge


@pytest.fixture(scope="module")
def said() -> Sound:
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed")
    return speech(RATE)


@pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])
def test_speech_arrives_well(way: Way, said: Sound) -> None:
    heard, _ = way.measure(said)
    assert way.bounds.complaint(heard) == ""


def test_speech_is_as_loud_as_people_are(said: Sound) -> None:
    assert 6 < len(said) / RATE < 15
    assert -26 < 20 * np.log10(np.sqrt(np.mean(said**2))) < -22


@pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])
@pytest.mark.parametrize("harm", ["silence", "half the packets", "half a second late", "clipped"])
def test_a_broken_way_is_noticed(way: Way, harm: str, said: Sound) -> None:
    heard = said.copy()
    match harm:
        case "silence":
            heard[:] = 0.0
        case "half the packets":
            heard.reshape(-1)[: len(heard) // 320 * 320].reshape(-1, 320)[:, 160:] = 0.0
        case "half a second late":
            heard = np.concatenate((np.zeros(RATE // 2), heard))
        case "clipped":
            heard = np.clip(heard, -0.02, 0.02)
    assert way.bounds.complaint(compare(said, heard, RATE))


def test_a_relay_passes_on_what_the_network_loses(said: Sound) -> None:
    studio = Studio()
    one, two = studio.telephone(weather=Weather(loss=0.05)), studio.telephone()
    studio.do(Bridge(one.stream, two.stream))
    since = studio.now
    studio.say(one, said)
    studio.live(len(said) / RATE + 0.5)
    heard = compare(said, two.heard(since), RATE)
    share = heard.gaps_ms / 1000 / (len(said) / RATE)
    assert 0.01 < share < 0.08
