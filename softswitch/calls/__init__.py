"""Calls: legs that are joined, and the record of each (B2BUA)."""

from softswitch.calls.exchange import Exchange
from softswitch.calls.outputs import Discard, Output, ToMedia
from softswitch.calls.ports import LeasedPort, Locate, MediaPorts
from softswitch.calls.settings import CallSettings

__all__ = [
    "CallSettings",
    "Discard",
    "Exchange",
    "LeasedPort",
    "Locate",
    "MediaPorts",
    "Output",
    "ToMedia",
]
