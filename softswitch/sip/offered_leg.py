"""The caller's side of a call."""

from softswitch.sip.leg import OfferedLeg

__all__ = ["OfferedLeg"]
