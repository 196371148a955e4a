"""All legs of an endpoint, and which message belongs to which."""

from collections.abc import Container

from softswitch.sip.aliases import Aliases
from softswitch.sip.errors import Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.guard import Callers
from softswitch.sip.leg import (
    Leg,
    LegOutput,
    OfferedLeg,
    PlacedLeg,
    State,
    hear_again,
    reason_of,
    receive,
)
from softswitch.sip.leg_index import LegIndex
from softswitch.sip.message import Header, Replaces, Request, Response, validate
from softswitch.sip.methods import INVITE
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import AckArrived, CancelArrived, Discard
from softswitch.sip.vocabulary import Identity, LegCommand, Place, Refused, Target
from softswitch.timerqueue import TimerQueue


class Legs:
    """Files each leg by its name, its tag, the key of its INVITE, and its connection.

    most               legs at a time
    most_of_extension  of these, those that one extension has offered
    """

    __slots__ = (
        "_aliases",
        "_by_flow",
        "_by_key",
        "_by_name",
        "_by_tag",
        "_most",
        "_stack",
        "_timers",
        "callers",
    )

    def __init__(self, stack: Stack, most: int, most_of_extension: int) -> None:
        self._stack = stack
        self._aliases = Aliases(stack.identifiers)
        self._most = most
        self.callers = Callers(most_of_extension)
        self._by_name: dict[str, Leg] = {}
        self._by_tag: dict[str, Leg] = {}
        self._by_key: dict[str, OfferedLeg] = {}  # until the ACK
        self._by_flow = LegIndex()
        self._timers: TimerQueue[str] = TimerQueue()

    @property
    def is_full(self) -> bool:
        return len(self._by_name) >= self._most

    def has_room(self, extension: str) -> bool:
        """Whether `extension` may offer one more."""
        return not self.is_full and self.callers.has_room(extension)

    # How legs begin

    def offer(
        self, invite: Request, identity: Identity, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Begin a leg with an INVITE that nothing speaks against. Raises ParseError and Refusal."""
        replaced = self._replaced_by(invite) if Header.REPLACES in invite.ids else ""
        face = self._stack.listeners.face(flow)
        leg = OfferedLeg(self._stack.identifiers.tag(), invite, flow, key, face, self._stack)
        outputs = leg.begin(identity, flow, now, replaced)
        self._by_key[key] = leg
        self._enter(leg)
        self.callers.enter(leg.name, identity.extension or "")
        return self._after(leg, outputs, now)

    def perform(self, command: LegCommand, now: float) -> list[EndpointOutput]:
        """Carry out what a leg is told."""
        if isinstance(command, Place):
            return self._place(command, now)
        leg = self._by_name.get(command.leg)
        if leg is None:
            return [Discard("command-for-ended-leg")]  # it crossed the leg's last event
        return self._after(leg, leg.perform(command, now), now)

    # Legs that others replace

    def named_by(self, replaces: Replaces) -> str | None:
        """Return the name of the leg in that dialog, unless it is over."""
        leg = self._find(replaces)
        return None if leg is None or leg.has_ended else leg.name

    def dialog_of(self, leg: str) -> Replaces | None:
        """Return how others name the dialog of a leg in Replaces, where it has one."""
        found = self._by_name.get(leg)
        if found is None or found.has_ended or not found.peer_tag:
            return None
        return self._aliases.of(found.local_tag)

    def _find(self, replaces: Replaces) -> Leg | None:
        meant = self._aliases.find(replaces)
        if meant is not None:
            return self._by_tag.get(meant)
        leg = self._by_tag.get(replaces.to_tag)
        if leg is None or leg.call_id != replaces.call_id or not leg.is_with(replaces.from_tag):
            return None
        return leg

    def _replaced_by(self, invite: Request) -> str:
        """Return the leg whose place an INVITE may take (RFC 3891, section 3).

        Raises ParseError and Refusal.
        """
        if invite.count(Header.REPLACES) > 1 or Header.JOIN in invite.ids:
            raise Refusal(400, "More Than One Call To Take Part In")
        replaces = Replaces.parse(invite.first(Header.REPLACES) or "")
        leg = self._find(replaces)
        if leg is None:
            raise Refusal(481, "")
        if leg.has_ended:
            raise Refusal(603, "")
        if leg.state is not State.PROCEEDING and replaces.is_early_only:
            raise Refusal(486, "")
        if leg.state is State.PROCEEDING and not leg.owns_call_id:
            raise Refusal(481, "")  # a call that we have not answered is nobody's to take
        return leg.name

    # What belongs to them

    def is_within(self, request: Request, flow: Flow) -> bool:
        """Whether a request is within the dialog of a leg, and comes by where its peer is.

        Raises ParseError.
        """
        to_tag = request.to().tag or ""
        if not self.owns(request, to_tag):
            return False
        known = self._by_tag[to_tag].flow
        return known is not None and known[:3] == flow[:3]  # by another connection, it may be

    def owns(self, request: Request, to_tag: str) -> bool:
        leg = self._by_tag.get(to_tag)
        return leg is not None and leg.call_id == request.call_id()

    def doubts(self, to_tag: str, flow: Flow) -> str | None:
        leg = self._by_tag[to_tag]
        known = leg.flow
        return None if known is None or known.remote[0] == flow.remote[0] else leg.extension

    def serve(self, request: Request, flow: Flow, key: str, now: float) -> list[EndpointOutput]:
        if request.method == INVITE:
            validate(request)
        leg = self._by_tag[request.to().tag or ""]
        return self._after(leg, receive(leg, request, flow, key, now), now)

    def acknowledge(self, arrived: AckArrived, now: float) -> list[EndpointOutput] | None:
        """Take the ACK to a 2xx; None when that belongs elsewhere. Raises ParseError."""
        ack = arrived.request
        # pyVoIP acknowledges with a To tag of its own invention, but with the INVITE's branch
        leg = self._by_tag.get(ack.to().tag or "") or self._by_key.get(arrived.key)
        if leg is None or leg.call_id != ack.call_id():
            return None
        known, host = leg.flow, arrived.flow.remote[0]
        if not leg.is_with(ack.from_().tag or "") or (known and known.remote[0] != host):
            return [Discard("ack-of-another-peer")]
        return self._after(leg, leg.acknowledge(ack, now), now)

    def cancel(self, arrived: CancelArrived, now: float) -> list[EndpointOutput] | None:
        """Take a CANCEL, which is answered already; None when its INVITE belongs elsewhere."""
        leg = self._by_key.get(arrived.key)
        return (
            None
            if leg is None
            else self._after(leg, leg.cancelled(now, reason_of(arrived.request)), now)
        )

    @property
    def awaited(self) -> tuple[Container[str], ...]:
        return (self._stack.awaited,)

    def hear(self, response: Response, flow: Flow, branch: str, now: float) -> list[EndpointOutput]:
        leg = self._by_tag.get(self._stack.awaited.get(branch, ""))
        if leg is None:
            return [Discard("response-unawaited")]
        return self._after(leg, leg.hear(response, flow, branch, now), now)

    def hear_again(self, response: Response, flow: Flow, now: float) -> list[EndpointOutput]:
        """Take a copy of a 2xx whose ACK was lost, or the 2xx of another fork.

        Raises ParseError.
        """
        leg = self._by_tag.get(response.from_().tag or "")
        return hear_again(leg, response, flow, self._stack, now)

    def failed(self, branch: str, status: int, now: float) -> list[EndpointOutput]:
        leg = self._by_tag.get(self._stack.awaited.get(branch, ""))
        if leg is None:
            return [Discard("failure-unawaited")]
        return self._after(leg, leg.failed(branch, status, now), now)

    def flow_lost(self, flow: Flow, now: float) -> list[EndpointOutput]:
        outputs: list[EndpointOutput] = []
        for tag in self._by_flow.of_flow(flow):
            leg = self._by_tag.get(tag)
            if leg is not None:
                outputs += self._after(leg, leg.lose(now), now)
        return outputs

    # Time

    @property
    def deadline(self) -> float | None:
        return self._timers.earliest

    def expire(self, now: float) -> list[EndpointOutput]:
        outputs: list[EndpointOutput] = []
        for tag in self._timers.pop_due(now):
            leg = self._by_tag.get(tag)
            if leg is not None:
                outputs += self._after(leg, leg.expire(now), now)
        return outputs

    def counts(self) -> dict[str, int]:
        return {
            "legs": len(self._by_name),
            "callers": len(self.callers),
            "dialogs": len(self._by_tag),
            "aliases": len(self._aliases),
            "awaited": len(self._stack.awaited),
            "invitations": len(self._by_key),
            "flows": len(self._by_flow),
            "timers": len(self._timers),
        }

    # Keeping the books

    def _place(self, command: Place, now: float) -> list[EndpointOutput]:
        if command.leg in self._by_name:
            return [Discard("leg-name-in-use")]
        if self.is_full:
            return [Refused(command.leg, 503, "Too Many Calls")]
        identifiers, listeners = self._stack.identifiers, self._stack.listeners
        target = command.target
        face = listeners.face(target.flow) if isinstance(target, Target) else listeners.usual
        leg = PlacedLeg(command, identifiers.call_id(), identifiers.tag(), face, self._stack)
        self._enter(leg)
        return self._after(leg, leg.begin(now), now)

    def _enter(self, leg: Leg) -> None:
        self._by_name[leg.name] = leg
        self._by_tag[leg.local_tag] = leg

    def _after(self, leg: Leg, said: list[LegOutput], now: float) -> list[EndpointOutput]:
        """Pass on what a leg said, and file it anew."""
        tag, state = leg.local_tag, leg.state
        if state is State.TERMINATED:
            self._by_tag.pop(tag, None)
            self._aliases.forget(tag)
            self._timers.file(tag, None)
        else:
            self._timers.file(tag, leg.deadline)
        if state not in (State.PROCEEDING, State.ACCEPTED) and isinstance(leg, OfferedLeg):
            self._by_key.pop(leg.key, None)
        if leg.has_ended and self._by_name.get(leg.name) is leg:
            del self._by_name[leg.name]
            self.callers.leave(leg.name)
        if state is State.TERMINATED or leg.flow != leg.filed_under:
            self._by_flow.file(leg)
        return said
