"""Strings that nobody can guess, for identifiers."""

import secrets

LENGTH = 12
"""Hexadecimal digits of one."""

PAGE = 512
"""How many are made at once: asking the kernel costs more than all else about one."""


class Tokens:
    """Returns another one with each call."""

    __slots__ = ("_at", "_page")

    def __init__(self) -> None:
        self._page = ""
        self._at = 0

    def __call__(self) -> str:
        if self._at >= len(self._page):
            self._page = secrets.token_hex(PAGE * LENGTH // 2)
            self._at = 0
        at = self._at
        self._at = at + LENGTH
        return self._page[at : self._at]
