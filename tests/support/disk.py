"""A disk that is full, for this process alone."""

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def file_size_limits() -> Iterator[Callable[[int], None]]:
    """Give what makes files end at a size, in octets, as on a full disk; undo it at the end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def limit(octets: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))

    try:
        yield limit
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
