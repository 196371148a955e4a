"""The one place where tests take ports from."""

import os
import socket

_given: set[int] = set()


def free_port(span: int = 2) -> int:
    """Return a port of 127.0.0.1 that is even and free for UDP and TCP, as are those after it,
    `span` in all.

    No port is given twice in a process. It lies below the range from which the kernel takes
    ports by itself, or a socket that nobody bound by hand could take it first.
    """
    for port in range(_first(), 32_000, 2):
        wanted = range(port, port + span)
        if not _given.isdisjoint(wanted):
            continue
        if all(_is_free(kind, p) for kind in _KINDS for p in wanted):
            _given.update(wanted)
            return port
    raise RuntimeError("no free port below 32000")


def rtp_ports() -> tuple[int, int]:
    """Return the first and last port of a range for a switch's media, the same each time in a
    process, and most likely another in another process.

    They are not probed: a media worker leaves out what others have.
    """
    slot = (_worker_number() + os.getpid()) % _RTP_SLOTS
    first = 10_000 + slot * _RTP_SPAN
    return first, first + _RTP_SPAN - 1


_KINDS = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
_WORKERS_SPAN = 1000
_RTP_SPAN = 1200
_RTP_SLOTS = 10
_STRIDE = 37
"""So many pairs are between processes whose numbers follow each other."""


def _first() -> int:
    """Return where this process begins to look: test processes side by side look apart.

    The workers of one run have ranges of their own; two runs at a time differ in the process.
    Below are the ports that benchmarks give to media.
    """
    return (
        23_002
        + _worker_number() * _WORKERS_SPAN
        + 2 * (_STRIDE * os.getpid() % (_WORKERS_SPAN // 2))
    )


def _worker_number() -> int:
    name = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return int(name.removeprefix("gw")) % 8


def _is_free(kind: int, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
