"""`softswitch status`: what a running switch says about itself."""

import os
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from softswitch.configuration.errors import ConfigurationError
from softswitch.configuration.load import load
from softswitch.daemon.status import NotRunning, Status, ask


class Unanswered(Exception):
    """There is nobody to ask, or no way to find out whom."""


def status(file: Path | None, state: Path | None) -> Status:
    """Return what the switch says that runs on `file`, or on the directory `state`.

    Raises Unanswered.
    """
    try:
        directory = state or load(file or Path(), os.environ).settings.state
        return ask(directory)
    except (ConfigurationError, NotRunning) as error:
        raise Unanswered(str(error)) from error


def as_json(status: Status) -> str:
    return msgspec.json.format(msgspec.json.encode(status)).decode()


def show(status: Status, console: Console) -> None:
    """Print `status` for people."""
    console.print(
        f"softswitch {status.version}, process {status.process}, up {_duration(status.uptime)}, "
        f"{_mebibytes(status.memory)}, {len(status.calls)} calls, "
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
    workers = Table("worker", "process", "backend", "streams", "free ports", "memory")
    for number, worker in enumerate(status.workers):
        row = (number, worker.process, worker.backend, worker.streams, worker.free_ports)
        workers.add_row(*map(str, row), _mebibytes(worker.memory))
    console.print(workers)
    registrations = Table("extension", "contact", "reached by", "agent", "expires in")
    for one in status.registrations:
        registrations.add_row(
            *map(_plain, (one.extension, one.contact, one.source, one.agent)),
            _duration(one.expires_in),
        )
    console.print(registrations)
    calls = Table("call", "from", "to", "state", "age")
    for call in status.calls:
        words = (call.call, call.caller, call.dialled, call.state)
        calls.add_row(*map(_plain, words), _duration(call.age))
    console.print(calls)
    for place, count in sorted(status.faults.items()):
        console.print(f"[bold red]error[/] {escape(place)}: {count}")
    for slug, count in sorted(status.drops.items()):
        console.print(f"dropped {slug}: {count}")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def _plain(text: str) -> str:
    """Return what a telephone has said as it is safe to print: it is neither markup nor a way to
    steer the terminal."""
    return escape("".join(c if c.isprintable() else "?" for c in text))


def _mebibytes(count: int) -> str:
    return f"{count / 2**20:.0f} MiB"
