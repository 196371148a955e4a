"""The command line as people and scripts use it: words, files and exit codes."""

import asyncio
import json
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from softswitch.calls.record import Cause
from softswitch.daemon.control import SOCKET
from softswitch.phone.events import CallRefused, Connected, HungUp
from tests.support.audio import (
    frequency,
    level_db,
    longest_gap,
    read_wav,
    sounding,
    tone,
    write_wav,
)
from tests.support.daemon import Daemon, employees, run
from tests.support.socket_phone import SocketPhone

RULES = (
    employees("101", "102")
    + """
numbers:
  "+48 22 123 45 67": menu main
menus:
  main:
    greeting: {play: greeting.wav}
    nothing_pressed: {to: voicemail office}
    dial: none
voicemail:
  office: {greeting: {play: closed.wav}}
"""
)

pytestmark = [pytest.mark.interop, pytest.mark.slow]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("command")
    write_wav(folder / "greeting.wav", tone(700.0, 0.5))
    write_wav(folder / "closed.wav", tone(1300.0, 0.5))
    with Daemon(folder, RULES) as daemon:
        yield daemon


# What needs no switch


def test_check_says_what_can_be_used(tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(employees("101", "102"))
    result = run("check", str(good))
    assert result.returncode == 0, result.stderr
    assert "can be used: 2 employees" in result.stdout


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("employes: {}\n", ":1:1: error", "did you mean 'employees'"),
        ("employees:\n  101: {name: A}\n", ":2:3: error", "'password' is missing"),
        ("employees: [\n", ":2:1: error", "expected"),
        (
            employees("101") + "departments:\n  s: {number: 600, members: [109]}\n",
            ":4:",
            "there is no employee '109'",
        ),
    ],
    ids=["a key", "a missing key", "no YAML", "a name"],
)
def test_check_says_where_it_is_wrong_and_what_was_expected(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(text)
    result = run("check", str(bad))
    assert result.returncode == 1
    assert f"{bad}{place}" in result.stdout
    assert words in result.stdout


def test_a_file_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    for command in ("check", "run"):
        result = run(command, str(tmp_path / "none.yaml"))
        assert result.returncode == 1
        assert "none.yaml: error: cannot be read" in result.stdout + result.stderr
        assert "Traceback" not in result.stderr


def test_explain_tells_the_same_tree_in_three_forms(tmp_path: Path) -> None:
    file = tmp_path / "switch.yaml"
    file.write_text(RULES)
    wanted = ("explain", str(file), "--from", "101", "--to", "102")
    text, mermaid, tree = (run(*wanted, "--format", form) for form in ("text", "mermaid", "json"))
    assert [each.returncode for each in (text, mermaid, tree)] == [0, 0, 0]
    assert "102" in text.stdout
    assert mermaid.stdout.startswith(("flowchart", "graph"))
    assert "102" in json.dumps(json.loads(tree.stdout))
    off = run(*wanted, "--unregistered", "102")
    assert off.stdout != text.stdout


def test_wrong_usage_has_an_exit_code_of_its_own() -> None:
    assert run("explain").returncode == 2
    assert run("status").returncode == 2


# What asks a running switch


def test_status_tells_how_the_switch_is(daemon: Daemon) -> None:
    told = run("status", "--config", str(daemon.config), "--format", "json")
    assert told.returncode == 0, told.stderr
    listeners = json.loads(told.stdout)["listeners"]
    assert [one["address"] for one in listeners] == [f"udp {daemon.server}", f"tcp {daemon.server}"]
    assert [one["failure"] for one in listeners] == ["", ""]
    shown = run("status", "--state", str(daemon.state))
    assert daemon.server in shown.stdout


def test_status_of_nobody_is_said_in_words(tmp_path: Path) -> None:
    result = run("status", "--state", str(tmp_path))
    assert result.returncode == 3
    assert "no switch answers" in result.stderr


def test_the_echo_is_what_was_played(daemon: Daemon, tmp_path: Path) -> None:
    said = write_wav(tmp_path / "said.wav", tone(440.0, 2.0))
    heard = tmp_path / "heard.wav"
    result = run(
        *("call", "--as", "101", "--to", "*43", "--config", str(daemon.config)),
        *("--play", str(said), "--record", str(heard)),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    echo = sounding(read_wav(heard))
    assert len(echo) / 8000 == pytest.approx(2.0, abs=0.03)
    assert frequency(echo) == pytest.approx(440.0, abs=1.0)
    assert level_db(echo) == pytest.approx(-12.0, abs=1.0)
    assert longest_gap(echo) < 0.02


def test_a_call_to_nobody_says_so_and_fails(daemon: Daemon) -> None:
    result = run("call", "--as", "101", "--to", "199", "--config", str(daemon.config))
    assert result.returncode == 1
    assert "no call: 404" in result.stdout


def test_nothing_pressed_for_five_seconds_leads_to_the_default(
    daemon: Daemon, tmp_path: Path
) -> None:
    """In real time: the greeting, five seconds of nothing, and the greeting of the mailbox."""
    heard = tmp_path / "heard.wav"
    began = time.time()
    result = run(
        *("call", "--as", "101", "--to", "+48221234567", "--config", str(daemon.config)),
        *("--record", str(heard), "--duration", "8"),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    [record] = daemon.wait_for_records(1, since=began, dialled="+48221234567")
    at = {step.step: step.at for step in record.steps}
    assert at.keys() >= {"menu", "voicemail"}, record
    assert at["voicemail"] - at["menu"] == pytest.approx(0.5 + 5.0, abs=0.2)
    sound = sounding(read_wav(heard))
    assert frequency(sound[:4000]) == pytest.approx(700.0, abs=5.0)
    assert 4.8 < longest_gap(sound) < 5.3
    after = sound[4000 + round(5.2 * 8000) : 4000 + round(5.4 * 8000)]
    assert frequency(after) == pytest.approx(1300.0, abs=10.0)


# Start and stop


def test_a_port_that_is_taken_ends_the_start(daemon: Daemon, tmp_path: Path) -> None:
    second = Daemon(tmp_path, employees("101"), port=daemon.address[1])
    second.begin()
    assert second.wait() == 3
    assert f"cannot listen on udp {daemon.server}" in second.log()
    assert "Traceback" not in second.log()


async def test_a_listener_that_cannot_work_leaves_the_others_running(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, employees("101"), whole=False)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.bind(daemon.address)
        with daemon:
            failures = {one.address: one.failure for one in daemon.status().listeners}
            async with await SocketPhone("101").open(daemon.address) as phone:
                await phone.register()
                daemon.wait_until_registered("101")
    assert failures == {
        f"udp {daemon.server}": "",
        f"tcp {daemon.server}": "Address already in use",
    }
    assert "listener-failed" in daemon.log()


def test_a_second_switch_on_the_same_state_is_refused(daemon: Daemon, tmp_path: Path) -> None:
    second = Daemon(tmp_path, employees("101"))
    second.config.write_text(
        second.config.read_text().replace("state: state", f"state: {daemon.state}")
    )
    second.begin()
    assert second.wait() == 3
    assert "another switch" in second.log()
    assert daemon.status().listeners


def test_a_state_directory_that_cannot_be_ends_the_start(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, employees("101"))
    daemon.state.write_text("a file where the directory should be")
    daemon.begin()
    assert daemon.wait() == 3
    assert f"state: the directory {daemon.state} cannot be used: File exists" in daemon.log()
    assert "Traceback" not in daemon.log()


@dataclass
class Talk:
    """A call between two phones of a switch of the test's own."""

    daemon: Daemon
    alice: SocketPhone
    bob: SocketPhone
    call: str


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    with Daemon(tmp_path, employees("101", "102")) as daemon:
        async with (
            await SocketPhone("101").open(daemon.address) as alice,
            await SocketPhone("102", answers=0.0).open(daemon.address) as bob,
        ):
            await alice.register()
            await bob.register()
            call = alice.call("102")
            await alice.wait_for(Connected)
            yield Talk(daemon, alice, bob, call)


async def test_a_switch_that_is_asked_to_stop_lets_calls_end(talk: Talk) -> None:
    talk.daemon.signal(signal.SIGTERM)
    await asyncio.to_thread(talk.daemon.wait_until_logged, "draining")
    talk.bob.call("101")
    assert (await talk.bob.wait_for(CallRefused)).status == 503
    talk.alice.hang_up(talk.call)
    await talk.bob.wait_for(HungUp)
    assert await asyncio.to_thread(talk.daemon.wait) == 0
    causes = {record.cause for record in talk.daemon.records()}
    assert Cause.CALLER_HUNG_UP in causes
    assert not (talk.daemon.state / SOCKET).exists()


async def test_a_switch_that_is_asked_twice_ends_calls_at_once(talk: Talk) -> None:
    talk.daemon.signal(signal.SIGTERM)
    await asyncio.to_thread(talk.daemon.wait_until_logged, "draining")
    talk.daemon.signal(signal.SIGTERM)
    await asyncio.gather(talk.alice.wait_for(HungUp), talk.bob.wait_for(HungUp))
    assert await asyncio.to_thread(talk.daemon.wait, 10.0) == 0
    assert [record.cause for record in talk.daemon.records()] == [Cause.STOPPING]
