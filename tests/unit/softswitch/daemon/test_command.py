import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from softswitch.daemon.command import CANNOT_START, WRONG, app

MINIMAL = """
employees: {101: {name: Ann, password: long-enough}, 102: {password: long-enough}}
departments: {sales: {number: 600, members: [101, 102]}}
state: state
"""


def softswitch(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def written(folder: Path, text: str = MINIMAL) -> str:
    path = folder / "office.yaml"
    path.write_text(text)
    return str(path)


def test_a_configuration_that_can_be_used_is_said_to_be(tmp_path: Path) -> None:
    result = softswitch("check", written(tmp_path))
    assert result.exit_code == 0
    assert result.output.endswith(
        "can be used: 2 employees, 1 department, 0 numbers, 0 menus, 0 mailboxes\n"
    )


def test_a_prompt_that_is_not_there_is_one_warning_with_its_line(tmp_path: Path) -> None:
    rules = MINIMAL + "voicemail: {sales: {greeting: {play: none.wav}}}\n"
    result = softswitch("check", written(tmp_path, rules))
    [warning] = [line for line in result.output.splitlines() if "none.wav" in line]
    assert "office.yaml:5:13: warning" in warning
    assert "two beeps" in warning


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known_one(tmp_path: Path) -> None:
    result = softswitch("check", written(tmp_path, MINIMAL + "employes: {}\n"))
    assert result.exit_code == WRONG
    assert "office.yaml:5:1: error" in result.output
    assert "employees" in result.output


def test_a_listener_that_cannot_start_makes_a_configuration_wrong(tmp_path: Path) -> None:
    tls = "network: {listen: [tls 127.0.0.1:5061], certificate: none.pem, key: none.key}\n"
    result = softswitch("check", written(tmp_path, MINIMAL + tls))
    assert result.exit_code == WRONG
    [line] = [line for line in result.output.splitlines() if "none.pem" in line]
    assert "office.yaml:5:41: error: network.certificate: " in line
    assert "No such file or directory; tls 127.0.0.1:5061 will not work" in line
    assert "can be used" not in result.output


def test_a_call_is_explained(tmp_path: Path) -> None:
    result = softswitch("explain", written(tmp_path), "--from", "101", "--to", "600")
    assert result.exit_code == 0
    assert "ring department sales" in result.output


def test_a_call_is_explained_for_phones_that_are_busy_or_off(tmp_path: Path) -> None:
    arguments = ("explain", written(tmp_path), "--from", "101", "--to", "102", "--format", "json")
    assert '"Ring"' in softswitch(*arguments).output
    assert '"Ring"' not in softswitch(*arguments, "--unregistered", "102").output


def test_a_time_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    arguments = ("--from", "101", "--to", "600", "--at", "noon")
    assert softswitch("explain", written(tmp_path), *arguments).exit_code == 2


@pytest.mark.parametrize(
    ("option", "extension"),
    [("--from", "999"), ("--from", "+"), ("--busy", "1021"), ("--unregistered", "x")],
)
def test_an_extension_that_nobody_has_is_wrong_usage(
    tmp_path: Path, option: str, extension: str
) -> None:
    arguments = ("--from", "101", "--to", "600", option, extension)
    result = softswitch("explain", written(tmp_path), *arguments)
    assert result.exit_code == 2
    assert extension in result.output
    if extension == "1021":
        assert "102" in result.output.replace("1021", "")


def test_a_call_from_outside_is_explained(tmp_path: Path) -> None:
    arguments = ("--from", "+4930123456", "--to", "600")
    assert softswitch("explain", written(tmp_path), *arguments).exit_code == 0


def test_the_schema_is_printed() -> None:
    assert '"employees"' in softswitch("schema").output


def test_nobody_to_ask_is_said_in_words(tmp_path: Path) -> None:
    result = softswitch("status", "--state", str(tmp_path))
    assert result.exit_code == CANNOT_START
    assert "no switch answers" in result.output


def test_a_call_without_a_server_is_wrong_usage() -> None:
    assert softswitch("call", "--as", "101", "--to", "600").exit_code == 2


def test_check_and_explain_start_without_numpy_sockets_or_a_database() -> None:
    heavy = "{'numpy', 'uvloop', 'sqlalchemy', 'structlog', 'soundfile'}"
    script = (
        "import sys, softswitch.daemon.command as command\n"
        "for name in ('check', 'explain', 'schema'): command._module(f'commands.{name}')\n"
        f"assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "option", [("--workers", "100000"), ("--workers", "-1"), ("--drain", "-5"), ("--drain", "nan")]
)
def test_a_run_with_a_number_out_of_range_is_wrong_usage(
    option: tuple[str, str], tmp_path: Path
) -> None:
    result = softswitch("run", *option, written(tmp_path))
    assert result.exit_code == 2
    assert option[0] in result.output


@pytest.mark.parametrize("seconds", ["nan", "-1", "inf"])
def test_a_call_that_would_never_end_is_wrong_usage(seconds: str) -> None:
    result = softswitch("call", "--as", "101", "--to", "102", "--duration", seconds)
    assert result.exit_code == 2
    assert "--duration" in result.output
