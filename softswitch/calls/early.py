"""Changes of a session before the call is answered."""

from softswitch.calls.conversation import SessionEvent
from softswitch.calls.outputs import Output
from softswitch.calls.side import Side
from softswitch.calls.solo import Solo
from softswitch.sip.vocabulary import (
    ChangeAnswered,
    Changed,
    ChangeRefused,
    Confirmed,
    RefuseChange,
)


def change_early(event: SessionEvent, side: Side, out: list[Output], *, latch: bool) -> None:
    """Take a change of a side that is not answered, and talks to nobody."""
    early = Solo(side, latch=latch, early=True)
    match event:
        case Confirmed(sdp=body):
            early.confirmed(side, body, out)
        case ChangeAnswered(sdp=body):
            early.change_answered(side, body, out)
        case ChangeRefused(status=status):
            early.change_refused(side, status, out)
        case Changed(sdp=body) if side.agreed is not None and side.port is not None:
            side.settle_offer()  # answered for good, or there could be no other
            early.changed(side, body, out)
        case Changed():
            # Two telephones that describe themselves to each other have to be answered first.
            out.append(RefuseChange(side.leg, 488, "399 Not before the answer"))
