"""A SIP message: its header lines as text, each beside the small id of its name.

Forwarding touches a few lines and joins them again; a value is parsed only when somebody asks
for it. Change lines through the methods: they refuse line breaks and keep what was parsed in
step.
"""

from collections.abc import Iterable
from typing import Self

from softswitch.sip.errors import ParseError
from softswitch.sip.message.address import Address
from softswitch.sip.message.contact import Contact
from softswitch.sip.message.cseq import CSeq
from softswitch.sip.message.grammar import LARGEST, is_number, refuse_line_breaks, split_commas
from softswitch.sip.message.headers import NAMES, Header, header_of
from softswitch.sip.message.via import Via

VIA, FROM, TO, CALL_ID, CSEQ = Header.VIA, Header.FROM, Header.TO, Header.CALL_ID, Header.CSEQ
CONTACT, CONTENT_LENGTH, OTHER = Header.CONTACT, Header.CONTENT_LENGTH, Header.OTHER

_WHOLE = frozenset(
    {
        Header.FROM,
        Header.TO,
        Header.CALL_ID,
        Header.CSEQ,
        Header.AUTHORIZATION,
        Header.PROXY_AUTHORIZATION,
        Header.WWW_AUTHENTICATE,
        Header.PROXY_AUTHENTICATE,
        Header.AUTHENTICATION_INFO,
        Header.DATE,
        Header.SUBJECT,
        Header.USER_AGENT,
        Header.SERVER,
        Header.ORGANIZATION,
    }
)
"""Headers in whose values a comma is no separator."""


class Message:
    """What requests and responses share.

    lines  the header lines, unfolded, in order, without the start line
    ids    the id of each line's name; same length as `lines`
    """

    __slots__ = ("_call_id", "_contacts", "_cseq", "_from", "_to", "_via", "body", "ids", "lines")

    def __init__(self, lines: list[str], ids: list[Header], body: bytes) -> None:
        self.lines = lines
        self.ids = ids
        self.body = body
        self._via: Via | None = None
        self._from: Address | None = None
        self._to: Address | None = None
        self._cseq: CSeq | None = None
        self._call_id = ""
        self._contacts: list[Contact] | None = None

    # Values as text

    def first(self, header: Header) -> str | None:
        """Return the value of the first line of that name."""
        ids = self.ids
        if header not in ids:
            return None
        line = self.lines[ids.index(header)]
        return line[line.index(":") + 1 :].strip()

    def values(self, header: Header) -> list[str]:
        """Return every value, of all lines, in order; comma lists are taken apart."""
        values: list[str] = []
        if header not in self.ids:
            return values
        for line, name in zip(self.lines, self.ids, strict=True):
            if name is header:
                value = line[line.index(":") + 1 :].strip()
                if header in _WHOLE:
                    values.append(value)
                else:
                    values += split_commas(value, NAMES.get(header, "header"))
        return values

    def named(self, name: str) -> str | None:
        """Return the first value of any header, known or not, by its name in any case."""
        header = header_of(name)
        if header is not OTHER:
            return self.first(header)
        at = self._find_other(name)
        return None if at is None else self.lines[at].partition(":")[2].strip()

    def count(self, header: Header) -> int:
        """Return how many lines have that name."""
        return self.ids.count(header)

    # Editing, by line

    def set(self, header: Header | str, value: str) -> None:
        """Put this value in the place of the first such line, and drop the others."""
        header, name = _named(header)
        line = _line(name, value)
        at = self._at(header, name)
        if at is None:
            self.lines.append(line)
            self.ids.append(header)
        else:
            self.lines[at] = line
            while (more := self._at(header, name, at + 1)) is not None:
                del self.lines[more], self.ids[more]
        self._forget(header)

    def append(self, header: Header | str, value: str) -> None:
        """Add a line behind the others."""
        header, name = _named(header)
        self.lines.append(_line(name, value))
        self.ids.append(header)
        self._forget(header)

    def prepend(self, header: Header | str, value: str) -> None:
        """Add a line before all others: where a Via or Record-Route goes."""
        header, name = _named(header)
        self.lines.insert(0, _line(name, value))
        self.ids.insert(0, header)
        self._forget(header)

    def remove(self, header: Header | str) -> None:
        """Drop every line of that name."""
        header, name = _named(header)
        while (at := self._at(header, name)) is not None:
            del self.lines[at], self.ids[at]
        self._forget(header)

    def replace_first(self, header: Header, value: str | None) -> None:
        """Put `value` in the place of the first value alone, or (None) drop that value.

        What else stands in the same line, after a comma, stays.
        """
        at = self.ids.index(header)
        line = self.lines[at]
        after = []
        if "," in line:
            after = split_commas(line[line.index(":") + 1 :].strip(), NAMES[header])[1:]
        new = after if value is None else [value, *after]
        if new:
            self.lines[at] = _line(NAMES[header], ", ".join(new))
        else:
            del self.lines[at], self.ids[at]
        self._forget(header)

    # Typed values: parsed when asked for, once; all raise ParseError

    def via(self) -> Via:
        """Return the topmost Via."""
        if self._via is None:
            text = self._mandatory(VIA)
            if "," in text:
                text = split_commas(text, "Via")[0]
            self._via = Via.parse(text)
        return self._via

    def branch(self) -> str:
        """Return the topmost Via's branch without parsing the rest of it; empty if absent."""
        if self._via is not None:
            return self._via.branch
        line = self.lines[self.ids.index(VIA)] if VIA in self.ids else ""
        _, found, rest = line.partition(";branch=")
        if not found or '"' in line or "," in line:
            return self.via().branch
        return rest.partition(";")[0].strip()

    def from_(self) -> Address:
        if self._from is None:
            self._from = Address.parse(self._mandatory(FROM))
        return self._from

    def to(self) -> Address:
        if self._to is None:
            self._to = Address.parse(self._mandatory(TO))
        return self._to

    def cseq(self) -> CSeq:
        if self._cseq is None:
            self._cseq = CSeq.parse(self._mandatory(CSEQ))
        return self._cseq

    def call_id(self) -> str:
        if not self._call_id:
            self._call_id = self._mandatory(CALL_ID)
        return self._call_id

    def contacts(self) -> list[Contact]:
        """Return those of all Contact lines; the list is the message's own."""
        if self._contacts is None:
            self._contacts = [Contact.parse(value) for value in self.values(CONTACT)]
        return self._contacts

    def routes(self, header: Header = Header.ROUTE) -> list[Address]:
        """Return the addresses of Route or Record-Route, topmost first."""
        return [Address.parse(value) for value in self.values(header)]

    def max_forwards(self) -> int | None:
        text = self.first(Header.MAX_FORWARDS)
        if text is None:
            return None
        if not is_number(text) or int(text) > 255:
            raise ParseError("Max-Forwards", text, 0, "0 to 255")
        return int(text)

    def expires(self) -> int | None:
        """Return the seconds of Expires, at most 2^32 - 1."""
        text = self.first(Header.EXPIRES)
        if text is None:
            return None
        if not is_number(text):
            raise ParseError("Expires", text, 0, "seconds")
        return min(int(text), LARGEST)

    # Bytes

    def start_line(self) -> str:
        """Return the first line of the message, without its line end."""
        raise TypeError("only a Request or a Response has a start line")

    def to_bytes(self) -> bytes:
        """Return the message as it is sent, with the Content-Length that its body has."""
        lines, ids = self.lines, self.ids
        length = f"Content-Length: {len(self.body)}"
        if CONTENT_LENGTH in ids:
            lines = [
                line for line, name in zip(lines, ids, strict=True) if name is not CONTENT_LENGTH
            ]
        head = "\r\n".join((self.start_line(), *lines, length, "\r\n"))
        return head.encode("utf-8", "surrogateescape") + self.body

    # Inside

    def _mandatory(self, header: Header) -> str:
        ids = self.ids
        if header in ids:
            line = self.lines[ids.index(header)]
            value = line[line.index(":") + 1 :].strip()
            if value:
                return value
        raise ParseError(NAMES[header], "", 0, "this header")

    def _at(self, header: Header, name: str, start: int = 0) -> int | None:
        if header is OTHER:
            return self._find_other(name, start)
        try:
            return self.ids.index(header, start)
        except ValueError:
            return None

    def _find_other(self, name: str, start: int = 0) -> int | None:
        wanted = name.lower()
        for at in range(start, len(self.ids)):
            if self.ids[at] is OTHER:
                line = self.lines[at]
                if line[: line.index(":")].rstrip().lower() == wanted:
                    return at
        return None

    def _forget(self, header: Header) -> None:
        """Drop what was parsed of a header that has changed."""
        if header is VIA:
            self._via = None
        elif header is FROM:
            self._from = None
        elif header is TO:
            self._to = None
        elif header is CSEQ:
            self._cseq = None
        elif header is CALL_ID:
            self._call_id = ""
        elif header is CONTACT:
            self._contacts = None


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
    ) -> None:
        super().__init__(lines, ids, body)
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
        lines, ids = _lines(headers, body, content_type)
        return cls(method, uri, lines, ids, body)

    def copy(self) -> Self:
        """Return one that can be changed without changing this."""
        return type(self)(
            self.method, self.uri, self.lines[:], self.ids[:], self.body, self.version
        )

    def start_line(self) -> str:
        return f"{self.method} {self.uri} {self.version}"

    def __repr__(self) -> str:
        return f"<{self.method} {self.uri}>"


class Response(Message):
    """A status and the phrase that people read."""

    __slots__ = ("reason", "status")

    def __init__(
        self, status: int, reason: str, lines: list[str], ids: list[Header], body: bytes = b""
    ) -> None:
        super().__init__(lines, ids, body)
        self.status = status
        self.reason = reason

    def copy(self) -> Self:
        """Return one that can be changed without changing this."""
        return type(self)(self.status, self.reason, self.lines[:], self.ids[:], self.body)

    def start_line(self) -> str:
        return f"SIP/2.0 {self.status} {self.reason}"

    def __repr__(self) -> str:
        return f"<{self.status} {self.reason}>"


def add_lines(
    lines: list[str], ids: list[Header], headers: Iterable[tuple[Header | str, str]]
) -> None:
    """Append a line per pair; raises ParseError where a value would break its line."""
    for header, value in headers:
        known, name = (header, NAMES[header]) if type(header) is Header else _named(header)
        if "\n" in value or "\r" in value:
            refuse_line_breaks(name, value)
        lines.append(f"{name}: {value}")
        ids.append(known)


def add_content_type(lines: list[str], ids: list[Header], content_type: str) -> None:
    """Append the Content-Type of a body, unless one is there already."""
    if Header.CONTENT_TYPE not in ids:
        lines.append(_line("Content-Type", content_type))
        ids.append(Header.CONTENT_TYPE)


def _lines(
    headers: Iterable[tuple[Header | str, str]], body: bytes, content_type: str
) -> tuple[list[str], list[Header]]:
    lines: list[str] = []
    ids: list[Header] = []
    add_lines(lines, ids, headers)
    if body:
        add_content_type(lines, ids, content_type)
    return lines, ids


def _named(header: Header | str) -> tuple[Header, str]:
    if isinstance(header, Header):
        return header, NAMES[header]
    known = header_of(header)
    return known, NAMES.get(known, header)


def _line(name: str, value: str) -> str:
    if "\n" in value or "\r" in value:
        refuse_line_breaks(name, value)
    return f"{name}: {value}"
