"""The command line.

Each sub-command is a module of `softswitch.daemon.commands`, imported when it is asked for:
`check` and `explain` are to answer at once, and need neither sockets, numpy nor a database.
"""

import importlib
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, TypeVar

import typer

app = typer.Typer(
    help="A telephone exchange.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

WRONG = 1
"""Exit code: the configuration cannot be used, or what was asked has failed."""

CANNOT_START = 3

MOST_WORKERS = 64
"""Media workers. Each is a process of some 40 MiB, and more than one per core gains nothing."""

LONGEST = 86_400.0
"""Seconds that can be asked for."""

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The configuration file.")]


class Level(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


class Form(StrEnum):
    TEXT = "text"
    JSON = "json"
    MERMAID = "mermaid"


class StatusForm(StrEnum):
    TEXT = "text"
    JSON = "json"


RunningConfig = Annotated[Path | None, typer.Option("--config", help="The switch's configuration.")]
RunningState = Annotated[Path | None, typer.Option("--state", help="Or its state directory.")]
ListForm = Annotated[StatusForm, typer.Option("--format")]
Found = TypeVar("Found")


def _module(name: str) -> ModuleType:
    # The one place where something is imported late: see above.
    return importlib.import_module(f"softswitch.daemon.{name}")


def _seconds(value: float | None) -> float | None:
    """Take a time as an option; what is no number of a day's seconds is wrong usage."""
    if value is not None and not 0 <= value <= LONGEST:  # not a number is in no range
        raise typer.BadParameter(f"{value} is not within 0 and {LONGEST:.0f} seconds")
    return value


@app.command()
def run(
    config: Config,
    workers: Annotated[
        int,
        typer.Option(min=0, max=MOST_WORKERS, help="Media workers; 0: one per core but one."),
    ] = 0,
    direct: Annotated[
        bool, typer.Option("--direct", help="Let media pass end to end where possible.")
    ] = False,
    drain: Annotated[
        float,
        typer.Option(
            callback=_seconds, help="Seconds that calls may go on after SIGTERM or Ctrl-C."
        ),
    ] = 30.0,
    log_level: Annotated[Level, typer.Option()] = Level.INFO,
    log_format: Annotated[
        LogFormat, typer.Option(help="auto: for people on a terminal, else JSON.")
    ] = LogFormat.AUTO,
) -> None:
    """Run the switch until SIGTERM or Ctrl-C; a second one ends it at once."""
    lifecycle, shell = _module("lifecycle"), _module("shell")
    is_json = log_format is LogFormat.JSON or (
        log_format is LogFormat.AUTO and not sys.stderr.isatty()
    )
    options = shell.Options(workers=workers, direct=direct, drain=drain)
    raise typer.Exit(lifecycle.run(config, options, level=log_level.value, as_json=is_json))


@app.command()
def check(config: Config) -> None:
    """Say what is wrong with a configuration, and what looks wrong."""
    lines, is_usable = _module("commands.check").check(config)
    for line in lines:
        typer.echo(line)
    raise typer.Exit(0 if is_usable else WRONG)


@app.command()
def explain(
    config: Config,
    caller: Annotated[str, typer.Option("--from", help="The extension that calls, or +NUMBER.")],
    number: Annotated[str, typer.Option("--to", help="The number that is dialled.")],
    at: Annotated[str | None, typer.Option(help="ISO 8601, such as 2026-11-23T20:00.")] = None,
    busy: Annotated[list[str] | None, typer.Option(help="An extension in a call.")] = None,
    unregistered: Annotated[list[str] | None, typer.Option(help="One without a phone.")] = None,
    form: Annotated[Form, typer.Option("--format")] = Form.TEXT,
) -> None:
    """Show where a call would go, and why, for everything that can happen to it."""
    command = _module("commands.explain")
    try:
        output, is_usable = command.explain(
            config, caller, number, at, busy or [], unregistered or [], form.value
        )
    except command.Misstated as error:
        raise typer.BadParameter(str(error), param_hint=error.option) from error
    typer.echo(output.rstrip("\n"))
    raise typer.Exit(0 if is_usable else WRONG)


@app.command()
def status(
    config: RunningConfig = None, state: RunningState = None, form: ListForm = StatusForm.TEXT
) -> None:
    """Ask a running switch how it is."""
    command = _module("commands.status")
    found = _ask(config, state, lambda: command.status(config, state))
    if form is StatusForm.JSON:
        typer.echo(command.as_json(found))
    else:
        command.show(found, _module("commands.tables").wide_console())


@app.command()
def bans(
    config: RunningConfig = None, state: RunningState = None, form: ListForm = StatusForm.TEXT
) -> None:
    """List the addresses that a running switch does not answer, because they guess passwords."""
    command = _module("commands.bans")
    found = _ask(config, state, lambda: command.bans(config, state))
    if form is StatusForm.JSON:
        typer.echo(command.as_json(found))
    else:
        command.show(found, _module("commands.tables").wide_console())


@app.command()
def unban(
    address: Annotated[str, typer.Argument(help="As `bans` shows it, or a host for all of it.")],
    config: RunningConfig = None,
    state: RunningState = None,
) -> None:
    """Let a running switch answer an address again. The exit code is 1 when it was not banned."""
    command = _module("commands.bans")
    lifted = _ask(config, state, lambda: command.unban(address, config, state))
    for one in lifted:
        typer.echo(f"{one} is answered again")
    if not lifted:
        typer.echo(f"{address} is not banned", err=True)
        raise typer.Exit(WRONG)


@app.command()
def password(
    extension: Annotated[str, typer.Argument(help="Whose password it is.")],
    config: Annotated[
        Path | None, typer.Option(help="Take realm and algorithms from this configuration.")
    ] = None,
    realm: Annotated[str, typer.Option(help="Without a configuration.")] = "softswitch",
) -> None:
    """Read a password, from the terminal or standard input, and print the hashes that can stand in
    its place in the configuration."""
    command = _module("commands.password")
    try:
        for line in command.lines(extension, config, realm, _read_password):
            typer.echo(line)
    except command.Unusable as error:
        typer.echo(f"softswitch: {error}", err=True)
        raise typer.Exit(WRONG) from error


@app.command()
def call(
    number: Annotated[str, typer.Option("--to", help="The number to dial.")],
    extension: Annotated[str, typer.Option("--as", help="The extension to call as.")],
    server: Annotated[str, typer.Option(help="HOST:PORT of the switch.")] = "",
    password: Annotated[str, typer.Option(help="Of the extension.")] = "",
    config: Annotated[
        Path | None, typer.Option(help="Take server and password from this configuration.")
    ] = None,
    press: Annotated[
        str, typer.Option(help="Keys to press once answered; a comma waits a second.")
    ] = "",
    play: Annotated[Path | None, typer.Option(help="Sound file to say.")] = None,
    record: Annotated[Path | None, typer.Option(help="WAV file for what is heard.")] = None,
    duration: Annotated[
        float | None,
        typer.Option(
            callback=_seconds,
            help="Seconds until hanging up; else when all is played, or after 20.",
        ),
    ] = None,
) -> None:
    """Call a number of a running switch, with a phone on this command line, and say what was heard.

    Ctrl-C and SIGTERM hang up and unregister first, within seconds. The exit code is 0 when the
    call was answered, 1 when it was not, 2 for wrong usage, and 128 and the signal's number.
    """
    command = _module("commands.call")
    options: dict[str, Any] = {
        "extension": extension,
        "number": number,
        "server": server,
        "password": password,
        "config": config,
        "press": press,
        "play": play,
        "record": record,
        "duration": duration,
    }
    try:
        raise typer.Exit(command.call(**options, tell=typer.echo))
    except command.Unusable as error:
        raise typer.BadParameter(str(error)) from error


@app.command()
def schema() -> None:
    """Print the JSON schema of the configuration file, for editors."""
    typer.echo(_module("commands.schema").schema().rstrip("\n"))


def _ask(config: Path | None, state: Path | None, ask: Callable[[], Found]) -> Found:
    """Return what a running switch answers, or exit."""
    if (config is None) == (state is None):
        raise typer.BadParameter("one of --config and --state is needed")
    try:
        return ask()
    except _module("commands.running").Unanswered as error:
        typer.echo(f"softswitch: {error}", err=True)
        raise typer.Exit(CANNOT_START) from error


def _read_password() -> str:
    if sys.stdin.isatty():
        found: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return found
    return sys.stdin.readline().rstrip("\r\n")


def main() -> None:
    app()
