import io
import json
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from softswitch.daemon.commands.running import Unanswered
from softswitch.daemon.commands.status import as_json, show, status
from softswitch.daemon.listening import ListenerState
from softswitch.daemon.status import Status, StorageState, Worker
from tests.unit.softswitch.daemon.test_status import STATUS


def shown(found: Status) -> str:
    stream = io.StringIO()
    show(found, Console(file=stream, width=160))
    return stream.getvalue()


def test_people_see_telephones_calls_workers_and_what_went_wrong() -> None:
    text = shown(STATUS)
    for words in (
        "process 1, up 0:00:02, 50 MiB, 1 calls",
        "udp 127.0.0.1:5060",
        "sip:101@x",
        "ring sales",
        "0:00:12",
        "epoll",
        "90 MiB",
        "dropped keep-alive: 3",
        "error KeyError at call.py:7: 1",
    ):
        assert words in text


def test_nothing_of_a_telephone_is_lost_on_a_narrow_terminal() -> None:
    contact = "sip:101@192.168.100.200:50600;transport=tcp;ob"
    registration = msgspec.structs.replace(STATUS.registrations[0], contact=contact)
    stream = io.StringIO()
    show(
        msgspec.structs.replace(STATUS, registrations=(registration,)),
        Console(file=stream, width=80),
    )
    text = stream.getvalue()
    assert "…" not in text
    for words in (contact, "udp 127.0.0.1:5070", "0:01:00"):
        assert words in " ".join(text.split())


def test_people_see_how_workers_work_and_why_no_better() -> None:
    worker = Worker(7, "epoll", 2, 62, 90 << 20, "real time, core 1", ("no io_uring: because",))
    text = shown(msgspec.structs.replace(STATUS, workers=(worker,)))
    assert "real time, core 1" in text
    assert "worker 0: epoll; no io_uring: because\n" in text


def test_people_see_which_listener_has_failed_and_why() -> None:
    failed = ListenerState("tcp [::1]:5060", "", "Address already in use")
    text = shown(msgspec.structs.replace(STATUS, listeners=(*STATUS.listeners, failed)))
    assert "listens on udp 127.0.0.1:5060 (recvfrom); media at" in text
    assert "failed tcp [::1]:5060: Address already in use" in text


def test_people_see_whether_new_calls_are_refused_and_how_many_are_banned() -> None:
    assert "overloaded" not in shown(STATUS)
    assert "banned" not in shown(STATUS)
    late = msgspec.structs.replace(STATUS, overloaded_for=61.0, lag=0.4, bans=2)
    assert "overloaded for 0:01:01, late by 400 ms: new calls are refused" in shown(late)
    assert "banned addresses: 2 (softswitch bans)" in shown(late)


def test_people_see_what_cannot_be_written_and_that_it_is_written_again() -> None:
    assert "written" not in shown(STATUS)
    full = "state.db: No space left on device"
    failing = StorageState("records", full, 61.0, None, 2, 30)
    well = StorageState("messages", full, 61.0, 5.0, 0, 0)
    text = shown(msgspec.structs.replace(STATUS, storage=(failing, well)))
    assert f"not written for 0:01:01: 30 records: {full}; 2 lost" in text
    assert (
        f"messages are written again for 0:00:05, and were not for 0:01:01: {full}; nothing is lost"
        in text
    )


def test_people_see_who_was_turned_away() -> None:
    denied = {"401 Wrong Password": 7, "403 Too Many Contacts": 1}
    text = shown(msgspec.structs.replace(STATUS, denied=denied))
    assert "denied 401 Wrong Password: 7\n" in text
    assert "denied 403 Too Many Contacts: 1\n" in text


def test_programs_get_all_of_it() -> None:
    told = json.loads(as_json(STATUS))
    assert told["calls"][0]["state"] == "ring sales"
    assert told["workers"][0]["backend"] == "epoll"
    assert told["faults"] == {"KeyError at call.py:7": 1}


def test_a_telephone_cannot_write_on_the_terminal() -> None:
    bad = "\x1b[2J[red]x"
    registration = msgspec.structs.replace(STATUS.registrations[0], agent=bad)
    text = shown(msgspec.structs.replace(STATUS, registrations=(registration,)))
    assert "\x1b" not in text
    assert "?[2J[red]x" in text


def test_nobody_to_ask_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unanswered):
        status(None, tmp_path)
    with pytest.raises(Unanswered):
        status(tmp_path / "none.yaml", None)


def test_people_see_which_phones_answer_and_how_soon() -> None:
    [one] = STATUS.registrations
    there = msgspec.structs.replace(one, round_trip=12.5)
    gone = msgspec.structs.replace(one, round_trip=9.0, reachable=False)
    text = shown(msgspec.structs.replace(STATUS, registrations=(there, gone)))
    assert "12.5 ms" in text
    assert "no answer" in text
    assert "9 ms" not in text
