"""Requests that leave for where nobody has registered."""

from softswitch.sip.outbound.departures import Departures, Unreached
from softswitch.sip.outbound.settings import DepartureSettings

__all__ = ["DepartureSettings", "Departures", "Unreached"]
