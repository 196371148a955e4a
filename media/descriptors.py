"""How many files and sockets this process may have open at once."""

import os
import resource
from typing import Final

RESERVE: Final = 64
"""Descriptors that are kept for files: prompts, recordings, libraries."""

A_PAIR: Final = 2
"""Descriptors of a leased port: RTP and RTCP."""


def raise_limit() -> int:
    """Allow this process all that it may have, and return that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def affordable_pairs() -> int:
    """Return how many pairs of ports this process can have beside what it has open, so that RESERVE
    is left."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_open = len(os.listdir("/proc/self/fd"))
    return pairs_within(soft - is_open)


def pairs_within(descriptors: int) -> int:
    """Return how many pairs of ports fit into so many descriptors, less the RESERVE."""
    return max(0, (descriptors - RESERVE) // A_PAIR)
