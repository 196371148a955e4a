"""Subscription-State (RFC 6665, sections 4.1.3 and 8.2.3)."""

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.message.grammar import LARGEST, is_number, is_token
from softswitch.sip.message.parameters import Parameters

ACTIVE, PENDING, TERMINATED = "active", "pending", "terminated"


class SubscriptionState(Struct, frozen=True, gc=False):
    """How a subscription stands, as its notifier says with every NOTIFY."""

    state: str
    """`active`, `pending`, `terminated`, or a word that came later, which means active."""

    expires: int | None = None
    """Seconds that are left."""

    reason: str = ""
    """Why it is terminated, in lower case."""

    retry_after: int | None = None
    """Seconds."""

    @classmethod
    def parse(cls, text: str) -> "SubscriptionState":
        """Raises ParseError."""
        state, semicolon, rest = text.partition(";")
        state = state.strip()
        if not is_token(state):
            raise ParseError("Subscription-State", text, 0, "a state")
        parameters = Parameters.parse(semicolon + rest)
        return cls(
            state.lower(),
            _seconds(parameters, "expires"),
            (parameters.get("reason") or "").lower(),
            _seconds(parameters, "retry-after"),
        )

    @property
    def is_terminated(self) -> bool:
        return self.state == TERMINATED

    def __str__(self) -> str:
        text = self.state
        if self.reason:
            text += f";reason={self.reason}"
        if self.expires is not None:
            text += f";expires={self.expires}"
        if self.retry_after is not None:
            text += f";retry-after={self.retry_after}"
        return text


def _seconds(parameters: Parameters, name: str) -> int | None:
    value = parameters.get(name)
    if value is None:
        return None
    if not is_number(value):
        raise ParseError(f"Subscription-State {name}", value, 0, "seconds")
    return min(int(value), LARGEST)
