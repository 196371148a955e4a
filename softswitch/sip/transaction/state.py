"""The states that a transaction passes through."""

from enum import Enum, auto


class State(Enum):
    """The states of RFC 3261, Figures 5 to 8, and ACCEPTED of RFC 6026.

    One enumeration for the four machines; each uses those that its figure shows.
    """

    CALLING = auto()
    """An INVITE is sent, nothing came back."""

    TRYING = auto()
    """Another request is sent or has come; no response yet."""

    PROCEEDING = auto()
    """There was a provisional response."""

    ACCEPTED = auto()
    """An INVITE was answered with 2xx, which is retransmitted end to end."""

    COMPLETED = auto()
    """There was a final response (for an INVITE: a failure)."""

    CONFIRMED = auto()
    """The ACK of a failure has come; late copies of it are absorbed."""

    TERMINATED = auto()
