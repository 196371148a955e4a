"""All that one extension is reached by."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from softswitch.sip.binding import Binding
from softswitch.sip.registrar.naming import instance_of
from softswitch.sip.vocabulary import Target

MOST_FLOWS = 4
"""Of one phone; one more takes the place of the one refreshed longest ago."""


class Reach:
    """All bindings of one extension, and when it is looked at next."""

    __slots__ = ("alarm", "bindings")

    def __init__(self) -> None:
        self.bindings: tuple[Binding, ...] = ()
        """The one refreshed longest ago first."""

        self.alarm: float | None = None
        """Never later than the first expiry. A refresh leaves an earlier alarm alone: a phone
        that registers every minute for an hour would fill the queue otherwise."""


def grouped(bindings: Sequence[Binding]) -> list[list[Target]]:
    """Return the phones behind `bindings`, the newest of which comes first.

    Those of one group have the same q. Of the flows of one phone the newest counts, and the others
    are its alternatives (RFC 5626, section 5.3).
    """
    if len(bindings) == 1:
        one = bindings[0]
        return [[Target(one.contact, one.flow, one.path)]]
    phones: dict[str, list[Binding]] = {}
    for binding in bindings:
        phones.setdefault(phone_of(binding), []).append(binding)
    ordered = sorted(phones.values(), key=lambda flows: -flows[0].q)
    return [
        [_target(flows) for flows in group]
        for _, group in groupby(ordered, key=lambda flows: flows[0].q)
    ]


def phone_of(binding: Binding) -> str:
    """Return what tells one phone from another: its instance, where it says so."""
    return instance_of(binding.outbound) or binding.contact


def phones_of(bindings: Iterable[Binding]) -> set[str]:
    return {phone_of(binding) for binding in bindings}


def surplus(bindings: Sequence[Binding], most: int) -> list[Binding]:
    """Return those that are too many where `most` phones may be, the stalest; newest come last."""
    flows: Counter[str] = Counter()
    too_many: list[Binding] = []
    for binding in reversed(bindings):
        phone = phone_of(binding)
        if flows[phone] >= MOST_FLOWS or (phone not in flows and len(flows) >= most):
            too_many.append(binding)
        else:
            flows[phone] += 1
    return too_many[::-1]


def _target(flows: Sequence[Binding]) -> Target:
    first, *others = (Target(flow.contact, flow.flow, flow.path) for flow in flows)
    return Target(first.uri, first.flow, first.route, tuple(others)) if others else first
