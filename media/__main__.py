"""`python -m media`: an engine to try by hand; `python -m media worker`: one for a switch."""

import argparse
import signal
import socket
import sys
from contextlib import suppress

from media.console import Console
from media.countries import COUNTRIES
from media.net.choose import AUTOMATIC, CHOICES
from media.server import ControlServer
from media.worker import WorkerSettings, run

LONGEST_WAIT = 250
"""Milliseconds; there is room for half a second in a jitter buffer."""


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    first, last = options.ports
    settings = WorkerSettings(
        options.country,
        options.address,
        first,
        last,
        options.quarantine,
        options.backend,
        options.core,
        options.jitter,
    )
    if options.mode == "worker":
        # The terminal's and the service manager's go to all processes: the switch answers them,
        # lets its calls end, and then hangs up on us.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        control = ControlServer(socket.socket(fileno=options.control))
        run(settings, control)
        control.close()
    else:
        console = Console(sys.stdin, sys.stdout)
        with suppress(KeyboardInterrupt):
            run(settings, console)
        console.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m media", description="An RTP engine.")
    parser.add_argument(
        "mode",
        nargs="?",
        choices=("console", "worker"),
        default="console",
        help="console (default): JSON commands on standard input, events on the output",
    )
    parser.add_argument("--address", default="127.0.0.1", help="local address of all ports")
    parser.add_argument(
        "--ports", type=_range, default=(40000, 40099), metavar="FIRST-LAST", help="their range"
    )
    parser.add_argument(
        "--quarantine", type=float, default=2.0, metavar="SECONDS", help="rest between two streams"
    )
    parser.add_argument(
        "--country", choices=COUNTRIES, default="eu", metavar="CODE", help="whose tones are played"
    )
    parser.add_argument(
        "--backend",
        choices=CHOICES,
        default=AUTOMATIC,
        help="how packets are read and written; default: the fastest that works here",
    )
    parser.add_argument(
        "--core", type=int, default=-1, help="to run on, where real-time priority is allowed"
    )
    parser.add_argument(
        "--jitter",
        type=_bounds,
        default=(20, 200),
        metavar="LEAST-MOST",
        help="milliseconds that packets wait for late ones, where they are listened to",
    )
    parser.add_argument(
        "--control", type=int, metavar="DESCRIPTOR", help="a worker's socket to its switch"
    )
    return parser


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first), int(last)


def _bounds(text: str) -> tuple[int, int]:
    least, most = _range(text)
    if not 0 <= least <= most <= LONGEST_WAIT:
        raise argparse.ArgumentTypeError(f"rising, and {LONGEST_WAIT} at most, such as 20-200")
    return least, most


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
