"""The four transactions of RFC 3261, section 17, with RFC 6026."""

from softswitch.sip.flow import Transmit
from softswitch.sip.transaction.layer import TransactionLayer, listening_address
from softswitch.sip.transaction.outputs import (
    AckArrived,
    CancelArrived,
    Discard,
    Failed,
    Output,
    RequestArrived,
    ResponseArrived,
    Sent,
    ServerTimedOut,
    TimedOut,
)
from softswitch.sip.transaction.timers import TimerValues

__all__ = [
    "AckArrived",
    "CancelArrived",
    "Discard",
    "Failed",
    "Output",
    "RequestArrived",
    "ResponseArrived",
    "Sent",
    "ServerTimedOut",
    "TimedOut",
    "TimerValues",
    "TransactionLayer",
    "Transmit",
    "listening_address",
]
