"""Wounds of messages: lines that go, come twice or change places, and scraps anywhere."""

import re
from collections.abc import Callable, Iterable

from tests.fuzz.script import SCRAPS, Edit

_digits = re.compile(rb"\d+")


def wounded(data: bytes, edits: Iterable[Edit]) -> bytes:
    for edit in edits:
        data = KINDS[edit.kind % len(KINDS)](data, edit)
    return data


def scrap_of(edit: Edit) -> bytes:
    scrap = edit.scrap
    return SCRAPS[scrap[0] % len(SCRAPS)] if len(scrap) == 1 else scrap


def _at(data: bytes, edit: Edit) -> int:
    return edit.place * (len(data) + 1) >> 16


def _insert(data: bytes, edit: Edit) -> bytes:
    at = _at(data, edit)
    return data[:at] + scrap_of(edit) + data[at:]


def _replace(data: bytes, edit: Edit) -> bytes:
    at = _at(data, edit)
    return data[:at] + scrap_of(edit) + data[at + edit.size :]


def _cut(data: bytes, edit: Edit) -> bytes:
    return data[: _at(data, edit)]


def _lined(change: Callable[[list[bytes], int, Edit], None]) -> Callable[[bytes, Edit], bytes]:
    """Let `change` work on the lines before the body, and the number of one of them."""

    def changed(data: bytes, edit: Edit) -> bytes:
        head, end, body = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        change(lines, edit.place % len(lines), edit)
        return b"\r\n".join(lines) + end + body

    return changed


def _delete(lines: list[bytes], at: int, edit: Edit) -> None:
    del lines[at]


def _duplicate(lines: list[bytes], at: int, edit: Edit) -> None:
    lines.insert(edit.size % len(lines), lines[at])


def _swap(lines: list[bytes], at: int, edit: Edit) -> None:
    other = edit.size % len(lines)
    lines[at], lines[other] = lines[other], lines[at]


def _set_number(lines: list[bytes], at: int, edit: Edit) -> None:
    scrap = scrap_of(edit)
    lines[at] = _digits.sub(lambda _: scrap, lines[at], count=1 + edit.size % 3)


def _set_value(lines: list[bytes], at: int, edit: Edit) -> None:
    lines[at] = lines[at].partition(b":")[0] + b": " + scrap_of(edit)


def _add_value(lines: list[bytes], at: int, edit: Edit) -> None:
    lines[at] += scrap_of(edit)


def _odd_case(lines: list[bytes], at: int, edit: Edit) -> None:
    name, colon, value = lines[at].partition(b":")
    lines[at] = name.swapcase() + b" " * (edit.size % 2) + colon + value


def _fold(lines: list[bytes], at: int, edit: Edit) -> None:
    words = lines[at].split(b" ")
    where = edit.size % len(words)
    lines[at] = b" ".join(words[:where]) + b"\r\n " + b" ".join(words[where:])


KINDS: tuple[Callable[[bytes, Edit], bytes], ...] = (
    _replace,
    _insert,
    _cut,
    _lined(_delete),
    _lined(_duplicate),
    _lined(_swap),
    _lined(_set_number),
    _lined(_set_value),
    _lined(_add_value),
    _lined(_odd_case),
    _lined(_fold),
)
