"""Strings that nobody can guess, for identifiers."""

import secrets
from collections.abc import Callable, Iterator
from itertools import chain

LENGTH = 12
"""Hexadecimal digits of one."""

PAGE = 512
"""How many are made at once: asking the kernel costs more than all else about one."""


def tokens() -> Callable[[], str]:
    """Return what returns another one with each call."""
    return chain.from_iterable(_pages()).__next__


def _pages() -> Iterator[list[str]]:
    while True:
        page = secrets.token_hex(PAGE * LENGTH // 2)
        yield [page[at : at + LENGTH] for at in range(0, len(page), LENGTH)]
