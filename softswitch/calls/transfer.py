"""One transfer on its way: somebody hands on whom he talks with, and is told how it goes."""

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
    ReportTransfer,
)


class Transfer:
    """Open from its acceptance until somebody has answered, or nobody will.

    The transferor may hang up meanwhile or stay on the line. Who stays talks to nobody, and gets
    the caller back if the transfer fails; who has hung up is rung again.

    leg          by which the transfer was asked for, and is reported
    side         the transferor, while he stays
    number       to whom
    referred_by  what the next telephone is told of it, as header text
    """

    __slots__ = ("_solo", "_status", "by", "leg", "number", "referred_by", "side")

    def __init__(self, leg: str, side: Side, number: str, referred_by: str, *, latch: bool) -> None:
        self.leg = leg
        self.side: Side | None = side
        self.by = side.extension
        self.number = number
        self.referred_by = referred_by
        self._solo = Solo(side, latch=latch)
        self._status = 100

    def report(self, status: int, out: list[Output]) -> None:
        """Say how it goes: each status once, and nothing after a final one."""
        if self._status < status and self._status < 200:
            self._status = status
            out.append(ReportTransfer(self.leg, status))

    def stays_at(self, leg: str) -> bool:
        """Whether it is the leg of a transferor who stays."""
        return self.side is not None and self.side.leg == leg

    def take(self, event: SessionEvent, out: list[Output]) -> None:
        """Take a change of the session of the transferor, who talks to nobody."""
        side = self.side
        if side is None:
            return
        match event:
            case Changed(sdp=body) if side.port is not None:
                self._solo.changed(side, body, out)
            case Changed():
                out.append(RefuseChange(side.leg, 491))  # only who it talks with could answer
            case Confirmed(sdp=body):
                self._solo.confirmed(side, body, out)
            case ChangeAnswered(sdp=body):
                self._solo.change_answered(side, body, out)
            case ChangeRefused(status=status):
                self._solo.change_refused(side, status, out)
