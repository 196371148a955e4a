"""`softswitch status`: what a running switch says about itself."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape

from softswitch.daemon.commands.running import ask_running
from softswitch.daemon.commands.tables import print_table
from softswitch.daemon.commands.words import duration, mebibytes, plain
from softswitch.daemon.control import StatusWanted
from softswitch.daemon.status import Registration, Status, StorageState, Worker

WORKERS = ("worker", "process", "backend", "scheduling", "streams", "free ports", "memory")
REGISTRATIONS = ("extension", "contact", "reached by", "agent", "answers in", "expires in")
CALLS = ("call", "from", "to", "state", "age")
QUALITY = ("call", "leg", "is heard: MOS", "loss", "jitter", "hears: MOS", "loss", "jitter")


def status(file: Path | None, state: Path | None) -> Status:
    """Return what the switch says that runs on `file`, or on the directory `state`.

    Raises Unanswered.
    """
    return ask_running(file, state, StatusWanted(), Status)


def as_json(status: Status) -> str:
    return msgspec.json.format(msgspec.json.encode(status)).decode()


def show(status: Status, console: Console) -> None:
    """Print `status` for people."""
    console.print(
        f"softswitch {status.version}, process {status.process}, up {duration(status.uptime)}, "
        f"{mebibytes(status.memory)}, {len(status.calls)} calls, "
        f"{status.waiting_writes} writes waiting"
    )
    working = [f"{one.address} ({one.backend})" for one in status.listeners if not one.failure]
    console.print(
        f"listens on {', '.join(working) or 'nothing'}; media at {status.media_address}",
        markup=False,
    )
    for listener in status.listeners:
        if listener.failure:
            console.print(
                f"[bold red]failed[/] {escape(listener.address)}: {escape(listener.failure)}"
            )
    if status.overloaded_for is not None:
        console.print(
            f"[bold red]overloaded[/] for {duration(status.overloaded_for)}, late by "
            f"{status.lag * 1000:.0f} ms: new calls are refused"
        )
    for one in status.storage:
        console.print(_storage(one))
    if status.bans:
        console.print(f"banned addresses: {status.bans} (softswitch bans)")
    _show_workers(status.workers, console)
    registrations = [
        (
            *map(plain, (one.extension, one.contact, one.source, one.agent)),
            _answers(one),
            duration(one.expires_in),
        )
        for one in status.registrations
    ]
    print_table(console, REGISTRATIONS, registrations)
    calls = [
        (*map(plain, (one.call, one.caller, one.dialled, one.state)), duration(one.age))
        for one in status.calls
    ]
    print_table(console, CALLS, calls)
    _show_quality(status, console)
    for place, count in sorted(status.faults.items()):
        console.print(f"[bold red]error[/] {escape(place)}: {count}")
    for reason, count in sorted(status.denied.items()):
        console.print(f"denied {escape(reason)}: {count}")
    for slug, count in sorted(status.drops.items()):
        console.print(f"dropped {slug}: {count}")


def _storage(one: StorageState) -> str:
    lost = f"{one.lost} lost" if one.lost else "nothing is lost"
    if one.well_for is None:
        return (
            f"[bold red]not written[/] for {duration(one.failing_for)}: {one.waiting} {one.kind}: "
            f"{plain(one.reason)}; {lost}"
        )
    return (
        f"{one.kind} are written again for {duration(one.well_for)}, and were not for "
        f"{duration(one.failing_for)}: {plain(one.reason)}; {lost}"
    )


def _show_workers(workers: Sequence[Worker], console: Console) -> None:
    rows = []
    for number, one in enumerate(workers):
        how = (one.backend, one.scheduling, one.streams, one.free_ports)
        rows.append((*map(str, (number, one.process, *how)), mebibytes(one.memory)))
    print_table(console, WORKERS, rows)
    for number, one in enumerate(workers):
        for remark in one.remarks:
            console.print(f"worker {number}: {one.backend}; {remark}", markup=False)


def _show_quality(status: Status, console: Console) -> None:
    """Print how well each leg is heard, and by its own reports hears; and what is wrong."""
    legs = [(call.call, leg) for call in status.calls for leg in call.legs]
    if not legs:
        return
    rows = [
        (
            *map(plain, (call, leg.extension)),
            *(_number(leg.mos), _number(leg.loss, " %"), _number(leg.jitter_ms, " ms")),
            *(
                _number(leg.told_mos),
                _number(leg.told_loss, " %"),
                _number(leg.told_jitter_ms, " ms"),
            ),
        )
        for call, leg in legs
    ]
    print_table(console, QUALITY, rows)
    for call, leg in legs:
        if leg.trouble:
            console.print(f"[bold red]call {escape(call)}[/] {escape(leg.trouble)}")


def _number(value: float | None, unit: str = "") -> str:
    return "" if value is None else f"{value:.1f}{unit}"


def _answers(registration: Registration) -> str:
    if not registration.reachable:
        return "[bold red]no answer[/]"
    return "" if registration.round_trip is None else f"{registration.round_trip:g} ms"
