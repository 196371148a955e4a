"""What the engine's unit tests share."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.disk import file_size_limits


@pytest.fixture
def file_size_limit() -> Iterator[Callable[[int], None]]:
    """Return what makes files of this process end at a size, as on a full disk."""
    with file_size_limits() as limit:
        yield limit
