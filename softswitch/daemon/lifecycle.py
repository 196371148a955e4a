"""A run of the switch, from the command line to its exit code."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from enum import IntEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import uvloop
from rich.console import Console

from media.descriptors import raise_limit
from softswitch.configuration.errors import ConfigurationError
from softswitch.configuration.load import Loaded, load
from softswitch.daemon.addresses import own_addresses
from softswitch.daemon.capacity import shortages, usual_workers
from softswitch.daemon.certificates import certificate_findings
from softswitch.daemon.codecs import missing_codecs
from softswitch.daemon.greeting import called_as, greet
from softswitch.daemon.instance import AlreadyRunning, InstanceLock
from softswitch.daemon.logs import Log, start_logs
from softswitch.daemon.opening import CannotStart
from softswitch.daemon.shell import Options, Shell
from softswitch.transport.errors import CannotListen


class Exit(IntEnum):
    """Exit codes; 2 is wrong usage."""

    OK = 0
    CONFIGURATION = 1
    CANNOT_START = 3


def run(file: Path, options: Options, *, level: str, as_json: bool) -> Exit:
    """Run the switch on the configuration in `file` until it is told to stop."""
    complaints = Console(stderr=True)
    try:
        loaded = load(file, os.environ)
    except ConfigurationError as error:
        complaints.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return Exit.CONFIGURATION
    for finding in (*loaded.warnings, *certificate_findings(loaded.settings.listeners)):
        complaints.print(str(finding), markup=False, highlight=False, soft_wrap=True)
    short = shortages(loaded.settings, options.workers or usual_workers(), raise_limit())
    for words in (*missing_codecs(loaded.configuration), *short):
        complaints.print(f"warning: {words}", markup=False, highlight=False, soft_wrap=True)
    log, writer = start_logs(level, as_json=as_json)
    try:
        os.umask(0o077)  # who calls whom, and what callers say, is for the switch's own user
        with (
            _lock(loaded.settings.state),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(_serve(file, loaded, options, log, level))
    except (AlreadyRunning, CannotListen, CannotStart, OSError) as error:
        complaints.print(f"softswitch: {error}", markup=False, highlight=False, soft_wrap=True)
        return Exit.CANNOT_START
    finally:
        writer.close()
    return Exit.OK


def _lock(state: Path) -> InstanceLock:
    """Make the state directory and take it. Raises CannotStart and AlreadyRunning."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        return InstanceLock(state)
    except OSError as error:
        why = error.strerror or str(error)
        raise CannotStart(f"state: the directory {state} cannot be used: {why}") from error


def program_version() -> str:
    try:
        return version("softswitch")
    except PackageNotFoundError:
        return "0"


async def _serve(file: Path, loaded: Loaded, options: Options, log: Log, level: str) -> None:
    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _asked(stop, hurry))
    loop.add_signal_handler(signal.SIGHUP, lambda: log.warning("reload-needs-a-restart"))
    gc.disable()  # until all is there that stays; most of a start would go into looking at it
    shell = Shell(loaded, own_addresses(), options, log, level, program_version())
    try:
        await shell.start()
        _settle_memory()
        console = Console(file=sys.stdout)
        greet(
            console,
            program_version(),
            file,
            loaded.configuration,
            loaded.settings,
            shell.addresses,
            called_as(sys.argv[0]),
            {one.address: one.failure for one in shell.status().listeners if one.failure},
        )
        sys.stdout.flush()
        await stop.wait()
        await shell.drain(options.drain, hurry)
    finally:
        gc.enable()
        await shell.close()
    log.info("stopped")


def _asked(stop: asyncio.Event, hurry: asyncio.Event) -> Callable[[], None]:
    """Return what a signal does: the first asks to stop, the second to be quick about it."""

    def asked() -> None:
        if stop.is_set():
            hurry.set()
        stop.set()

    return asked


def _settle_memory() -> None:
    """Spare the collector what lives as long as the process, and keep its pauses short: a look at
    5,000 objects takes 5 ms, while they are in the caches, and at 50,000 it took 100."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(5_000, 20, 50)
