import io
from pathlib import Path

from rich.console import Console

from softswitch.configuration.load import parse
from softswitch.daemon.addresses import addresses
from softswitch.daemon.greeting import greet

TEXT = """
    employees: {101: {name: Ann, password: very-secret}, 102: {password: very-secret}}
    departments: {sales: {number: 600, members: [101, 102]}}
    network: {listen: [udp 0.0.0.0:5060]}
"""


def test_a_newcomer_reads_how_to_register_what_to_dial_and_what_to_try(tmp_path: Path) -> None:
    loaded = parse(TEXT, tmp_path, {})
    out = io.StringIO()
    found = addresses(loaded.settings, "192.0.2.7")
    greet(
        Console(file=out, width=100),
        "1.0",
        Path("office.yaml"),
        loaded.configuration,
        loaded.settings,
        found,
    )
    said = out.getvalue()
    assert "192.0.2.7:5060" in said
    assert "employees.101.password in office.yaml" in said
    assert "very-secret" not in said
    assert "department sales" in said
    assert "employee 101 (Ann)" in said
    assert "softswitch call --as 101 --to " in said
