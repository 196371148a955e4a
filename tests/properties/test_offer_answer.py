"""Two peers that offer at any moment, over a pipe that delays, loses and reorders: at no moment are
two offers accepted, and in the end both have agreed on the same."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from softswitch.sip.dialog import Invite, Meaning, OfferAnswer, Turn
from softswitch.sip.errors import Refusal

OFFERED = frozenset(
    (
        Turn.OUR_ANSWER,
        Turn.OUR_ANSWER_IN_ACK,
        Turn.OUR_ANSWER_IN_PRACK,
        Turn.OUR_ANSWER_TO_UPDATE,
    )
)
"""Whoever is in one of these has accepted to answer an offer."""


@dataclass
class Message:
    kind: str
    number: int
    """Of the transaction."""

    offer: int = 0
    """Number of the offer in it, or of the offer that is answered; 0 for no description."""


@dataclass
class Peer:
    """A user agent that keeps to what its machine says."""

    offers: OfferAnswer = field(default_factory=OfferAnswer)
    agreed: int = 0
    inbox: list[Message] = field(default_factory=list)
    open: int = 0
    """The offer that we have made and that is not answered."""

    theirs: int = 0
    """The offer that we have to answer."""

    invite: int = 0
    """Transaction of the peer's INVITE that we have to respond to."""

    update: int = 0
    """The same of an UPDATE or a PRACK with an offer."""

    reliable: int = 0
    """INVITE of our reliable response that waits for its PRACK."""

    sent_sdp: bool = False


SIDES = st.integers(0, 1)
COUNTS = st.integers(0, 20)


class Dialogue(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.peers = (Peer(), Peer())
        self.numbers = 0

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def say(self, side: int, kind: str, number: int, offer: int = 0) -> None:
        self.peers[1 - side].inbox.append(Message(kind, number, offer))

    # What they want

    @rule(side=SIDES, with_offer=st.booleans())
    def invite(self, side: int, with_offer: bool) -> None:
        peer = self.peers[side]
        if peer.offers.may_invite:
            peer.offers.invite_sent(with_offer=with_offer)
            peer.open = self.number() if with_offer else 0
            self.say(side, "INVITE", self.number(), peer.open)

    @rule(side=SIDES)
    def update(self, side: int) -> None:
        peer = self.peers[side]
        if peer.offers.may_update:
            peer.offers.update_sent()
            peer.open = self.number()
            self.say(side, "UPDATE", self.number(), peer.open)

    @rule(side=SIDES)
    def respond_early(self, side: int) -> None:
        peer = self.peers[side]
        if not peer.invite or peer.reliable:
            return
        offer = 0
        match peer.offers.reliable_sent(with_sdp=True):
            case Meaning.ANSWER:
                offer = peer.agreed = peer.theirs
            case Meaning.OFFER:
                offer = peer.open = self.number()
        peer.reliable, peer.sent_sdp = peer.invite, bool(offer)
        self.say(side, "183", peer.invite, offer)

    @rule(side=SIDES)
    def accept(self, side: int) -> None:
        peer = self.peers[side]
        if not peer.invite or (peer.reliable and peer.sent_sdp) or peer.update:
            return
        number, peer.invite, offer = peer.invite, 0, 0
        match peer.offers.success_sent():
            case Meaning.ANSWER:
                offer = peer.agreed = peer.theirs
            case Meaning.OFFER:
                offer = peer.open = self.number()
        self.say(side, "200 INVITE", number, offer)

    @rule(side=SIDES)
    def refuse(self, side: int) -> None:
        peer = self.peers[side]
        if peer.invite and not (peer.reliable and peer.sent_sdp) and not peer.update:
            peer.offers.failed()
            self.say(side, "488 INVITE", peer.invite)
            peer.invite = peer.reliable = 0

    @rule(side=SIDES, accepts=st.booleans())
    def answer_update(self, side: int, accepts: bool) -> None:
        peer = self.peers[side]
        if not peer.update:
            return
        number, peer.update = peer.update, 0
        peer.offers.update_settled()
        if accepts:
            peer.agreed = peer.theirs
            self.say(side, "200 UPDATE", number, peer.agreed)
        else:
            self.say(side, "488 UPDATE", number)

    # What arrives: any message may overtake any other

    @precondition(lambda self: any(peer.inbox for peer in self.peers))
    @rule(side=SIDES, place=COUNTS)
    def deliver(self, side: int, place: int) -> None:
        peer = self.peers[side]
        if not peer.inbox:
            return
        message = peer.inbox.pop(place % len(peer.inbox))
        take = {
            "INVITE": self.invited,
            "183": self.progressed,
            "200 INVITE": self.succeeded,
            "488 INVITE": self.refused,
            "ACK": self.acknowledged,
            "PRACK": self.pracked,
            "UPDATE": self.updated,
            "200 UPDATE": self.settled,
            "488 UPDATE": self.settled,
        }[message.kind]
        take(side, message)

    def refused(self, side: int, message: Message) -> None:
        self.peers[side].offers.failed()

    def acknowledged(self, side: int, message: Message) -> None:
        peer = self.peers[side]
        if peer.offers.ack_received(with_sdp=bool(message.offer)) is Meaning.ANSWER:
            peer.agreed = message.offer

    def pracked(self, side: int, message: Message) -> None:
        peer = self.peers[side]
        peer.reliable = 0
        if peer.offers.prack_received(with_sdp=bool(message.offer)) is Meaning.ANSWER:
            peer.agreed = message.offer

    def settled(self, side: int, message: Message) -> None:
        peer = self.peers[side]
        peer.offers.update_settled()
        peer.agreed = message.offer or peer.agreed

    def invited(self, side: int, message: Message) -> None:
        peer = self.peers[side]
        refusal = peer.offers.invite_received(with_offer=bool(message.offer))
        if refusal is not None:
            self.say(side, "488 INVITE", message.number)
        else:
            peer.invite, peer.theirs = message.number, message.offer
            peer.reliable = 0

    def progressed(self, side: int, message: Message) -> None:
        peer = self.peers[side]
        if peer.offers.invite is not Invite.OURS:
            return  # its INVITE is over: it has no transaction any more
        answer = 0
        match peer.offers.provisional_received(with_sdp=bool(message.offer), reliable=True):
            case Meaning.ANSWER:
                peer.agreed = message.offer
            case Meaning.OFFER:
                answer = peer.agreed = message.offer
        peer.offers.prack_sent()
        self.say(side, "PRACK", message.number, answer)

    def succeeded(self, side: int, message: Message) -> None:
        peer = self.peers[side]
        answer = 0
        match peer.offers.success_received(with_sdp=bool(message.offer)):
            case Meaning.ANSWER:
                peer.agreed = message.offer
            case Meaning.OFFER:
                answer = peer.agreed = message.offer
        peer.offers.ack_sent()
        self.say(side, "ACK", message.number, answer)

    def updated(self, side: int, message: Message) -> None:
        peer = self.peers[side]
        refusal = peer.offers.update_received()
        if isinstance(refusal, Refusal):
            self.say(side, "488 UPDATE", message.number)
        else:
            peer.update, peer.theirs = message.number, message.offer

    # What must be so

    @invariant()
    def never_are_two_offers_accepted(self) -> None:
        assert not all(peer.offers.turn in OFFERED for peer in self.peers)

    def teardown(self) -> None:
        for _ in range(200):
            for side in (0, 1):
                while self.peers[side].inbox:
                    self.deliver(side, 0)
                self.answer_update(side, True)
                self.accept(side)
        for peer in self.peers:
            assert peer.offers.turn is Turn.STABLE, peer
            assert peer.offers.invite is Invite.NONE, peer
        assert self.peers[0].agreed == self.peers[1].agreed


Dialogue.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
TestDialogue = Dialogue.TestCase
