"""`softswitch status`: what a running switch says about itself."""

import os
from pathlib import Path

import msgspec
from rich.console import Console
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
        f"{status.calls} calls, {status.waiting_writes} writes waiting"
    )
    console.print(f"listens on {', '.join(status.listeners)}; media at {status.media_address}")
    workers = Table("worker", "process", "streams", "free ports", title_justify="left")
    for number, worker in enumerate(status.workers):
        row = (number, worker.process, worker.streams, worker.free_ports)
        workers.add_row(*map(str, row))
    console.print(workers)
    registrations = Table("extension", "contact", "reached by", "agent", "expires in")
    for one in status.registrations:
        registrations.add_row(
            one.extension, one.contact, one.source, one.agent, _duration(one.expires_in)
        )
    console.print(registrations)
    for slug, count in sorted(status.drops.items()):
        console.print(f"dropped {slug}: {count}")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
