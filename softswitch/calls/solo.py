"""A side that talks to nobody: its caller is in an application, or hears others being rung."""

from media import sdp
from media.sdp.negotiate import EVERY_CODEC
from softswitch.calls.ending import warning_of
from softswitch.calls.outputs import Output, ToMedia
from softswitch.calls.side import Side
from softswitch.sip.vocabulary import AcceptChange, RefuseChange


class Solo:
    """Answers changes of the session by itself: nobody else has to agree."""

    __slots__ = ("_early", "_latch", "_side")

    def __init__(self, side: Side, *, latch: bool, early: bool = False) -> None:
        self._side = side
        self._latch = latch
        self._early = early

    @property
    def is_changing(self) -> bool:
        return False

    def begin(self, out: list[Output]) -> None:
        """Let the stream do what was agreed."""
        side = self._side
        command = side.direct(latch=self._latch, early=self._early)
        if command is not None and side.port is not None:
            out.append(ToMedia(side.port.worker, command))

    def changed(self, side: Side, body: bytes, out: list[Output]) -> None:
        if side.is_asked:
            out.append(RefuseChange(side.leg, 491))
            return
        if not body:
            out.append(AcceptChange(side.leg, side.offer(EVERY_CODEC)))
            return
        try:
            answer = side.answer(sdp.parse(body), body)
        except sdp.SdpError as error:
            out.append(RefuseChange(side.leg, 488, warning_of(error)))
            return
        self.begin(out)
        out.append(AcceptChange(side.leg, answer))

    def change_answered(self, side: Side, body: bytes, out: list[Output]) -> None:
        """Hear the answer to an offer that was made while the side still talked to another."""
        self.confirmed(side, body, out)

    def change_refused(self, side: Side, status: int, out: list[Output]) -> None:
        side.withdraw_offer()

    def confirmed(self, side: Side, body: bytes, out: list[Output]) -> None:
        if not (body and side.is_asked):
            return
        try:
            side.take_answer(body)
        except sdp.SdpError:
            side.withdraw_offer()
            return
        side.settle_offer()
        self.begin(out)
