"""Who may offer when (RFC 3261, sections 13 and 14; RFC 3262; RFC 3264; RFC 3311; RFC 6337)."""

from enum import Enum, auto

from softswitch.sip.errors import InvalidState, Refusal


class Meaning(Enum):
    """What the session description in a message is."""

    OFFER = auto()
    ANSWER = auto()
    PREVIEW = auto()
    """Early media: what the answer in the 2xx will probably be."""

    NOTHING = auto()
    """None was there, or none that counts."""


class Turn(Enum):
    """Whose description is awaited, and in which message."""

    STABLE = auto()
    """None: either side may offer."""

    THEIR_ANSWER = auto()
    """Our INVITE had the offer."""

    THEIR_OFFER = auto()
    """Our INVITE had none, so a reliable response has it."""

    OUR_ANSWER = auto()
    """Their INVITE had the offer."""

    OUR_OFFER = auto()
    """Their INVITE had none, so our 2xx, or a reliable response before it, has it."""

    OUR_ANSWER_IN_ACK = auto()
    THEIR_ANSWER_IN_ACK = auto()
    OUR_ANSWER_IN_PRACK = auto()
    THEIR_ANSWER_IN_PRACK = auto()
    THEIR_ANSWER_TO_UPDATE = auto()
    """Our UPDATE had the offer."""

    OUR_ANSWER_TO_UPDATE = auto()
    """Their UPDATE or PRACK had the offer."""


class Invite(Enum):
    """Whose INVITE is open. It stays so when the offer in it is answered early."""

    NONE = auto()
    OURS = auto()
    THEIRS = auto()
    UNACKNOWLEDGED = auto()
    """Theirs, to which we have sent a 2xx."""


_THEY_OWE = (
    Turn.THEIR_ANSWER,
    Turn.THEIR_ANSWER_IN_ACK,
    Turn.THEIR_ANSWER_IN_PRACK,
    Turn.THEIR_ANSWER_TO_UPDATE,
    Turn.THEIR_OFFER,
)
_NOT_NOW = (Invite.OURS, Invite.UNACKNOWLEDGED)
_OF_UPDATE = (Turn.THEIR_ANSWER_TO_UPDATE, Turn.OUR_ANSWER_TO_UPDATE)


class OfferAnswer:
    """The exchanges of one dialog, of all messages that may carry a description.

    Every such message passes through it, with whether it has one. At any time one offer is open
    at most.
    """

    __slots__ = ("invite", "turn")

    def __init__(self) -> None:
        self.turn = Turn.STABLE
        self.invite = Invite.NONE

    @property
    def may_invite(self) -> bool:
        """Whether a re-INVITE of ours may be sent now."""
        return self.turn is Turn.STABLE and self.invite is Invite.NONE

    @property
    def may_update(self) -> bool:
        """Whether an UPDATE of ours may carry an offer now."""
        return self.turn is Turn.STABLE

    # The INVITE

    def invite_sent(self, *, with_offer: bool) -> None:
        """Raises InvalidState unless `may_invite`."""
        if not self.may_invite:
            raise InvalidState(f"an INVITE while {self.turn.name} is open")
        self.invite = Invite.OURS
        self.turn = Turn.THEIR_ANSWER if with_offer else Turn.THEIR_OFFER

    def invite_received(self, *, with_offer: bool) -> Refusal | None:
        """Return the refusal of an INVITE that crosses another one, or an UPDATE (section 14.2).

        491 where it meets ours, or has overtaken an ACK; 500 where the peer did not wait for our
        response, which wants a Retry-After of 0 to 10 s.
        """
        if self.invite in _NOT_NOW or self.turn is Turn.THEIR_ANSWER_TO_UPDATE:
            return Refusal(491, "Request Pending")
        if self.turn is not Turn.STABLE or self.invite is Invite.THEIRS:
            return Refusal(500, "Another Request Is Open")
        self.invite = Invite.THEIRS
        self.turn = Turn.OUR_ANSWER if with_offer else Turn.OUR_OFFER
        return None

    # Its responses

    def provisional_received(self, *, with_sdp: bool, reliable: bool = False) -> Meaning:
        """Unreliable ones promise nothing; an offer in one waits for the 2xx.

        After OFFER the PRACK carries our answer.
        """
        match self.turn:
            case Turn.THEIR_ANSWER if with_sdp and reliable:
                self.turn = Turn.STABLE
                return Meaning.ANSWER
            case Turn.THEIR_ANSWER if with_sdp:
                return Meaning.PREVIEW
            case Turn.THEIR_OFFER if with_sdp and reliable:
                self.turn = Turn.OUR_ANSWER_IN_PRACK
                return Meaning.OFFER
            case _:
                return Meaning.NOTHING

    def reliable_sent(self, *, with_sdp: bool) -> Meaning:
        """Take a reliable provisional response of ours."""
        match self.turn:
            case Turn.OUR_ANSWER if with_sdp:
                self.turn = Turn.STABLE
                return Meaning.ANSWER
            case Turn.OUR_OFFER if with_sdp:
                self.turn = Turn.THEIR_ANSWER_IN_PRACK
                return Meaning.OFFER
            case _:
                return Meaning.NOTHING

    def success_received(self, *, with_sdp: bool) -> Meaning:
        """Take the first 2xx to our INVITE. After OFFER the ACK carries our answer."""
        if self.invite is not Invite.OURS:
            return Meaning.NOTHING
        self.invite = Invite.NONE
        match self.turn:
            case Turn.THEIR_ANSWER:
                self.turn = Turn.STABLE
                return Meaning.ANSWER if with_sdp else Meaning.NOTHING
            case Turn.THEIR_OFFER:
                self.turn = Turn.OUR_ANSWER_IN_ACK if with_sdp else Turn.STABLE
                return Meaning.OFFER if with_sdp else Meaning.NOTHING
            case _:
                return Meaning.NOTHING  # it was answered early, and that is for good

    def success_sent(self) -> Meaning:
        """Return what our 2xx has to carry; raises InvalidState when there is no INVITE."""
        if self.invite is not Invite.THEIRS:
            raise InvalidState(f"a 2xx while {self.turn.name} is open")
        self.invite = Invite.UNACKNOWLEDGED
        match self.turn:
            case Turn.OUR_ANSWER:
                self.turn = Turn.STABLE
                return Meaning.ANSWER
            case Turn.OUR_OFFER:
                self.turn = Turn.THEIR_ANSWER_IN_ACK
                return Meaning.OFFER
            case _:
                return Meaning.NOTHING  # answered early

    def failed(self) -> None:
        """Take the failure of an INVITE, from either side, or a lost ACK.

        The session stays as it was.
        """
        self.invite = Invite.NONE
        if self.turn not in _OF_UPDATE:
            self.turn = Turn.STABLE

    # Its ACK

    def ack_sent(self) -> None:
        if self.turn is Turn.OUR_ANSWER_IN_ACK:
            self.turn = Turn.STABLE

    def ack_received(self, *, with_sdp: bool) -> Meaning:
        """Take the ACK to our 2xx; an answer that was owed and is missing is NOTHING."""
        if self.invite is Invite.UNACKNOWLEDGED:
            self.invite = Invite.NONE
        if self.turn is not Turn.THEIR_ANSWER_IN_ACK:
            return Meaning.NOTHING
        self.turn = Turn.STABLE
        return Meaning.ANSWER if with_sdp else Meaning.NOTHING

    # PRACK

    def prack_sent(self) -> None:
        if self.turn is Turn.OUR_ANSWER_IN_PRACK:
            self.turn = Turn.STABLE

    def prack_received(self, *, with_sdp: bool) -> Meaning | Refusal:
        """Take a PRACK that acknowledges something. After OFFER its 2xx carries our answer.

        A second offer while one is open is refused, as in an UPDATE.
        """
        if self.turn is Turn.THEIR_ANSWER_IN_PRACK:
            self.turn = Turn.STABLE
            return Meaning.ANSWER if with_sdp else Meaning.NOTHING
        if not with_sdp:
            return Meaning.NOTHING
        return self.update_received() or Meaning.OFFER

    # UPDATE

    def update_sent(self) -> None:
        """Send one with an offer. Raises InvalidState unless `may_update`."""
        if not self.may_update:
            raise InvalidState(f"an UPDATE while {self.turn.name} is open")
        self.turn = Turn.THEIR_ANSWER_TO_UPDATE

    def update_received(self) -> Refusal | None:
        """Take one with an offer, or return its refusal (RFC 3311, section 5.2).

        491 where an offer of ours is open; 500 where theirs is, with a Retry-After of 0 to 10 s.
        """
        if self.turn in _THEY_OWE:
            return Refusal(491, "Request Pending")
        if self.turn is not Turn.STABLE:
            return Refusal(500, "Another Offer Is Open")
        self.turn = Turn.OUR_ANSWER_TO_UPDATE
        return None

    def update_settled(self) -> None:
        """Take the final response to an UPDATE with an offer, of whichever side and status."""
        if self.turn in _OF_UPDATE:
            self.turn = Turn.STABLE


def glare_pause(*, owns_call_id: bool, draw: float) -> float:
    """Return the seconds to wait after a 491 before the re-INVITE is sent again (section 14.1).

    owns_call_id  whether our side began the dialog
    draw          an injected random number, 0 <= draw < 1

    The two ranges do not overlap, so that the same two do not meet again.
    """
    return 2.1 + round(draw * 1.9, 2) if owns_call_id else round(draw * 2.0, 2)
