"""In which order the hosts of a service are tried (RFC 2782)."""

from collections.abc import Callable, Iterable
from itertools import groupby

from softswitch.sip.locate.records import Srv


def in_order(records: Iterable[Srv], draw: Callable[[], float]) -> list[Srv]:
    """Return the records by priority; those of one priority by chance, as their weights are.

    draw  returns a number, 0 <= draw < 1
    """
    ordered: list[Srv] = []
    for _, group in groupby(sorted(records, key=_rank), key=_priority):
        left = list(group)
        while len(left) > 1:
            ordered.append(left.pop(_chosen(left, draw())))
        ordered += left
    return ordered


def _chosen(left: list[Srv], chance: float) -> int:
    """Return which one a draw falls on. Those of weight 0 stand first: only a draw of nothing
    at all finds them while others are left."""
    mark = int(chance * (sum(record.weight for record in left) + 1))
    running = 0
    for at, record in enumerate(left):
        running += record.weight
        if running >= mark:
            return at
    return len(left) - 1


def _rank(record: Srv) -> tuple[int, int]:
    return record.priority, record.weight


def _priority(record: Srv) -> int:
    return record.priority
