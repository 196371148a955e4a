"""Offices for the stories told here; each is looked over at the end for anything left behind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.office import Office

MakeOffice = Callable[..., Office]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MakeOffice]:
    """Make a switch of a configuration. When the story is told all calls are ended, and nothing
    of them may be left in the switch, the media engine or a telephone."""
    made: list[Office] = []

    def make(text: str, **circumstances: object) -> Office:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Office(text, folder, **circumstances))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        for handset in each.handsets.values():
            handset.hang_up()
        each.assert_quiet()
