"""Tables that lose nothing where a terminal is narrow."""

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

UNBOUNDED = 10_000
"""Columns that are enough for anything."""


def wide_console(stream: TextIO | None = None) -> Console:
    """Return a console as wide as the terminal; where there is none, for a program that reads line
    by line, one that breaks none."""
    to = sys.stdout if stream is None else stream
    if to.isatty() or "COLUMNS" in os.environ:
        return Console(file=to)
    return Console(file=to, width=UNBOUNDED)


def print_table(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, or, where it is too wide for the console, a paragraph for each row: what it is
    about, and below that what is known of it.

    rows  markup; what is empty is left out of a paragraph
    """
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    options = console.options.update(max_width=UNBOUNDED)
    if console.measure(table, options=options).maximum <= console.width:
        console.print(table)
        return
    for first, *rest in rows:
        console.print(f"{heads[0]} [bold]{first}[/]")
        known = zip(heads[1:], rest, strict=True)
        words = ", ".join(f"{head} {value}" for head, value in known if value)
        console.print(Padding(words, (0, 0, 0, 2)))
