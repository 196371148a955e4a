"""Two sides whose session descriptions pass end to end, so that media goes past the switch."""

from msgspec import Struct

from softswitch.calls.outputs import Output
from softswitch.calls.side import Side
from softswitch.sip.vocabulary import AcceptChange, Change, RefuseChange


class Passage(Struct, eq=False):
    """Carries every change of a session across, as it is."""

    _first: Side
    _second: Side
    _asking: Side | None = None
    """Whose re-INVITE waits for the other side's answer."""

    _offering: Side | None = None
    """Who was offered the other side's session, and answers in its ACK."""

    @property
    def is_changing(self) -> bool:
        return self._asking is not None or self._offering is not None

    def changed(self, side: Side, body: bytes, out: list[Output]) -> None:
        if self._asking is not None or self._offering is not None:
            out.append(RefuseChange(side.leg, 491))
            return
        other = self._other(side)
        if not body:
            self._offering = side
            out.append(AcceptChange(side.leg, other.said))
            return
        self._asking = side
        side.sent = body  # kept until the other side has agreed
        out.append(Change(other.leg, body))

    def change_answered(self, side: Side, body: bytes, out: list[Output]) -> None:
        asking, self._asking = self._asking, None
        is_new, side.said = body != side.said, body
        if asking is not None:
            asking.said = asking.sent
            out.append(AcceptChange(asking.leg, body))
        elif is_new and self._offering is None:
            # Asked only whether it is still there, the telephone has described itself anew.
            out.append(Change(self._other(side).leg, body))

    def change_refused(self, side: Side, status: int, out: list[Output]) -> None:
        asking, self._asking = self._asking, None
        if asking is not None:
            out.append(RefuseChange(asking.leg, status))
        elif self._offering is side:
            self._offering = None

    def confirmed(self, side: Side, body: bytes, out: list[Output]) -> None:
        if self._offering is not side:
            return
        self._offering = None
        if body and body != side.said:
            side.said = body
            out.append(Change(self._other(side).leg, body))

    def _other(self, side: Side) -> Side:
        return self._second if side is self._first else self._first
