import io
from pathlib import Path

import pytest
from rich.console import Console

from softswitch.configuration.load import parse
from softswitch.daemon.addresses import Own, addresses
from softswitch.daemon.greeting import called_as, greet

TEXT = """
    employees: {101: {name: Ann, password: very-secret}, 102: {password: very-secret}}
    departments: {sales: {number: 600, members: [101, 102]}}
    network: {listen: [udp 0.0.0.0:5060]}
"""


def test_a_newcomer_reads_how_to_register_what_to_dial_and_what_to_try(tmp_path: Path) -> None:
    loaded = parse(TEXT, tmp_path, {})
    out = io.StringIO()
    found = addresses(loaded.settings, Own("192.0.2.7"))
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
    assert "softswitch call --as 101 --to '*43' --duration 5 --config office.yaml" in said


def test_a_listener_that_has_failed_is_not_said_to_listen(tmp_path: Path) -> None:
    loaded = parse(TEXT, tmp_path, {})
    out = io.StringIO()
    greet(
        Console(file=out, width=100),
        "1.0",
        Path("office.yaml"),
        loaded.configuration,
        loaded.settings,
        addresses(loaded.settings, Own("192.0.2.7")),
        failures={"udp 0.0.0.0:5060": "address already in use"},
    )
    assert "does not listen on udp 0.0.0.0:5060: address already in use" in out.getvalue()


def test_a_program_that_the_shell_does_not_find_is_called_by_its_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert called_as(".venv/bin/softswitch") == ".venv/bin/softswitch"
    found = tmp_path / "softswitch"
    found.touch(mode=0o755)
    assert called_as(str(found)) == "softswitch"


def test_an_ipv6_server_is_written_as_phones_want_it(tmp_path: Path) -> None:
    text = TEXT.replace("udp 0.0.0.0:5060", "'udp [::]:5060'")
    loaded = parse(text, tmp_path, {})
    out = io.StringIO()
    greet(
        Console(file=out, width=100),
        "1.0",
        Path("office.yaml"),
        loaded.configuration,
        loaded.settings,
        addresses(loaded.settings, Own("192.0.2.7", "2001:db8::7")),
    )
    assert "listens on udp [::]:5060" in out.getvalue()
    assert "[2001:db8::7]:5060" in out.getvalue()


def test_who_is_named_has_a_password_and_the_place_of_messages_is_told(tmp_path: Path) -> None:
    hashed = "{ha1: {MD5: 0123456789abcdef0123456789abcdef}}"
    loaded = parse(TEXT.replace("{name: Ann, password: very-secret}", hashed), tmp_path, {})
    out = io.StringIO()
    greet(
        Console(file=out, width=60),
        "1.0",
        Path("office.yaml"),
        loaded.configuration,
        loaded.settings,
        addresses(loaded.settings, Own("192.0.2.7")),
    )
    assert "employees.102.password in office.yaml" in out.getvalue()
    assert f"keeps messages and records in {loaded.settings.state}" in out.getvalue()
