"""Requests."""

from collections.abc import Iterable
from typing import Self

from softswitch.sip.message.grammar import refuse_line_breaks
from softswitch.sip.message.headers import NAMES, Header
from softswitch.sip.message.lines import lines_of
from softswitch.sip.message.message import Message

_VIA = Header.VIA


class Request(Message):
    """A method and the URI that it is for."""

    __slots__ = ("method", "uri", "version")

    def __init__(
        self,
        method: str,
        uri: str,
        lines: list[str],
        ids: list[Header],
        body: bytes = b"",
        version: str = "SIP/2.0",
        firsts: dict[Header, str] | None = None,
    ) -> None:
        self.lines = lines
        self.ids = ids
        self.body = body
        self._firsts = firsts
        self._via = self._from = self._to = self._cseq = self._contacts = None
        self._call_id = ""
        self.method = method
        self.uri = uri
        self.version = version

    @classmethod
    def build(
        cls,
        method: str,
        uri: str,
        headers: Iterable[tuple[Header | str, str]],
        body: bytes = b"",
        content_type: str = "application/sdp",
    ) -> Self:
        """Make a request of ours; raises ParseError where a value would break its line."""
        refuse_line_breaks("Request-URI", uri)
        lines, ids = lines_of(headers, body, content_type)
        return cls(method, uri, lines, ids, body)

    @classmethod
    def of_lines(
        cls,
        method: str,
        uri: str,
        lines: list[str],
        ids: list[Header],
        body: bytes = b"",
        content_type: str = "application/sdp",
    ) -> Self:
        """Make a request of ours out of whole lines; raises ParseError where one is broken."""
        text = "".join((uri, *lines))
        if "\n" in text or "\r" in text:
            refuse_line_breaks("Request-URI", uri)
            for line, name in zip(lines, ids, strict=True):
                refuse_line_breaks(NAMES.get(name, "header"), line)
        if body:
            lines.append(f"Content-Type: {content_type}")
            ids.append(Header.CONTENT_TYPE)
        return cls(method, uri, lines, ids, body)

    def mark_received(self, via: str) -> None:
        """Put in the place of the topmost Via what it says once the request has come in."""
        at = self.ids.index(_VIA)
        if "," in self.lines[at] or "\n" in via or "\r" in via:
            self.replace_first(_VIA, via)
            return
        self.lines[at] = f"Via: {via}"
        if self._firsts is not None:
            self._firsts[_VIA] = via
        self._via = None

    def push_via(self, via: str) -> None:
        """Put a Via of ours on top."""
        self.lines.insert(0, f"Via: {via}")
        self.ids.insert(0, _VIA)
        self._firsts = self._via = None

    def copy(self) -> Self:
        """Return one that can be changed without changing this."""
        return type(self)(
            self.method, self.uri, self.lines[:], self.ids[:], self.body, self.version
        )

    def start_line(self) -> str:
        return f"{self.method} {self.uri} {self.version}"

    def __repr__(self) -> str:
        return f"<{self.method} {self.uri}>"
