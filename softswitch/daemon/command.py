"""The command line.

Each sub-command is a module of `softswitch.daemon.commands`, imported when it is asked for:
`check` and `explain` are to answer at once, and need neither sockets, numpy nor a database.
"""

import importlib
import sys
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer
from rich.console import Console

app = typer.Typer(
    help="A telephone exchange.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

WRONG = 1
"""Exit code: the configuration cannot be used, or what was asked has failed."""

CANNOT_START = 3

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


def _module(name: str) -> ModuleType:
    # The one place where something is imported late: see above.
    return importlib.import_module(f"softswitch.daemon.{name}")


@app.command()
def run(
    config: Config,
    workers: Annotated[int, typer.Option(help="Media workers; 0: one per core but one.")] = 0,
    direct: Annotated[
        bool, typer.Option("--direct", help="Let media pass end to end where possible.")
    ] = False,
    drain: Annotated[
        float, typer.Option(help="Seconds that calls may go on after SIGTERM or Ctrl-C.")
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
    config: Annotated[Path | None, typer.Option(help="The switch's configuration file.")] = None,
    state: Annotated[Path | None, typer.Option(help="Or its state directory.")] = None,
    form: Annotated[StatusForm, typer.Option("--format")] = StatusForm.TEXT,
) -> None:
    """Ask a running switch how it is."""
    if (config is None) == (state is None):
        raise typer.BadParameter("one of --config and --state is needed")
    command = _module("commands.status")
    try:
        found = command.status(config, state)
    except command.Unanswered as error:
        typer.echo(f"softswitch: {error}", err=True)
        raise typer.Exit(CANNOT_START) from error
    if form is StatusForm.JSON:
        typer.echo(command.as_json(found))
    else:
        command.show(found, Console())


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
        typer.Option(help="Seconds until hanging up; else when all is played, or after 20."),
    ] = None,
) -> None:
    """Call a number of a running switch, with a phone on this command line, and say what was heard.

    The exit code is 0 when the call was answered, 1 when it was not, and 2 for wrong usage.
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


def main() -> None:
    app()
