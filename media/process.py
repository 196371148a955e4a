"""Starts a media engine in a process of its own."""

import os
import socket
import subprocess
import sys

from media.line import Line
from media.worker import WorkerSettings


def start_process(settings: WorkerSettings) -> tuple["subprocess.Popen[bytes]", Line]:
    """Return the process, and our end of the line to it. Raises OSError when there is none."""
    ours, theirs = socket.socketpair()
    arguments = (
        *("--control", str(theirs.fileno())),
        *("--address", settings.address),
        *("--ports", f"{settings.first_port}-{settings.last_port}"),
        *("--quarantine", str(settings.quarantine)),
        *("--country", settings.country),
        *("--backend", settings.backend),
        *("--core", str(settings.core)),
        *("--jitter", "{}-{}".format(*settings.jitter)),
    )
    try:
        process = subprocess.Popen(
            (sys.executable, "-m", "media", "worker", *arguments),
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            # One thread is all that a worker's small arrays are worth.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": _import_path()},
        )
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, Line(ours)


def _import_path() -> str:
    """Return where this process has found its modules: the worker finds the same ones."""
    return os.pathsep.join(path or os.getcwd() for path in sys.path)
