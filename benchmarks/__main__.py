"""`python -m benchmarks NAME`: what a unit of work costs the switch, and what it keeps."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import listen, machines, memory, parse, restore, soak
from benchmarks.measure import BENCHMARKS, Benchmark, measure
from benchmarks.report import chart, findings, headline_last, json_lines, table
from benchmarks.row import Finding, Row
from media.net.choose import AUTOMATIC, CHOICES

SECONDS = 5.0
CROWDED = 0.85
"""Share of a core at which the signalling is so near its end that a sweep goes no further."""


STATES: Mapping[str, Callable[[], list[Finding]]] = {
    "listen": listen.measure,
    "machines": machines.measure,
    "memory": memory.measure,
    "parse": parse.measure,
    "restore": restore.measure,
    "soak": soak.measure,
}
"""What is no cost of a unit of work, and has no sweep."""


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when the last row is a result."""
    options = _options(arguments)
    console = Console(stderr=options.json == "-", width=None if sys.stderr.isatty() else 120)
    try:
        if options.name in STATES:
            found = _found(options)
            findings(found, console)
            return _end(found, options)
        rows = _rows(BENCHMARKS[options.name], options, console)
    except RuntimeError as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        return 1
    table(rows, console)
    if options.png:
        chart(sorted(rows, key=lambda row: row.load), Path(options.png))
    return _end(rows, options)


def _found(options: argparse.Namespace) -> list[Finding]:
    if options.name == "listen":
        return listen.measure(Path(options.png) if options.png else None)
    if options.name == "soak":
        return soak.measure(options.seconds or soak.SECONDS, *options.load or ())
    return STATES[options.name]()


def _end(rows: Sequence[Row | Finding], options: argparse.Namespace) -> int:
    """Write the JSON that is wanted, and return the exit status."""
    if options.json == "-":
        sys.stdout.write(json_lines(rows))
    elif options.json:
        Path(options.json).write_text(json_lines(rows))
    judged = rows if options.name in ("listen", "soak") else rows[-1:]
    is_well = all(row.is_result for row in judged)
    return 0 if is_well else 1


def _rows(benchmark: Benchmark, options: argparse.Namespace, console: Console) -> list[Row]:
    """Return a row for each load, the headline last: of those asked for, the last one."""
    if options.load:
        return [_row(benchmark, load, options, console) for load in options.load]
    rows: list[Row] = []
    for load in benchmark.loads:
        rows.append(_row(benchmark, load, options, console))
        if not rows[-1].is_result or rows[-1].busy > CROWDED:
            break
    return headline_last(rows, benchmark.headline)


def _row(benchmark: Benchmark, load: int, options: argparse.Namespace, console: Console) -> Row:
    row = measure(
        benchmark,
        load,
        options.seconds or SECONDS,
        direct=options.direct,
        backend=options.backend,
    )
    console.print(
        f"{row.benchmark} {row.load}: {row.cpu_us:.0f} µs a {row.unit}"
        f"{', no result: ' + row.note if row.note else ''}",
        style="dim",
        highlight=False,
    )
    return row


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=sorted([*BENCHMARKS, *STATES]))
    parser.add_argument(
        "--load", type=_positive, nargs="+", help="loads to measure; default: a sweep"
    )
    parser.add_argument(
        "--seconds", type=float, help=f"of each load; default: {SECONDS:.0f}; soak: an hour"
    )
    parser.add_argument("--direct", action="store_true", help="call: media end to end")
    parser.add_argument(
        "--backend",
        choices=CHOICES,
        default=AUTOMATIC,
        help="how media workers read and write packets; default: the fastest that works here",
    )
    parser.add_argument("--json", metavar="FILE", default="", help="a JSON line a row; -: stdout")
    parser.add_argument(
        "--png", metavar="FILE", default="", help="draw cost over load; listen: into this folder"
    )
    options = parser.parse_args(arguments)
    if options.direct and options.name != "call":
        parser.error("--direct is of `call` alone")
    return options


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
