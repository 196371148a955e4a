"""A state that is told more than once, each time with the next number in it."""

from msgspec import Struct


class Document(Struct, frozen=True, gc=False):
    """A body whose version is known only when it is sent.

    Where states wait and newer ones take their place, whoever writes them cannot number them.
    """

    media_type: str
    body: bytes
    """All of it, or what stands before the number."""

    after: bytes | None = None
    """What stands behind the number; None where there is no number."""

    def numbered(self, number: int) -> bytes:
        if self.after is None:
            return self.body
        return b"%b%d%b" % (self.body, number, self.after)


NOTHING = Document("", b"")
"""Of a subscription that has no state to be told, or none that may be told yet."""
