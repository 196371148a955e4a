import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.report import chart, findings, growth, headline_last, json_lines, table
from benchmarks.row import Finding, Row


def row(load: int, cost: float = 100.0, note: str = "") -> Row:
    return Row(
        benchmark="call",
        load=load,
        unit="call",
        cpu_us=cost,
        cpu_us_ref=cost,
        spin_ms=35.0,
        limit_us=25.0,
        failures=1 if note else 0,
        retransmissions=0,
        p50_ms=1.0,
        p99_ms=2.0,
        rss_kib=1000,
        busy=0.5,
        note=note,
    )


def printed(rows: list[Row]) -> str:
    paper = io.StringIO()
    table(rows, Console(file=paper, width=160))
    return paper.getvalue()


def test_the_headline_comes_last() -> None:
    rows = headline_last([row(10), row(100), row(1000)], 100)
    assert [one.load for one in rows] == [10, 1000, 100]


def test_a_headline_that_is_no_result_gives_way_to_the_load_below() -> None:
    rows = headline_last([row(10), row(50), row(100, note="failures")], 100)
    assert rows[-1].load == 50


def test_a_sweep_without_any_result_ends_with_no_result() -> None:
    rows = headline_last([row(10, note="failures")], 100)
    assert not rows[-1].is_result


def test_json_has_an_object_a_line_with_the_agreed_names() -> None:
    first, second = map(json.loads, json_lines([row(10), row(100, 123.456)]).splitlines())
    assert (first["load"], second["load"], second["cpu_us"]) == (10, 100, 123.46)
    agreed = "benchmark load unit cpu_us cpu_us_ref spin_ms limit_us failures retransmissions"
    assert set(first) >= {*agreed.split(), "p50_ms", "p99_ms", "rss_kib"}


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ((100, 100, 100), 1.0),
        ((100, 150, 120), 1.5),
        ((300, 200, 100), 1.0),
        ((200, 100, 180), 1.8),
    ],
)
def test_growth_is_what_a_higher_load_adds(costs: tuple[int, ...], expected: float) -> None:
    rows = [row(10**n, cost) for n, cost in enumerate(costs)]
    assert growth(list(reversed(rows))) == pytest.approx(expected)


def test_a_run_with_failures_is_said_to_be_no_result() -> None:
    shown = printed([row(10), row(100, note="3 failures: refused with 503")])
    assert "load 100 is no result: 3 failures: refused with 503" in shown
    assert "knee: above 10" in shown


def test_a_chart_is_drawn(tmp_path: Path) -> None:
    chart([row(10), row(100)], tmp_path / "call.png")
    assert (tmp_path / "call.png").read_bytes().startswith(b"\x89PNG")


def test_a_finding_is_told_with_its_measure_and_what_is_wrong_with_it() -> None:
    console = Console(record=True, width=120, file=io.StringIO())
    findings(
        [Finding("memory", 1000, "call", "KiB a unit", 12.345, "990 of 1000 were kept")], console
    )
    text = console.export_text()
    assert "memory: 1000 of call: 12.3 KiB a unit, no result: 990 of 1000 were kept" in text
