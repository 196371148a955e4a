"""What a newcomer reads when the switch is up: how to register a phone, what to dial."""

import shlex
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from softswitch.configuration.settings import Settings
from softswitch.daemon.addresses import LOOPBACK, Addresses
from softswitch.routing.model import Configuration
from softswitch.transport.errors import spelt

MOST = 6
"""Numbers shown of a kind."""

ECHO_TEST = ("--duration", "5")
"""How to call one that has nothing to say."""


def greet(
    console: Console,
    version: str,
    file: Path,
    configuration: Configuration,
    settings: Settings,
    addresses: Addresses,
    program: str = "softswitch",
    failures: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Print how to try a switch that runs on `configuration`, read from `file`.

    failures  why a listener does not work, by its address
    program   how this program is called on the reader's command line
    """
    server = _server(settings, addresses)
    console.print(f"[bold]softswitch {version}[/] runs on {file}")
    for listener in settings.listeners:
        address = spelt(listener.transport, (listener.host, listener.port))
        failure = failures.get(address)
        line = f"does not listen on {address}: {failure}" if failure else f"listens on {address}"
        console.print(f"  {line}", markup=False)
    console.print(f"  keeps messages and records in {settings.state}", markup=False, soft_wrap=True)
    console.print()
    everybody = configuration.employees
    example = next((one for one in everybody if one in settings.passwords), None)
    example = example or next(iter(everybody), None)  # of all the hash alone is known
    if example is not None:
        console.print("[bold]Register a phone[/]")
        table = Table.grid(padding=(0, 2))
        table.add_row("  server", escape(server))
        table.add_row("  user", f"{example} (or any other of {len(configuration.employees)})")
        table.add_row("  password", f"employees.{example}.password in {file}")
        console.print(table)
        console.print()
    console.print("[bold]Dial[/]")
    table = Table.grid(padding=(0, 2))
    for number, leads_to in dialable(configuration):
        table.add_row(f"  {number}", leads_to)
    console.print(table)
    target = _to_try(configuration)
    if example is not None and target:
        arguments = ["--as", example, "--to", *target, "--config", str(file)]
        console.print()
        console.print("[bold]Or try it without a phone[/]")
        console.print(f"  {program} call {shlex.join(arguments)}", soft_wrap=True)


def called_as(first_argument: str) -> str:
    """Return what to type to call this program again: its name where the shell finds it, else its
    path as it was given."""
    name = Path(first_argument).name
    if name != "softswitch":  # a module run by the interpreter
        return "softswitch" if shutil.which("softswitch") else "python -m softswitch.daemon"
    return name if shutil.which(name) else first_argument


def dialable(configuration: Configuration) -> Iterable[tuple[str, str]]:
    """Return numbers and where they lead: some of each kind, those first that most people call."""
    shown: dict[str, int] = {}
    order = ("number", "department", "echo", "menu", "voicemail", "employee")
    entries = sorted(
        configuration.directory.items(),
        key=lambda entry: order.index(entry[1].kind) if entry[1].kind in order else len(order),
    )
    for number, destination in entries:
        count = shown[destination.kind] = shown.get(destination.kind, 0) + 1
        if count <= MOST:
            yield number, _words(configuration, str(destination), destination.name)
        elif count == MOST + 1:
            yield "...", f"more of kind {destination.kind}"


def _words(configuration: Configuration, label: str, name: str) -> str:
    employee = configuration.employees.get(name)
    return f"{label} ({employee.name})" if employee is not None and employee.name else label


def _to_try(configuration: Configuration) -> tuple[str, ...]:
    """Return a number that answers by itself, and what else to say of a call there; the echo test
    first, which does so at any time of day."""
    for kind in ("echo", "number", "department"):
        for number, destination in configuration.directory.items():
            if destination.kind == kind:
                return (number, *ECHO_TEST) if kind == "echo" else (number,)
    return ()


def _server(settings: Settings, addresses: Addresses) -> str:
    """Return host and port of the first listener, as a phone wants them."""
    if not settings.listeners:
        return LOOPBACK
    first = settings.listeners[0]
    host = addresses.listeners[0].advertised or first.host
    return f"[{host}]:{first.port}" if ":" in host else f"{host}:{first.port}"
