"""Two telephones, and the one call that they have at a time."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from benchmarks.outcome import Outcome
from benchmarks.sip import Place


class Calling(IntEnum):
    """How far a caller is."""

    FREE = 0
    INVITED = 1
    PROVED = 2
    """The challenge is answered."""

    TALKING = 3
    LEAVING = 4


class Called(IntEnum):
    """How far a called party is."""

    FREE = 0
    RINGING = 1
    ANSWERED = 2
    TALKING = 3
    LEFT = 4


@dataclass(slots=True, eq=False)
class Pair:
    """The caller's part is moved by `dialling`, the other one by `answering`."""

    index: int
    caller: str
    called: str
    uri: bytes
    """What the caller dials."""

    call_id: bytes = b""
    """Of the caller's dialog; empty when there is no call."""

    step: Calling = Calling.FREE
    cseq: int = 0
    asked: float = 0.0
    """When the caller's request was sent that has no answer yet; 0 when none waits."""

    from_: bytes = b""
    to: bytes = b""
    """With the tag of who was called, once it is known."""

    target: bytes = b""
    route: bytes = b""
    """Route headers of the caller's dialog."""

    ack: bytes = b""

    called_step: Called = Called.FREE
    called_id: bytes = b""
    """Call-ID of the called party's dialog."""

    called_asked: float = 0.0
    """When the called party answered, while its answer is not confirmed; 0 otherwise."""

    dialog: bytes = b""
    """From and To of the called party's dialog, as its peer writes them."""

    invite_cseq: bytes = b""
    said: bytes = b""
    """The called party's last response."""

    final: bytes = b""
    """What its answer is made of, from its first Via on."""

    placed_at: float = 0.0
    answered_at: float = 0.0
    added: float = 0.0
    """Seconds that the switch has taken so far, from INVITE to INVITE and from answer to answer."""

    told_caller: Place = ("", 0)
    """Where the caller was told to send its media."""

    told_called: Place = ("", 0)
    key: bytes = b""
    """What the switch encrypts the caller's speech with, as it is written; empty for none."""

    @property
    def is_up(self) -> bool:
        """Whether both parties have an answer that is confirmed."""
        return self.step is Calling.TALKING and self.called_step is Called.TALKING


class Desk(Protocol):
    """Who is told what the two telephones of a pair go through (`pairs.Pairs`)."""

    outcome: Outcome

    def rings(self, pair: Pair, now: float) -> None:
        """The called party rings."""

    def is_up(self, pair: Pair, now: float) -> None:
        """The caller has its answer."""

    def is_over(self, pair: Pair) -> None:
        """One of the two has ended."""

    def broken(self, pair: Pair, reason: str) -> None:
        """Something was not as it should be."""

    def others(self, data: bytes, now: float) -> None:
        """Something came that belongs to no call that is on."""
