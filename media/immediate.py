"""Sounds and files without threads: everything is done when it is asked for.

For a virtual clock, where a thread would take time that does not pass, and for a program with one
call, which may wait for its disk.
"""

from media.codecs.g711 import Samples
from media.loader import Loaded, NotLoaded
from media.recorder import Broken, Files, Finished
from media.sounds import Library, SoundError
from media.wav import MONO, Form


class ImmediateSounds:
    """Stands where `media.loader.Loader` does."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._results: list[Loaded | NotLoaded] = []

    def request(self, number: int, sources: tuple[str, ...]) -> None:
        try:
            sounds = tuple(sound for source in sources for sound in self._library.get_all(source))
        except SoundError as error:
            self._results.append(NotLoaded(number, str(error)))
        else:
            self._results.append(Loaded(number, sounds))

    def poll(self) -> list[Loaded | NotLoaded]:
        results, self._results = self._results, []
        return results

    def close(self) -> None:
        self._results.clear()


class ImmediateFiles:
    """Stands where `media.recorder.Recorder` does."""

    def __init__(self) -> None:
        self._files = Files()
        self._results: list[Finished | Broken] = []

    def start(self, recording: int, path: str, form: Form = MONO) -> None:
        self._keep(self._files.start(recording, path, form))

    def write(self, recording: int, samples: Samples) -> None:
        self._keep(self._files.write(recording, samples))

    def finish(self, recording: int) -> None:
        self._keep(self._files.finish(recording).carry_out())

    def poll(self) -> list[Finished | Broken]:
        results, self._results = self._results, []
        return results

    def close(self) -> None:
        for completion in self._files.finish_all():
            completion.carry_out()

    def _keep(self, result: Finished | Broken | None) -> None:
        if result is not None:
            self._results.append(result)
