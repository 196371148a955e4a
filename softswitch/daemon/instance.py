"""One running switch per state directory."""

import fcntl
import os
from pathlib import Path
from typing import Self


class AlreadyRunning(Exception):
    """Another process has the state directory."""

    def __init__(self, directory: Path, process: str) -> None:
        who = f" (process {process})" if process else ""
        super().__init__(f"another switch{who} is running on the state directory {directory}")


class InstanceLock:
    """Held while the switch runs; the kernel lets go of it however the process ends."""

    def __init__(self, directory: Path) -> None:
        """Take the lock. Raises AlreadyRunning, and OSError when the file cannot be made."""
        self._file = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process = os.read(self._file, 20).decode("ascii", "replace").strip()
            os.close(self._file)
            raise AlreadyRunning(directory, process) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
