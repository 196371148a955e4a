"""The called side of a call."""

from softswitch.sip.leg import PlacedLeg, disown

__all__ = ["PlacedLeg", "disown"]
