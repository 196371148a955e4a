"""Who may offer when (RFC 3261, sections 13 and 14; RFC 3264; the subset of RFC 6337 that
INVITE, its responses and ACK make up)."""

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
    """None: either side may begin an INVITE."""

    THEIR_ANSWER = auto()
    """Our INVITE had the offer."""

    THEIR_OFFER = auto()
    """Our INVITE had none, so the 2xx has it."""

    OUR_ANSWER = auto()
    """Their INVITE had the offer."""

    OUR_OFFER = auto()
    """Their INVITE had none, so our 2xx has it."""

    OUR_ANSWER_IN_ACK = auto()
    THEIR_ANSWER_IN_ACK = auto()


_WE_INVITED = frozenset((Turn.THEIR_ANSWER, Turn.THEIR_OFFER, Turn.OUR_ANSWER_IN_ACK))


class OfferAnswer:
    """The exchanges of one dialog, initial INVITE and re-INVITEs alike.

    Every message of an INVITE transaction passes through it, with whether it has a description.
    """

    __slots__ = ("_is_unacknowledged", "turn")

    def __init__(self) -> None:
        self.turn = Turn.STABLE
        self._is_unacknowledged = False

    @property
    def may_invite(self) -> bool:
        """Whether a re-INVITE of ours may be sent now."""
        return self.turn is Turn.STABLE and not self._is_unacknowledged

    # The INVITE

    def invite_sent(self, *, with_offer: bool) -> None:
        """Raises InvalidState unless `may_invite`."""
        if not self.may_invite:
            raise InvalidState(f"an INVITE while {self.turn.name} is open")
        self.turn = Turn.THEIR_ANSWER if with_offer else Turn.THEIR_OFFER

    def invite_received(self, *, with_offer: bool) -> Refusal | None:
        """Return the refusal of an INVITE that crosses another one (section 14.2).

        491 where it meets ours; 500 where the peer did not wait for our response, which wants
        a Retry-After of 0 to 10 s.
        """
        if self.turn in _WE_INVITED:
            return Refusal(491, "Request Pending")
        if self.turn is not Turn.STABLE:
            return Refusal(500, "Another INVITE Is Open")
        self.turn = Turn.OUR_ANSWER if with_offer else Turn.OUR_OFFER
        return None

    # Its responses

    def provisional_received(self, *, with_sdp: bool) -> Meaning:
        """Unreliable ones promise nothing; an offer in one waits for the 2xx."""
        is_preview = with_sdp and self.turn is Turn.THEIR_ANSWER
        return Meaning.PREVIEW if is_preview else Meaning.NOTHING

    def success_received(self, *, with_sdp: bool) -> Meaning:
        """Take the first 2xx to our INVITE. After OFFER the ACK carries our answer."""
        match self.turn:
            case Turn.THEIR_ANSWER:
                self.turn = Turn.STABLE
                return Meaning.ANSWER if with_sdp else Meaning.NOTHING
            case Turn.THEIR_OFFER:
                self.turn = Turn.OUR_ANSWER_IN_ACK if with_sdp else Turn.STABLE
                return Meaning.OFFER if with_sdp else Meaning.NOTHING
            case _:
                return Meaning.NOTHING

    def success_sent(self) -> Meaning:
        """Return what our 2xx has to carry; raises InvalidState when there is no INVITE."""
        match self.turn:
            case Turn.OUR_ANSWER:
                self.turn = Turn.STABLE
                self._is_unacknowledged = True
                return Meaning.ANSWER
            case Turn.OUR_OFFER:
                self.turn = Turn.THEIR_ANSWER_IN_ACK
                self._is_unacknowledged = True
                return Meaning.OFFER
            case _:
                raise InvalidState(f"a 2xx while {self.turn.name} is open")

    def failed(self) -> None:
        """Take the failure of an INVITE, from either side, or a lost ACK.

        The session stays as it was.
        """
        self.turn = Turn.STABLE
        self._is_unacknowledged = False

    # Its ACK

    def ack_sent(self) -> None:
        if self.turn is Turn.OUR_ANSWER_IN_ACK:
            self.turn = Turn.STABLE

    def ack_received(self, *, with_sdp: bool) -> Meaning:
        """Take the ACK to our 2xx; an answer that was owed and is missing is NOTHING."""
        self._is_unacknowledged = False
        if self.turn is not Turn.THEIR_ANSWER_IN_ACK:
            return Meaning.NOTHING
        self.turn = Turn.STABLE
        return Meaning.ANSWER if with_sdp else Meaning.NOTHING


def glare_pause(*, owns_call_id: bool, draw: float) -> float:
    """Return the seconds to wait after a 491 before the re-INVITE is sent again (section 14.1).

    owns_call_id  whether our side began the dialog
    draw          an injected random number, 0 <= draw < 1

    The two ranges do not overlap, so that the same two do not meet again.
    """
    return 2.1 + round(draw * 1.9, 2) if owns_call_id else round(draw * 2.0, 2)
