"""What is remembered of legs that have ended: the ACK to a 2xx that may come again."""

from collections import OrderedDict
from collections.abc import Sequence

from msgspec import Struct

from softswitch.sip.transaction import Sent

_MOST = 4096


class EndedLeg(Struct, frozen=True, gc=False):
    """A dialog that is over for us; its peer may not have heard our ACK."""

    remote_tag: str
    first_invite: int
    """CSeq of the INVITE of ours that began it."""

    number: int
    """CSeq of the INVITE that `ack` is for."""

    ack: Sequence[Sent]
    until: float


class EndedLegs:
    """By local tag, until no copy of a 2xx can come any more; of too many, the oldest goes first.

    lasts  seconds
    """

    __slots__ = ("_lasts", "_legs")

    def __init__(self, lasts: float) -> None:
        self._lasts = lasts
        self._legs: OrderedDict[str, EndedLeg] = OrderedDict()

    def note(
        self,
        local_tag: str,
        remote_tag: str,
        first_invite: int,
        number: int,
        ack: Sequence[Sent],
        now: float,
    ) -> None:
        legs = self._legs
        while legs:  # they are in order, so each is looked at twice at most
            oldest = next(iter(legs))
            if legs[oldest].until > now and len(legs) < _MOST:
                break
            legs.popitem(last=False)
        legs[local_tag] = EndedLeg(remote_tag, first_invite, number, ack, now + self._lasts)

    def find(self, local_tag: str) -> EndedLeg | None:
        return self._legs.get(local_tag)

    def __len__(self) -> int:
        return len(self._legs)
