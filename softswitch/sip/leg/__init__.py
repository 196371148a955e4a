"""One side of a call: a dialog and everything that is said within it."""

from softswitch.sip.leg.core import LegOutput, State, reason_of
from softswitch.sip.leg.leg import Leg
from softswitch.sip.leg.offered import OfferedLeg
from softswitch.sip.leg.placed import PlacedLeg
from softswitch.sip.leg.stray import hear_again
from softswitch.sip.leg.within import receive

__all__ = [
    "Leg",
    "LegOutput",
    "OfferedLeg",
    "PlacedLeg",
    "State",
    "hear_again",
    "reason_of",
    "receive",
]
