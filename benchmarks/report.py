"""Rows as a table, as JSON lines and as a chart."""

import json
from pathlib import Path

from matplotlib import use
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from benchmarks.row import Row

GROWTH_ALLOWED = 1.5
"""Cost per unit may not grow by more than this over a sweep."""

use("agg")


def table(rows: list[Row], console: Console) -> None:
    shown = Table(title=f"{rows[0].benchmark}: CPU of the whole server per {rows[0].unit}")
    for name in rows[0].as_dict():
        if name not in ("benchmark", "unit"):
            shown.add_column(name, justify="right")
    for row in rows:
        cells = row.as_dict()
        shown.add_row(*(str(v) for k, v in cells.items() if k not in ("benchmark", "unit")))
    console.print(shown)
    costs = [row.cpu_us_ref for row in rows]
    growth = max(costs) / min(costs)
    verdict = "flat" if growth <= GROWTH_ALLOWED else f"more than {GROWTH_ALLOWED}: it grows"
    console.print(f"largest cost / smallest over the sweep: {growth:.2f} ({verdict})")
    bad = [row for row in rows if row.failures]
    for row in bad:
        console.print(f"[red]load {row.load} had {row.failures} failures: no result[/red]")


def json_lines(rows: list[Row]) -> str:
    """Return an object a line, the last one the headline load."""
    return "".join(json.dumps(row.as_dict()) + "\n" for row in rows)


def chart(rows: list[Row], path: Path) -> None:
    """Draw cost and latency over the load."""
    figure = Figure(figsize=(7, 4), layout="tight")
    axes = figure.subplots()
    loads = [row.load for row in rows]
    axes.plot(loads, [row.cpu_us for row in rows], "o-", label="server")
    axes.plot(loads, [row.limit_us for row in rows], "--", label="kernel alone")
    axes.set_ylim(bottom=0)
    axes.set_xscale("log")
    axes.set_xlabel(f"load ({rows[0].unit}s a second)" if rows[0].benchmark != "relay" else "calls")
    axes.set_ylabel(f"CPU µs per {rows[0].unit}")
    axes.set_title(rows[0].benchmark)
    axes.legend()
    figure.savefig(path, dpi=120)
