"""How long a transaction waits (RFC 3261, Table 4, with RFC 6026)."""

from dataclasses import dataclass, field
from math import inf

NEVER = inf
"""The due time of a timer that does not run."""


@dataclass(frozen=True, slots=True)
class TimerValues:
    """Base intervals, in seconds. One instance per stack, never a global.

    | timer | of                 | runs for                                          |
    |-------|--------------------|---------------------------------------------------|
    | A     | INVITE client      | T1, doubling: retransmit; unreliable only         |
    | B     | INVITE client      | 64*T1: nothing came                               |
    | D     | INVITE client      | `retention`: absorb failures; unreliable only     |
    | E     | other client       | T1, doubling to T2: retransmit; unreliable only   |
    | F     | other client       | 64*T1: no final response came                     |
    | G     | INVITE server      | T1, doubling to T2: resend failure; unreliable    |
    | H     | INVITE server      | 64*T1: no ACK came                                |
    | I     | INVITE server      | T4: absorb ACKs; unreliable only                  |
    | J     | other server       | 64*T1: answer retransmits; unreliable only        |
    | K     | other client       | T4: absorb responses; unreliable only             |
    | L     | INVITE server, 2xx | 64*T1: absorb INVITEs                             |
    | M     | INVITE client, 2xx | 64*T1: deliver repeated and forked 2xx            |

    Timer C belongs to proxies. How long a phone may ring is decided above.
    """

    t1: float = 0.5
    """Round-trip time estimate."""

    t2: float = 4.0
    """Longest gap between retransmits of a request other than INVITE, or of a response."""

    t4: float = 5.0
    """Longest time that a message stays in the network."""

    retention: float = 32.0
    """Timer D: how long failures of an INVITE are acknowledged over UDP."""

    timeout: float = field(init=False)
    """64*T1: timers B, F, H, J, L and M."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "timeout", 64 * self.t1)
