"""`softswitch call`: a phone on the command line, against any switch."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

from media.sounds import Library, SoundError
from softswitch.configuration.errors import ConfigurationError
from softswitch.configuration.load import load
from softswitch.configuration.settings import Settings
from softswitch.daemon.addresses import LOOPBACK, LOOPBACK_6
from softswitch.phone.session import CallOptions, CallOutcome, place_call

SIP_PORT = 5060
KEYS = "0123456789*#ABCD"
HERE = {"0.0.0.0": LOOPBACK, "::": LOOPBACK_6}
SPOKEN = ("udp", "tcp")
"""Transports of this phone, the most wanted first."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
KILLED = 128
"""What a shell adds to the number of the signal that has ended a program."""


class Unusable(Exception):
    """The options do not say enough to make a call."""


def call(
    *,
    extension: str,
    number: str,
    server: str,
    password: str,
    config: Path | None,
    press: str,
    play: Path | None,
    record: Path | None,
    duration: float | None,
    tell: Callable[[str], None],
) -> int:
    """Make a call, tell what happens, and return the exit code: 0 when it was answered, as a shell
    has it (128 and the number) when a signal has ended it.

    Raises Unusable.
    """
    _check(press, play, record)
    transport = "udp"
    if config is not None:
        settings = _settings(config)
        known = settings.passwords.get(extension)
        if extension in settings.hashes and not password:
            raise Unusable(f"{config} has only hashes of {extension}: --password is needed")
        if known is None and not password:
            raise Unusable(f"{config} has no employee {extension}")
        password = password or known or ""
        if not server:
            transport, server = _listener(settings, config)
    if not (server and password):
        raise Unusable("--server and --password are needed, or --config")
    options = CallOptions(
        number=extension,
        password=password,
        to=number,
        server=_address(server),
        transport=transport,
        press=press,
        play=play,
        record=record,
        seconds=duration,
    )
    outcome = asyncio.run(_place(options, tell))
    if isinstance(outcome, signal.Signals):
        if outcome is not signal.SIGHUP:
            tell("hung up")
        return KILLED + outcome
    if outcome.is_answered:
        tell(f"the call lasted {outcome.seconds:.1f} s")
        return 0
    tell(f"no call: {outcome.status} {outcome.reason}")
    return 1


async def _place(options: CallOptions, tell: Callable[[str], None]) -> CallOutcome | signal.Signals:
    """Make the call; a signal ends it properly, and is returned. A second one kills."""
    loop = asyncio.get_running_loop()
    # A shell ignores SIGINT for what it runs in the background, and nohup SIGHUP: so do we.
    heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    stopped: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        stopped.append(number)
        for one in heeded:
            loop.remove_signal_handler(one)
        calling.cancel()

    def say(line: str) -> None:
        if signal.SIGHUP not in stopped:  # there is no terminal any more
            tell(line)

    calling = asyncio.create_task(place_call(options, say))
    for number in heeded:
        loop.add_signal_handler(number, stop, number)
    try:
        return await calling
    except asyncio.CancelledError:
        if not stopped:
            raise
        return stopped[0]


def _check(press: str, play: Path | None, record: Path | None) -> None:
    """Refuse what would only be found out during the call. Raises Unusable."""
    for key in press:
        if key not in f"{KEYS},":
            raise Unusable(f"there is no key {key!r}; expected {KEYS}, and a comma to wait")
    if play is not None:
        try:
            Library().get(str(play))
        except SoundError as error:
            raise Unusable(str(error)) from error
    if record is None:
        return
    if not record.absolute().parent.is_dir():
        raise Unusable(f"there is no folder {record.parent}")
    if record.is_dir() or not os.access(record.absolute().parent, os.W_OK):
        raise Unusable(f"{record} cannot be written")


def _settings(config: Path) -> Settings:
    try:
        return load(config, os.environ).settings
    except ConfigurationError as error:
        raise Unusable(str(error)) from error


def _listener(settings: Settings, config: Path) -> tuple[str, str]:
    """Return transport and address of the switch on this machine, UDP before TCP."""
    spoken = [one for one in settings.listeners if one.transport in SPOKEN]
    listeners = sorted(spoken, key=lambda listener: SPOKEN.index(listener.transport))
    if not listeners:
        raise Unusable(f"{config} has no listener of {' or '.join(SPOKEN)}; --server is needed")
    first = listeners[0]
    host = HERE.get(first.host, first.host)
    return first.transport, f"[{host}]:{first.port}" if ":" in host else f"{host}:{first.port}"


def _address(server: str) -> tuple[str, int]:
    """Take HOST, HOST:PORT or [HOST]:PORT apart. Raises Unusable."""
    host, port = server, str(SIP_PORT)
    if server.startswith("["):
        host, _, rest = server[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif server.count(":") == 1:
        host, port = server.split(":")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise Unusable(f"{server} is not HOST:PORT")
    return host, int(port)
