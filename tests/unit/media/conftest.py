"""What the engine's unit tests share."""

import resource
import signal
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def file_size_limit() -> Iterator[Callable[[int], None]]:
    """Return what makes files of this process end at a size, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def limit(octets: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, handler)
