"""What two sides that talk to each other have between them."""

from typing import Protocol

from softswitch.calls.outputs import Output
from softswitch.calls.side import Side


class Link(Protocol):
    """Joins two sides: `bridge.Bridge` through media streams, `passage.Passage` end to end.

    Each method takes an event of one of the two sides and adds what it asks for to `out`.
    """

    @property
    def is_changing(self) -> bool:
        """Whether a change of one side waits for the other."""

    def changed(self, side: Side, body: bytes, out: list[Output]) -> None:
        """Hear a re-INVITE of `side`; an empty body asks us to offer."""

    def change_answered(self, side: Side, body: bytes, out: list[Output]) -> None:
        """Hear that `side` has accepted our re-INVITE."""

    def change_refused(self, side: Side, status: int, out: list[Output]) -> None:
        """Hear that `side` has refused our re-INVITE."""

    def confirmed(self, side: Side, body: bytes, out: list[Output]) -> None:
        """Hear the ACK of `side`, with its answer if the offer was ours."""
