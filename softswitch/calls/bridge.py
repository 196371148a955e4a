"""Two sides joined through a media worker."""

from msgspec import Struct

from media import sdp
from media.control import Bridge as BridgeStreams
from media.sdp.negotiate import EVERY_CODEC
from softswitch.calls.ending import warning_of
from softswitch.calls.outputs import Output, ToMedia
from softswitch.calls.side import Side
from softswitch.sip.vocabulary import AcceptChange, Change, RefuseChange


class Bridge(Struct, eq=False):
    """Joins two streams and carries changes of a session across.

    A change that only moves a stream, or picks another codec, is answered here: the other side
    does not see our peers' addresses. A change of direction (hold and back) is passed on, and
    answered as the other side answers it.
    """

    _first: Side
    _second: Side
    _latch: bool
    _asking: tuple[Side, bytes, sdp.SessionDescription] | None = None

    @property
    def is_changing(self) -> bool:
        return self._asking is not None

    def begin(self, out: list[Output]) -> None:
        """Let both sides hear each other, as far as their sessions are agreed."""
        first, second = self._first, self._second
        self._direct(second, out)
        self._direct(first, out)
        if first.port is not None:
            out.append(ToMedia(first.port.worker, BridgeStreams(first.stream, second.stream)))

    def changed(self, side: Side, body: bytes, out: list[Output]) -> None:
        other = self._other(side)
        if self._asking is not None or side.is_asked:
            out.append(RefuseChange(side.leg, 491))
            return
        if not body:
            out.append(AcceptChange(side.leg, side.offer(EVERY_CODEC, other.theirs)))
            return
        try:
            offered = sdp.parse(body)
        except sdp.SdpError as error:
            out.append(RefuseChange(side.leg, 488, warning_of(error)))
            return
        if not side.common(offered):
            out.append(RefuseChange(side.leg, 488, warning_of(side.objection(offered))))
        elif sdp.direction_of(offered) is side.theirs:
            self._accept(side, body, offered, out)
        elif other.is_asked:
            out.append(RefuseChange(side.leg, 491))
        else:
            self._asking = (side, body, offered)
            direction = sdp.direction_of(offered)
            out.append(Change(other.leg, other.offer(EVERY_CODEC, direction)))

    def change_answered(self, side: Side, body: bytes, out: list[Output]) -> None:
        asking, self._asking = self._asking, None
        try:
            side.take_answer(body)
        except sdp.SdpError:
            side.withdraw_offer()
            if asking is not None:
                out.append(RefuseChange(asking[0].leg, 488))
            return
        side.settle_offer()
        self._direct(side, out)
        if asking is not None:
            self._accept(*asking, out)
        else:
            self.fit(out)

    def change_refused(self, side: Side, status: int, out: list[Output]) -> None:
        asking, self._asking = self._asking, None
        side.withdraw_offer()
        if asking is not None:
            out.append(RefuseChange(asking[0].leg, status))

    def confirmed(self, side: Side, body: bytes, out: list[Output]) -> None:
        if not (body and side.is_asked):
            self.fit(out)
            return
        before = side.theirs
        try:
            side.take_answer(body)
        except sdp.SdpError:
            side.withdraw_offer()
            return
        side.settle_offer()
        self._direct(side, out)
        other = self._other(side)
        if side.theirs is not before and not other.is_asked:
            out.append(Change(other.leg, other.offer(EVERY_CODEC, side.theirs)))

    def fit(self, out: list[Output]) -> None:
        """Tell a side what the other does, where that is less than it expects: each may have
        agreed on hold before they were joined."""
        first, second = self._first, self._second
        if first.agreed is None or second.agreed is None or first.is_asked or second.is_asked:
            return
        for side, mine, its in (
            (first, first.agreed, second.agreed),
            (second, second.agreed, first.agreed),
        ):
            if (mine.sends and not its.receives) or (mine.receives and not its.sends):
                less = sdp.Direction.of(sends=its.receives, receives=its.sends)
                if side.told is not less:
                    out.append(Change(side.leg, side.offer(EVERY_CODEC, less)))
                return

    def _accept(
        self, side: Side, body: bytes, offered: sdp.SessionDescription, out: list[Output]
    ) -> None:
        other = self._other(side)
        prefer = "" if other.agreed is None else other.agreed.codec
        try:
            answer = side.answer(offered, body, prefer=prefer, direction=other.theirs)
        except sdp.NotAcceptable as error:
            out.append(RefuseChange(side.leg, 488, warning_of(error)))
            return
        self._direct(side, out)
        out.append(AcceptChange(side.leg, answer))

    def _direct(self, side: Side, out: list[Output]) -> None:
        command = side.direct(latch=self._latch)
        if command is not None and side.port is not None:
            out.append(ToMedia(side.port.worker, command))

    def _other(self, side: Side) -> Side:
        return self._second if side is self._first else self._first
