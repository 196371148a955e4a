"""Loading beside the engine: results are polled, and nothing waits for nothing."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from media.codecs.g711 import Samples
from media.loader import Loaded, Loader, NotLoaded
from media.sounds import Library
from media.wav import WavFile

PATIENCE = 10.0


class Woken:
    """Waits until the loader has called often enough."""

    def __init__(self) -> None:
        self._event = Event()

    def __call__(self) -> None:
        self._event.set()

    def poll(self, loader: Loader, count: int) -> list[Loaded | NotLoaded]:
        results: list[Loaded | NotLoaded] = []
        while len(results) < count:
            results += loader.poll()
            if len(results) < count:
                assert self._event.wait(PATIENCE)
                self._event.clear()
        return results


class SlowLibrary(Library):
    """Lets nobody have `slow` until told so, and counts what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.go = Event()
        self.asked: list[str] = []

    def get(self, source: str) -> Samples:
        self.asked.append(source)
        if source == "slow":
            assert self.go.wait(PATIENCE)
            return np.zeros(160, np.int16)
        return super().get(source)


@pytest.fixture
def woken() -> Woken:
    return Woken()


@pytest.fixture
def library() -> SlowLibrary:
    return SlowLibrary()


@pytest.fixture
def loader(woken: Woken, library: SlowLibrary) -> Iterator[Loader]:
    loader = Loader(library, wake=woken)
    yield loader
    library.go.set()
    loader.close()


@pytest.fixture
def greeting(tmp_path: Path) -> str:
    file = WavFile(tmp_path / "greeting.wav")
    file.append(np.arange(400).astype(np.int16))
    file.complete()
    return str(file.path)


def test_sounds_come_in_the_order_asked_for(loader: Loader, woken: Woken, greeting: str) -> None:
    loader.request(1, (greeting, "tone:beep", greeting))
    (loaded,) = woken.poll(loader, 1)
    assert isinstance(loaded, Loaded)
    assert [len(sound) for sound in loaded.sounds] == [400, 3200, 400]


def test_tones_alone_are_there_at_once(loader: Loader) -> None:
    loader.request(1, ("tone:busy",))
    loader.request(2, ())
    assert [result.request for result in loader.poll()] == [1, 2]
    assert loader.poll() == []


def test_one_bad_source_fails_the_request_once(loader: Loader, woken: Woken, greeting: str) -> None:
    loader.request(1, (greeting, "/nowhere/a.wav", "tone:nonsense", "/nowhere/b.wav"))
    (failed,) = woken.poll(loader, 1)
    assert isinstance(failed, NotLoaded)
    assert "tone:nonsense" in failed.reason
    loader.request(2, ("/nowhere/a.wav",))
    (failed,) = woken.poll(loader, 1)
    assert failed == NotLoaded(2, "/nowhere/a.wav: No such file or directory")


def test_a_slow_file_is_read_once_and_holds_up_nobody_else(
    loader: Loader, woken: Woken, library: SlowLibrary, greeting: str
) -> None:
    for number in range(20):
        loader.request(number, ("slow",))
    loader.request(20, (greeting,))
    assert [result.request for result in woken.poll(loader, 1)] == [20]
    library.go.set()
    assert [result.request for result in woken.poll(loader, 20)] == list(range(20))
    assert library.asked.count("slow") == 1


def test_too_many_requests_fail_at_once(library: SlowLibrary) -> None:
    loader = Loader(library, capacity=2)
    for number in range(3):
        loader.request(number, ("slow",))
    assert loader.poll() == [NotLoaded(2, "too many sounds are being loaded")]
    library.go.set()
    loader.close()
