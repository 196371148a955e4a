"""Completes recordings of the last run, and deletes those that are kept no longer: on a thread."""

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Final

from media.wav import STILL_WRITTEN, recover
from softswitch.configuration.settings import Recordings
from softswitch.daemon.logs import Log
from softswitch.storage.retention import (
    RetentionSettings,
    delete,
    expired,
    free_octets,
    recordings_below,
)

PERIOD: Final = 300.0
"""Seconds between two looks: 200 calls write two gigabytes in them."""


class Janitor:
    """Looks over the recordings every PERIOD, and says in the log what it has deleted.

    clock  Unix time
    free   octets that are free on the disk of a folder
    """

    def __init__(
        self,
        folder: Path,
        settings: Recordings,
        log: Log,
        clock: Callable[[], float],
        free: Callable[[Path], int] = free_octets,
    ) -> None:
        self._folder = folder
        self._settings = RetentionSettings(settings.age, settings.total, settings.minimum_free)
        self._log = log
        self._clock = clock
        self._free = free
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="janitor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Delete no more; may be said without a start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def complete(self) -> None:
        """Put in place what a process that was killed has written. What another still writes is
        left alone."""
        for found in recover(self._folder, patience=0.0):
            if found.error == STILL_WRITTEN:
                continue
            if found.error:
                self._log.error("recording-not-recovered", path=found.path, error=found.error)
            else:
                self._log.info(
                    "recording-recovered", path=found.path, seconds=round(found.seconds, 3)
                )

    def look(self) -> None:
        """Delete what is to go."""
        if not self._folder.is_dir():
            return  # nothing was ever recorded
        try:
            free = self._free(self._folder)
        except OSError as error:
            self._log.error("disk-not-known", path=str(self._folder), error=_words(error))
            return
        kept = recordings_below(self._folder)
        gone = expired(kept, self._settings, self._clock(), free)
        for one in gone:
            if self._stopping.is_set():
                return
            try:
                delete(Path(one.path), self._folder)
            except OSError as error:
                self._log.error("recording-not-deleted", path=one.path, error=_words(error))
            else:
                self._log.info(
                    "recording-deleted", path=one.path, octets=one.octets, reason=one.reason
                )
        if free + sum(one.octets for one in gone) < self._settings.minimum_free:
            self._log.warning("disk-nearly-full", path=str(self._folder), free=free)

    def _run(self) -> None:
        while True:
            self.complete()
            self.look()
            if self._stopping.wait(PERIOD):
                return


def _words(error: OSError) -> str:
    return error.strerror or str(error)
