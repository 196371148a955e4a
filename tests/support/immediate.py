"""Sounds and files without threads, for an engine on the virtual clock."""

from media.codecs.g711 import Samples
from media.loader import Loaded, NotLoaded
from media.recorder import Files, Finished
from media.sounds import Library, SoundError


class ImmediateSounds:
    """Reads at once what an engine asks for."""

    def __init__(self) -> None:
        self._library = Library("eu")
        self._results: list[Loaded | NotLoaded] = []

    def request(self, number: int, sources: tuple[str, ...]) -> None:
        try:
            sounds = tuple(self._library.get(source) for source in sources)
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
    """Writes at once what an engine records."""

    def __init__(self) -> None:
        self._files = Files()
        self._results: list[Finished] = []

    def start(self, recording: int, path: str) -> None:
        self._files.start(recording, path)

    def write(self, recording: int, samples: Samples) -> None:
        self._files.write(recording, samples)

    def finish(self, recording: int) -> None:
        self._results.append(self._files.finish(recording))

    def poll(self) -> list[Finished]:
        results, self._results = self._results, []
        return results

    def close(self) -> None:
        self._files.finish_all()
