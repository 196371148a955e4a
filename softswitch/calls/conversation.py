"""Who talks to whom in a call, and changes of their sessions."""

from msgspec import Struct

from media import sdp
from media.control import Audible, Silence, Unbridge
from media.sdp.negotiate import EVERY_CODEC
from softswitch.calls.bridge import Bridge
from softswitch.calls.caller import Caller
from softswitch.calls.facts import Noted, SessionChanged
from softswitch.calls.holdings import Holdings
from softswitch.calls.link import Link
from softswitch.calls.outputs import Output, ToMedia
from softswitch.calls.passage import Passage
from softswitch.calls.quality import missed, name_of
from softswitch.calls.settings import CallSettings
from softswitch.calls.side import Side
from softswitch.calls.solo import Solo
from softswitch.sip.vocabulary import (
    Change,
    ChangeAnswered,
    Changed,
    ChangeRefused,
    Confirmed,
    Identify,
    Party,
    RefuseChange,
)

SessionEvent = Confirmed | Changed | ChangeAnswered | ChangeRefused


class Conversation(Struct, eq=False):
    """The caller, whoever has answered, and what is between them."""

    caller: Caller
    _holdings: Holdings
    _settings: CallSettings
    callee: Side | None = None
    silent: dict[int, float] = {}
    """Since when nothing has come by a stream."""

    _link: Link | None = None
    """Since the caller was answered."""

    _settled: float = float("-inf")
    """When the direction of the media has changed last: patience begins anew then."""

    @property
    def dead_at(self) -> float | None:
        """When a side will have been silent for too long, unless it is heard before."""
        if not self.silent:
            return None
        return max(min(self.silent.values()), self._settled) + self._patience

    def is_dead(self, now: float) -> bool:
        due = self.dead_at
        return due is not None and due <= now

    @property
    def _patience(self) -> float:
        """Seconds of silence that are too many."""
        sides = (self.caller.side, self.callee)
        if any(side is not None and side.theirs is not sdp.Direction.SENDRECV for side in sides):
            return self._settings.dead_media_on_hold
        return self._settings.dead_media

    def listen(self, event: Silence | Audible, now: float, out: list[Output]) -> None:
        """Take note that nothing comes by a stream, or something again."""
        side = self._holdings.sides[event.stream]
        if isinstance(event, Audible):
            self.silent.pop(event.stream, None)
            if side.trouble:
                side.trouble = ""
                self._holdings.log(Noted("audio-again", f"{name_of(side)} is heard"), now, out)
            return
        self.silent[event.stream] = now - event.seconds
        was_known, side.trouble = bool(side.trouble), missed(side, event)
        if side.trouble and not was_known:
            self._holdings.log(Noted("no-audio", side.trouble), now, out)

    def side_of(self, leg: str) -> Side | None:
        if leg == self.caller.side.leg:
            return self.caller.side
        callee = self.callee
        return callee if callee is not None and leg == callee.leg else None

    def begin_alone(self, out: list[Output]) -> None:
        """Answer the caller, who then talks to an application."""
        body = self.caller.describe()
        solo = Solo(self.caller.side, latch=self._settings.latch)
        self._link = solo
        solo.begin(out)
        self.caller.accept(body, out)

    def join(self, callee: Side, out: list[Output]) -> None:
        """Let the caller talk to `callee`, who has answered; answer the caller if need be."""
        caller = self.caller
        self.callee = callee
        caller.connected = callee.shown
        if callee.port is None:
            self._link = Passage(caller.side, callee)
            caller.accept(callee.said, out)
            return
        bridge = Bridge(caller.side, callee, self._settings.latch)
        self._link = bridge
        body = caller.describe("" if callee.agreed is None else callee.agreed.codec)
        bridge.begin(out)
        if caller.is_waiting:
            caller.accept(body, out)
        else:
            self._take_back(caller.side, out, callee.shown)
            bridge.fit(out)

    # When sides leave and others come

    @property
    def is_settled(self) -> bool:
        """Whether two sides talk, and neither is being asked for anything."""
        if self.callee is None or self._link is None or self._link.is_changing:
            return False
        return not any(
            side.is_asked or (side.port is not None and side.agreed is None)
            for side in (self.caller.side, self.callee)
        )

    def opposite(self, side: Side) -> Side | None:
        """Return who talks with `side`."""
        return self.callee if side is self.caller.side else self.caller.side

    def part(self, out: list[Output]) -> None:
        """Let the caller wait, to whom nobody talks any more."""
        side = self.caller.side
        self.callee = None
        self._link = Solo(side, latch=self._settings.latch)
        if side.port is not None:
            out.append(ToMedia(side.port.worker, Unbridge(side.stream)))
        self._take_back(side, out)

    def rejoin(self, callee: Side, out: list[Output]) -> None:
        """Let the caller talk to `callee`, both of whom were answered before."""
        self.callee = callee
        bridge = Bridge(self.caller.side, callee, self._settings.latch)
        self._link = bridge
        bridge.begin(out)
        self._take_back(self.caller.side, out, callee.shown)
        self._take_back(callee, out, self.caller.side.shown)
        bridge.fit(out)

    def forget(self, side: Side) -> None:
        """Wait no more for what comes by the stream of a side that has left."""
        self.silent.pop(side.stream, None)

    def _take_back(self, side: Side, out: list[Output], connected: Party | None = None) -> None:
        """Tell a telephone of its stream, if it does not know it, or that it is on hold no more;
        and in any case with whom it talks now."""
        if side.is_adrift or (side.is_held and not side.is_asked):
            other = self.opposite(side)
            spoken = () if other is None or other.agreed is None else (other.agreed.codec,)
            body = side.offer(EVERY_CODEC, shared=spoken)
            out.append(Change(side.leg, body, connected))
        elif connected is not None:
            out.append(Identify(side.leg, connected))

    def take(self, event: SessionEvent, now: float, out: list[Output]) -> None:
        """Carry a change of one side to whoever has to know."""
        side, link = self.side_of(event.leg), self._link
        if side is None or link is None:
            if isinstance(event, Changed):
                out.append(RefuseChange(event.leg, 481))
            return
        before = side.theirs
        match event:
            case Confirmed(sdp=body):
                link.confirmed(side, body, out)
            case Changed(sdp=body):
                link.changed(side, body, out)
            case ChangeAnswered(sdp=body):
                link.change_answered(side, body, out)
            case ChangeRefused(status=status):
                link.change_refused(side, status, out)
        if side.theirs is not before:
            self._settled = now
            self._holdings.log(SessionChanged(side.leg, side.theirs), now, out)
