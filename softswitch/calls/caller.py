"""The side that began the call, until it is answered and after."""

from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

from media import sdp
from media.sdp.negotiate import EVERY_CODEC
from softswitch.calls.facts import CallOffered
from softswitch.calls.outputs import Output
from softswitch.calls.side import Side
from softswitch.routing.model import Employee
from softswitch.sip.vocabulary import Accept, End, Identity, Offered, Party, Progress, Refuse, Ring


class State(Enum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    """200 is sent, its ACK has not come."""

    CONFIRMED = "confirmed"
    GONE = "gone"


class Caller:
    """Answers an offered leg: each of 180, 183 and 200 at most once.

    The first description that it gets is its answer for good (RFC 3264 has no second one), so
    that a caller who has heard early media is bridged with whoever answers in the same terms.

    person  whose telephone it is; None for a stranger
    """

    __slots__ = ("_has_rung", "_theirs", "connected", "description", "is_progressed", "is_waiting",
                 "objection", "offered", "shown", "side", "state")  # fmt: skip

    def __init__(self, offered: Offered, person: Employee | None = None) -> None:
        self.offered = offered
        claims, shown = offered.claims, offered.caller
        if person is not None and person.name and shown.number == person.extension:
            shown = Party(shown.number, person.name)
        self.shown = shown
        """Who the caller is, for the record and for those from whom he does not hide."""

        self.connected: Party | None = None
        """Who is called, or has answered, for the caller's telephone to show."""

        self.side = Side(
            offered.leg,
            offered.identity.extension or "",
            offered.source,
            shown if claims is None or not claims.is_anonymous else None,
            claims,
            offered.sdp,
        )
        if person is not None:
            self.side.codecs = person.codecs
            self.side.dtmf = person.dtmf
            self.side.security = sdp.Security(person.srtp)
        self.objection = ""
        """What the telephone is told, as a Warning, of an offer that cannot be taken."""

        self.state = State.WAITING
        self.is_waiting = True
        """Not answered, and not gone."""

        self.description: sdp.SessionDescription | None = None
        self._theirs: list[str] = []  # codecs in common, as the caller prefers them
        self._has_rung = False
        self.is_progressed = False
        """The caller hears media before the answer."""

    @classmethod
    def handed(cls, side: Side, shown: Party, dialled: str) -> "Caller":
        """Return somebody who was answered already and is called for anew: as if `side` had called
        `dialled` itself."""
        identity = Identity(side.extension or None)
        flow, claims = side.flow, side.claims
        caller = cls(Offered(side.leg, identity, shown, dialled, b"", "", flow, claims=claims))
        caller.side = side
        caller.state, caller.is_waiting = State.CONFIRMED, False
        if side.agreed is not None:
            caller._theirs = [side.agreed.codec]
        return caller

    @property
    def is_hidden(self) -> bool:
        """Whether nobody may be shown who calls."""
        return self.side.claims is not None and self.side.claims.is_anonymous

    def introduction(self) -> CallOffered:
        """Return the first entry of the call's log."""
        offered = self.offered
        host, port = offered.source.remote
        return CallOffered(
            offered.leg,
            self.side.extension,
            self.shown.number,
            self.shown.name,
            offered.dialled,
            offered.call_id,
            f"{host}:{port}",
            offered.user_agent,
            self.is_hidden,
        )

    def read_offer(self) -> None:
        """Parse the offer, if there is one. Raises SdpError, NotAcceptable."""
        if self.description is not None or not self.offered.sdp:
            return
        description = sdp.parse(self.offered.sdp)
        self._theirs = self.side.common(description)
        if not self._theirs:
            raise self.side.objection(description)
        self.description = description

    @property
    def theirs(self) -> Sequence[str]:
        """The codecs that we can speak with the caller, as the caller prefers them."""
        return self._theirs

    def codecs(self) -> tuple[str, ...]:
        """Return our codecs, what the caller can first: so that media can be relayed as it is."""
        return _every_codec_after(tuple(self._theirs))

    def ring(self, out: list[Output]) -> None:
        """Send 180, once, unless there is media to be heard instead."""
        if self.is_waiting and not self._has_rung and not self.is_progressed:
            self._has_rung = True
            out.append(Ring(self.side.leg, self.connected))

    def progress(self, body: bytes, out: list[Output], *, may_differ: bool = False) -> None:
        """Send 183, once.

        may_differ  whoever answers may describe something else
        """
        if self.is_waiting and not self.is_progressed:
            self.is_progressed = True
            leg, connected = self.side.leg, self.connected
            out.append(Progress(leg, body, may_differ=may_differ, connected=connected))

    def accept(self, body: bytes, out: list[Output]) -> None:
        self.state, self.is_waiting = State.ACCEPTED, False
        out.append(Accept(self.side.leg, body, self.connected))

    def leave(self) -> None:
        """Count as gone."""
        self.state, self.is_waiting = State.GONE, False

    def dismiss(self, status: int, said: str, out: list[Output]) -> None:
        """Tell the telephone that the call is over.

        said  value of a Reason header
        """
        leg = self.side.leg
        if self.is_waiting:
            out.append(Refuse(leg, status, "", self.objection if status == 488 else ""))
        else:
            out.append(End(leg, said))

    def describe(self, prefer: str = "") -> bytes:
        """Return what we tell the caller: our answer, or our offer if it made none.

        prefer  the codec of the other side. Raises NotAcceptable.
        """
        if self.side.sent:
            return self.side.sent
        if self.description is None:
            return self.side.offer(EVERY_CODEC)
        return self.side.answer(self.description, self.offered.sdp, prefer=prefer)


@lru_cache(maxsize=64)
def _every_codec_after(first: tuple[str, ...]) -> tuple[str, ...]:
    return (*first, *(codec for codec in EVERY_CODEC if codec not in first))
