"""Who is banned and whether it is overloaded, as an operator sees it."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from softswitch.daemon.control import BanInForce, Unban
from softswitch.daemon.logs import start_logs
from softswitch.daemon.warden import Warden
from softswitch.sip.denied import Denied
from softswitch.sip.flow import Flow
from softswitch.sip.guard import Ban, BanBegan, BanLifted
from softswitch.storage.bans import StoredBans
from softswitch.storage.database import open_database
from softswitch.storage.writer import Writer
from tests.support.office import Office

PEOPLE = "employees: {101: {password: secret-one}}\n"
BAN = Ban("10.0.9.9:5060", 100.0, 160.0, 2, "101")


class Watch:
    """A warden of a switch without phones, on a clock that stands."""

    def __init__(self, folder: Path) -> None:
        self.now = 100.0
        self.office = Office(PEOPLE, folder)
        self._engine = open_database(folder / "state.db")
        self._writer = Writer(lambda slug, detail: None)
        self._stream = io.StringIO()
        log, self._lines = start_logs("info", as_json=True, stream=self._stream)
        self.stored = StoredBans(self._engine, self._writer, 0.0)
        self.warden = Warden(self.office.switch, self.stored, log, lambda: self.now)

    def begin(self, ban: Ban) -> None:
        """Let the switch have a ban, and say so."""
        self.office.switch.endpoint.bans.restore([ban])
        self.warden.banned(BanBegan(ban))

    def drive(self, enter: Callable[[str, float], Iterable[object]], address: str) -> None:
        for effect in enter(address, self.now):
            assert isinstance(effect, BanLifted)
            self.warden.unbanned(effect)

    def kept(self) -> list[Ban]:
        """Write what is waiting, and return what is on the disk."""
        self._writer.start()
        assert self._writer.close() == 0
        return self.stored.restore(self.now)

    def lines(self) -> list[dict[str, Any]]:
        self._lines.close()
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]

    def close(self) -> None:
        self._writer.close()
        self._lines.close()
        self._engine.dispose()


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    watch = Watch(tmp_path)
    yield watch
    watch.close()


def test_a_ban_is_logged_stored_and_shown(watch: Watch) -> None:
    watch.begin(BAN)
    watch.now = 110.0
    assert watch.warden.bans() == [BanInForce("10.0.9.9:5060", 10.0, 50.0, 2, "101")]
    assert watch.kept() == [BAN]
    [line] = watch.lines()
    assert (line["event"], line["address"], line["seconds"]) == ("banned", BAN.address, 60)
    watch.now = 160.0
    assert watch.warden.bans() == []


def test_a_ban_that_is_lifted_is_told_and_kept_no_more(watch: Watch) -> None:
    watch.begin(BAN)
    assert watch.warden.unban(Unban("10.0.9.8"), watch.drive) == []
    [lifted] = watch.warden.unban(Unban("10.0.9.9"), watch.drive)
    assert lifted.address == BAN.address
    assert watch.warden.bans() == []
    assert watch.kept() == []
    assert [line["event"] for line in watch.lines()] == ["banned", "unbanned"]


def test_bans_of_the_last_run_are_taken_up(watch: Watch) -> None:
    watch.stored.put(BanBegan(BAN))
    watch.kept()
    assert watch.warden.restore(watch.now) == 1
    assert [ban.address for ban in watch.warden.bans()] == [BAN.address]


def test_overload_is_told_when_it_begins_and_when_it_ends(watch: Watch) -> None:
    watch.warden.note_lag(0.02, 0.0)
    assert (watch.warden.lag, watch.warden.overloaded_for) == (0.02, None)
    watch.warden.note_lag(5.0, 0.1)
    watch.now = 103.0
    assert (watch.warden.lag, watch.warden.overloaded_for) == (5.0, 3.0)
    for _ in range(12):
        watch.now += 0.1
        watch.warden.note_lag(0.0, 0.0)
    assert watch.warden.overloaded_for is None
    assert [line["event"] for line in watch.lines()] == ["overloaded", "overload-over"]


def test_who_is_turned_away_is_logged_and_counted(watch: Watch) -> None:
    path = Flow("udp", ("10.0.0.1", 5060), ("10.0.9.9", 5060), 0)
    watch.warden.denied(Denied("REGISTER", "101", path, 401, "Wrong Password"))
    watch.warden.denied(Denied("REGISTER", "102", path, 423, "Interval Too Brief"))
    assert watch.warden.denials == {"401 Wrong Password": 1, "423 Interval Too Brief": 1}
    first, second = watch.lines()
    assert {**first, "timestamp": ""} == {
        "event": "denied",
        "level": "warning",
        "timestamp": "",
        "method": "REGISTER",
        "extension": "101",
        "address": "10.0.9.9:5060",
        "transport": "udp",
        "status": 401,
        "reason": "Wrong Password",
        "untold": 0,
    }
    assert (second["extension"], second["status"]) == ("102", 423)


def test_an_attacker_does_not_fill_the_log(watch: Watch) -> None:
    for port in range(10_000):
        path = Flow("udp", ("10.0.0.1", 5060), ("10.0.9.9", port), 0)
        watch.warden.denied(Denied("REGISTER", "101", path, 401, "Wrong Password"))
        watch.warden.banned(BanBegan(Ban(f"10.0.9.{port % 250}:{port}", 1.0, 2.0, 1, "101")))
    watch.now += 60.0
    watch.warden.denied(Denied("REGISTER", "101", path, 401, "Wrong Password"))
    assert watch.warden.denials["401 Wrong Password"] == 10_001
    lines = watch.lines()
    assert len(lines) < 50
    assert lines[-1]["untold"] == 9_995
