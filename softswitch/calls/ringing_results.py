"""How a Ring step ends."""

from msgspec import Struct

from softswitch.calls.fork import Fork
from softswitch.calls.side import Side
from softswitch.routing.hunt import Exhausted
from softswitch.routing.plan import RoutePlan


class Won(Struct, frozen=True):
    """A telephone has answered; the others are given up."""

    side: Side


class Elsewhere(Struct, frozen=True):
    """The only telephone has sent the call on: it goes by other rules from now on."""

    plan: RoutePlan
    by: Fork


class PortsGone(Struct, frozen=True, gc=False):
    """No telephone rings, for want of ports."""


Result = Won | Exhausted | Elsewhere | PortsGone
"""How a Ring step ends; None while it goes on."""
