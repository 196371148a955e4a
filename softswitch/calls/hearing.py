"""What a caller hears of the telephones that ring for him, before one answers."""

from media import sdp
from media.control import Bridge as BridgeStreams
from media.control import Unbridge
from softswitch.calls.attendant import Attendant
from softswitch.calls.caller import Caller
from softswitch.calls.facts import Noted
from softswitch.calls.fork import Fork
from softswitch.calls.forking import Forking
from softswitch.calls.holdings import Holdings
from softswitch.calls.manner import Manner
from softswitch.calls.outputs import Output, ToMedia
from softswitch.calls.side import Side
from softswitch.calls.switchboard import Switchboard
from softswitch.routing.plan import Ring
from softswitch.sip.vocabulary import Progressed


class Hearing:
    """One telephone at a time, or ringback while none has anything to be heard."""

    __slots__ = ("_attendant", "_board", "_caller", "_forking", "_heard", "_holdings", "_manner",
                 "ring")  # fmt: skip

    def __init__(
        self,
        ring: Ring,
        caller: Caller,
        attendant: Attendant,
        holdings: Holdings,
        board: Switchboard,
        manner: Manner,
        now: float,
    ) -> None:
        self.ring = ring
        self._manner = manner
        self._caller = caller
        self._attendant = attendant
        self._holdings = holdings
        self._board = board
        self._forking = Forking(ring, now)
        self._heard: Fork | None = None

    def _hear_early_media(
        self, fork: Fork, event: Progressed, now: float, out: list[Output]
    ) -> None:
        caller = self._caller
        if self._manner.direct:
            # Two telephones cannot both describe themselves in one dialog of the caller's.
            if len(self.ring.members) == 1 and len(self._forking.forks) == 1:
                caller.progress(event.sdp, out, may_differ=True)
            return
        if caller.is_waiting and caller.description is None and not caller.offered.can_answer_early:
            return  # the caller wants our offer, which only a reliable response could carry
        try:
            fork.side.take_answer(event.sdp)
        except sdp.SdpError as error:
            self._holdings.log(Noted("unusable-early-media", str(error)), now, out)
            return
        self._forking.brought_media(fork)
        self._choose_heard(out)
        if fork is self._heard:
            self._direct_early(fork.side, out)  # a telephone may describe itself anew

    def _choose_heard(self, out: list[Output]) -> None:
        fork, before = self._forking.choose_heard(), self._heard
        if fork is before:
            return
        self._heard = fork
        if before is not None and before.is_live:
            self._part(out)
        if fork is None or fork.side.agreed is None:
            self._offer_ringback(out)
            return
        caller = self._caller
        self._attendant.stop_playing(out)
        body = caller.describe(fork.side.agreed.codec)
        self._direct_early(fork.side, out)
        if caller.is_waiting:
            self._direct_early(caller.side, out)
        self._join(fork.side, out)
        caller.progress(body, out)

    def _join(self, heard: Side, out: list[Output]) -> None:
        side = self._caller.side
        if side.port is not None:
            out.append(ToMedia(side.port.worker, BridgeStreams(side.stream, heard.stream)))

    def _part(self, out: list[Output]) -> None:
        """Let the caller hear nobody."""
        side = self._caller.side
        if side.port is not None:
            out.append(ToMedia(side.port.worker, Unbridge(side.stream)))

    def _direct_early(self, side: Side, out: list[Output]) -> None:
        command = side.direct(latch=self._board.settings.latch, early=True)
        if command is not None and side.port is not None:
            out.append(ToMedia(side.port.worker, command))

    def _offer_ringback(self, out: list[Output]) -> None:
        """Let a caller who is past 180 hear that somebody is being rung."""
        if self._caller.is_progressed or not self._caller.is_waiting:
            self._attendant.play_ringback(out)
