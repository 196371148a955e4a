"""One side of a call: a dialog and everything that is said within it."""

from softswitch.sip.leg.leg import Leg, LegOutput, State
from softswitch.sip.leg.offered import OfferedLeg
from softswitch.sip.leg.placed import PlacedLeg, disown

__all__ = ["Leg", "LegOutput", "OfferedLeg", "PlacedLeg", "State", "disown"]
