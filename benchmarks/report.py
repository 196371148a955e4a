"""Rows as a table, as JSON lines and as a chart."""

import json
from collections.abc import Sequence
from pathlib import Path

from matplotlib import use
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from benchmarks.row import Finding, Row

GROWTH_ALLOWED = 1.5
"""Cost per unit may not grow by more than this over a sweep."""

HIDDEN = ("benchmark", "unit", "note")

use("agg")


def table(rows: list[Row], console: Console) -> None:
    shown = Table(title=f"{rows[0].benchmark}: CPU of the whole server per {rows[0].unit}")
    for name in rows[0].as_dict():
        if name not in HIDDEN:
            shown.add_column(name, justify="right")
    for row in rows:
        cells = row.as_dict()
        shown.add_row(*(str(v) for k, v in cells.items() if k not in HIDDEN))
    console.print(shown)
    for row in rows:
        if not row.is_result:
            console.print(f"[red]load {row.load} is no result: {row.note}[/red]", highlight=False)
    results = [row for row in rows if row.is_result]
    if len(results) > 1:
        grows = growth(results)
        verdict = "flat" if grows <= GROWTH_ALLOWED else f"more than {GROWTH_ALLOWED}: it grows"
        console.print(f"cost at a higher load / at a lower one, at worst: {grows:.2f} ({verdict})")
    if results and len(results) < len(rows):
        console.print(f"knee: above {max(row.load for row in results)}")


def findings(found: list[Finding], console: Console) -> None:
    for one in found:
        console.print(
            f"{one.benchmark}: {one.load} of {one.unit}: "
            f"{one.value:.3g} {one.measure}"
            f"{', no result: ' + one.note if one.note else ''}",
            highlight=False,
        )


def growth(rows: list[Row]) -> float:
    """Return by how much the cost rises at worst from one load to a higher one; at least 1.

    That it falls is no fault: at low loads a unit carries more of what an idle switch costs.
    """
    ordered = sorted(rows, key=lambda row: row.load)
    worst, cheapest = 1.0, ordered[0].cpu_us_ref
    for row in ordered:
        cheapest = min(cheapest, row.cpu_us_ref)
        worst = max(worst, row.cpu_us_ref / cheapest)
    return worst


def headline_last(rows: list[Row], headline: int) -> list[Row]:
    """Return `rows` with the one that stands for the benchmark at the end.

    headline  its load; where that is no result, the highest load below it that is one
    """
    results = [row for row in rows if row.is_result and row.load <= headline]
    chosen = max(results or rows, key=lambda row: (row.is_result, row.load))
    return [*(row for row in rows if row is not chosen), chosen]


def json_lines(rows: Sequence[Row | Finding]) -> str:
    """Return an object a line."""
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
    axes.set_xlabel(f"load ({rows[0].unit}s a second)" if rows[0].unit != "packet" else "calls")
    axes.set_ylabel(f"CPU µs per {rows[0].unit}")
    axes.set_title(rows[0].benchmark)
    axes.legend()
    figure.savefig(path, dpi=120)
