"""Whether this machine gives a switch what its configuration promises."""

import os
from collections.abc import Iterator

from media.descriptors import pairs_within
from softswitch.configuration.settings import Settings

STREAMS = 2
"""Of a call: its caller's and its callee's."""

OWN = 64
"""Descriptors that a media worker has open before its first port."""


def usual_workers() -> int:
    """Return how many media workers suit this machine: one per core but one."""
    return max(1, (os.cpu_count() or 1) - 1)


def shortages(settings: Settings, workers: int, descriptors: int) -> Iterator[str]:
    """Yield what there is too little of for `security.calls`, in words.

    descriptors  how many files and sockets one process may open
    """
    wanted = settings.limits.calls * STREAMS
    first, last = settings.rtp
    pairs = max(0, last + 1 - (first + first % 2)) // 2
    if pairs < wanted:
        yield (
            f"the ports {first}-{last} of network.rtp are enough for {pairs // STREAMS} calls "
            f"at a time, and security.calls allows {settings.limits.calls}"
        )
    affordable = pairs_within(descriptors - OWN) * workers
    if affordable < min(wanted, pairs):
        yield (
            f"a process may open {descriptors} files here, which is enough for "
            f"{affordable // STREAMS} calls at a time, and security.calls allows "
            f"{settings.limits.calls}: raise the hard limit (ulimit -Hn, LimitNOFILE=)"
        )
    streams = sum(listener.transport != "udp" for listener in settings.listeners)
    connections = streams * settings.connections.most
    if connections and connections > descriptors - OWN:
        yield (
            f"a process may open {descriptors} files here, and its listeners may have "
            f"{connections} connections: lower security.connections, or raise the hard limit"
        )
