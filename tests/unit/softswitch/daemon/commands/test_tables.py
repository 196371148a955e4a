import io

import pytest
from rich.console import Console

from softswitch.daemon.commands.tables import print_table, wide_console

HEADS = ("extension", "contact", "agent", "expires in")
ROWS = [
    ("101", "sip:101@192.168.100.200:50600;transport=tcp", "Yealink SIP-T46U", "0:59:00"),
    ("102", "sip:102@[2001:db8:1:2:3:4:5:6]:50600;ob", "", "0:01:00"),
]


def printed(width: int) -> str:
    stream = io.StringIO()
    print_table(Console(file=stream, width=width), HEADS, ROWS)
    return stream.getvalue()


def test_what_fits_is_a_table() -> None:
    lines = printed(120).splitlines()
    assert [word in lines[1] for word in HEADS] == [True] * 4
    assert [word in lines[3] for word in ROWS[0]] == [True] * 4


@pytest.mark.parametrize("width", [80, 60, 20])
def test_nothing_is_lost_where_it_is_narrow(width: int) -> None:
    text = printed(width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    together = "".join(text.split())
    assert all(value.replace(" ", "") in together for row in ROWS for value in row)


def test_a_row_that_does_not_fit_is_a_paragraph() -> None:
    assert printed(90).splitlines()[-2:] == [
        "extension 102",
        "  contact sip:102@[2001:db8:1:2:3:4:5:6]:50600;ob, expires in 0:01:00" + " " * 21,
    ]


def test_a_program_that_reads_lines_gets_whole_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    stream = io.StringIO()
    print_table(wide_console(stream), HEADS, ROWS)
    assert [
        line for line in stream.getvalue().splitlines() if ROWS[0][1] in line and "0:59" in line
    ]
    monkeypatch.setenv("COLUMNS", "72")
    assert wide_console(stream).width == 72
