"""A dialog of a placed leg before the answer: a fork whose responses are acknowledged."""

from softswitch.sip.dialog import Dialog, OfferAnswer, RAck, ReceivedOrder
from softswitch.sip.message import Header
from softswitch.sip.methods import PRACK
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import Sent


class EarlyDialog:
    """One fork, with the exchanges of its own.

    with_offer  whether our INVITE had one
    """

    __slots__ = ("dialog", "offers", "order", "rack", "session")

    def __init__(self, dialog: Dialog, *, with_offer: bool) -> None:
        self.dialog = dialog
        self.offers = OfferAnswer()
        self.offers.invite_sent(with_offer=with_offer)
        self.order = ReceivedOrder()
        self.session = b""
        """The answer that it has given for good, or its offer."""

        self.rack: RAck | None = None
        """Of the PRACK that waits for our answer to its offer."""

    def acknowledge(self, rack: RAck, sdp: bytes, stack: Stack, now: float) -> list[Sent]:
        """Send PRACK. Its transaction looks after itself; what is not acknowledged fails there."""
        self.offers.prack_sent()
        self.rack = None
        headers = ((Header.RACK, str(rack)), stack.user_agent)
        request = self.dialog.request(PRACK, headers, sdp)
        return stack.layer.request(request, self.dialog.flow, now)[1]
