"""What requests and responses share: values that are parsed when somebody asks for them.

Forwarding touches a few lines and joins them again; what nobody asks for is never parsed.
"""

from functools import lru_cache
from typing import NoReturn

from softswitch.sip.errors import ParseError
from softswitch.sip.message.address import Address
from softswitch.sip.message.contact import Contact
from softswitch.sip.message.cseq import CSeq
from softswitch.sip.message.grammar import LARGEST, is_number, split_commas
from softswitch.sip.message.headers import NAMES, Header
from softswitch.sip.message.lines import HeaderLines
from softswitch.sip.message.via import Via

VIA, FROM, TO, CALL_ID, CSEQ = Header.VIA, Header.FROM, Header.TO, Header.CALL_ID, Header.CSEQ
CONTACT, CONTENT_LENGTH = Header.CONTACT, Header.CONTENT_LENGTH


class Message(HeaderLines):
    """Header lines, and a body."""

    __slots__ = ("_call_id", "_contacts", "_cseq", "_from", "_to", "_via", "body")

    body: bytes

    # What has been parsed; set by the constructors of both kinds, each in one function, since
    # thousands of messages are made a second.
    _via: Via | None
    _from: Address | None
    _to: Address | None
    _cseq: CSeq | None
    _call_id: str
    _contacts: list[Contact] | None

    # Typed values: parsed when asked for, once; all raise ParseError

    def via(self) -> Via:
        """Return the topmost Via."""
        if self._via is None:
            text = (self._firsts or self.firsts()).get(VIA) or _missing(VIA)
            if "," in text:
                vias = split_commas(text, "Via")
                if not vias:
                    raise ParseError("Via", text, 0, "SIP/2.0/transport host")
                text = vias[0]
            self._via = Via.parse(text)
        return self._via

    def branch(self) -> str:
        """Return the topmost Via's branch without parsing the rest of it; empty if absent."""
        if self._via is not None:
            return self._via.branch
        text = (self._firsts or self.firsts()).get(VIA, "")
        _, found, rest = text.partition(";branch=")
        if not found or '"' in text or "," in text:
            return self.via().branch
        return rest.partition(";")[0].strip()

    def from_(self) -> Address:
        if self._from is None:
            text = (self._firsts or self.firsts()).get(FROM)
            self._from = Address.parse(text or _missing(FROM))
        return self._from

    def to(self) -> Address:
        if self._to is None:
            text = (self._firsts or self.firsts()).get(TO)
            self._to = Address.parse(text or _missing(TO))
        return self._to

    def cseq(self) -> CSeq:
        if self._cseq is None:
            text = (self._firsts or self.firsts()).get(CSEQ)
            self._cseq = CSeq.parse(text or _missing(CSEQ))
        return self._cseq

    def call_id(self) -> str:
        if not self._call_id:
            text = (self._firsts or self.firsts()).get(CALL_ID)
            self._call_id = text or _missing(CALL_ID)
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
        text = (self._firsts or self.firsts()).get(Header.MAX_FORWARDS)
        return None if text is None else _hops(text)

    def expires(self) -> int | None:
        """Return the seconds of Expires, at most 2^32 - 1."""
        text = (self._firsts or self.firsts()).get(Header.EXPIRES)
        return None if text is None else _seconds(text)

    # Bytes

    def start_line(self) -> str:
        """Return the first line of the message, without its line end."""
        raise TypeError("only a Request or a Response has a start line")

    def to_bytes(self) -> bytes:
        """Return the message as it is sent, with the Content-Length that its body has."""
        lines, body = self.lines, self.body
        if CONTENT_LENGTH in self.ids:
            pairs = zip(lines, self.ids, strict=True)
            lines = [line for line, name in pairs if name is not CONTENT_LENGTH]
        end = f"Content-Length: {len(body)}\r\n\r\n"
        data = "\r\n".join((self.start_line(), *lines, end)).encode("utf-8", "surrogateescape")
        return data + body if body else data

    # Inside

    def _forget(self, header: Header) -> None:
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


def _missing(header: Header) -> NoReturn:
    raise ParseError(NAMES[header], "", 0, "this header")


@lru_cache(maxsize=256)
def _hops(text: str) -> int:
    if not is_number(text) or int(text) > 255:
        raise ParseError("Max-Forwards", text, 0, "0 to 255")
    return int(text)


@lru_cache(maxsize=256)
def _seconds(text: str) -> int:
    if not is_number(text):
        raise ParseError("Expires", text, 0, "seconds")
    return min(int(text), LARGEST)
