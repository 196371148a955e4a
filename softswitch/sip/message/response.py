"""Responses."""

from typing import Self

from softswitch.sip.message.headers import Header
from softswitch.sip.message.message import Message


class Response(Message):
    """A status and the phrase that people read."""

    __slots__ = ("reason", "status")

    def __init__(
        self,
        status: int,
        reason: str,
        lines: list[str],
        ids: list[Header],
        body: bytes = b"",
        firsts: dict[Header, str] | None = None,
    ) -> None:
        self.lines = lines
        self.ids = ids
        self.body = body
        self._firsts = firsts
        self._via = self._from = self._to = self._cseq = self._contacts = None
        self._call_id = ""
        self.status = status
        self.reason = reason

    def copy(self) -> Self:
        """Return one that can be changed without changing this."""
        return type(self)(self.status, self.reason, self.lines[:], self.ids[:], self.body)

    def start_line(self) -> str:
        return f"SIP/2.0 {self.status} {self.reason}"

    def __repr__(self) -> str:
        return f"<{self.status} {self.reason}>"
