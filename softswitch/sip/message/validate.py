"""The strict reading, for requests that register somebody or begin a dialog."""

from softswitch.sip.errors import ParseError, Refusal
from softswitch.sip.message.contact import Contact
from softswitch.sip.message.grammar import is_number, split_commas
from softswitch.sip.message.headers import NAMES, Header
from softswitch.sip.message.message import Message
from softswitch.sip.message.request import Request
from softswitch.sip.message.uri import Uri
from softswitch.sip.message.via import Via

MOST_HOPS = 70
"""Proxies that a message may have passed, or is to pass: as many as Max-Forwards begins with."""

_ONCE = (
    Header.FROM,
    Header.TO,
    Header.CALL_ID,
    Header.CSEQ,
    Header.MAX_FORWARDS,
    Header.CONTENT_LENGTH,
    Header.CONTENT_TYPE,
    Header.EXPIRES,
)


def validate(message: Message) -> None:
    """Raise Refusal, with the status that the request deserves, unless all of it is sound.

    Of a response a Refusal means: discard it.
    """
    try:
        _common(message)
        if isinstance(message, Request):
            _request(message)
    except ParseError as error:
        raise Refusal(400, f"Bad {error.element}") from error


def _common(message: Message) -> None:
    firsts = message.firsts()
    has_repeated = len(firsts) < len(message.ids)
    if has_repeated:
        for header in _ONCE:
            if message.count(header) > 1:
                raise Refusal(400, f"More Than One {NAMES[header]}")
    message.from_()
    message.to()
    message.call_id()
    message.cseq()
    message.branch()  # all else of the topmost Via has been read by the transaction layer
    if "," in firsts[Header.VIA] or (has_repeated and message.count(Header.VIA) > 1):
        vias = message.values(Header.VIA)
        if len(vias) > MOST_HOPS:
            raise Refusal(400, "Too Many Vias")
        for value in vias:
            Via.parse(value)
    for header in (Header.ROUTE, Header.RECORD_ROUTE):
        if header in firsts and len(message.routes(header)) > MOST_HOPS:
            raise Refusal(400, f"Too Many {NAMES[header]}s")
    if Header.CONTACT in firsts:
        _contacts(message.contacts())
    message.max_forwards()
    message.expires()
    _length(message)


def _contacts(contacts: list[Contact]) -> None:
    if len(contacts) > 1 and any(contact.star for contact in contacts):
        raise Refusal(400, "Bad Contact")
    for contact in contacts:
        _ = contact.q


def _length(message: Message) -> None:
    text = message.firsts().get(Header.CONTENT_LENGTH)
    if text is None or text == str(len(message.body)):
        return
    if not is_number(text):
        raise Refusal(400, "Bad Content-Length")
    if int(text) > len(message.body):
        raise Refusal(400, "Body Shorter Than Content-Length")


def _request(request: Request) -> None:
    if request.version != "SIP/2.0" and request.version.upper() != "SIP/2.0":
        if request.version[-1] == " ":
            raise Refusal(400, "Bad Start Line")
        raise Refusal(505, "Version Not Supported")
    if request.cseq().method != request.method:
        raise Refusal(400, "CSeq Names Another Method")
    try:
        uri = Uri.parse(request.uri)
    except ParseError as error:
        raise Refusal(400, "Bad Request-URI") from error
    if uri.scheme not in ("sip", "sips", "tel"):
        raise Refusal(416, "Unsupported URI Scheme")
    if uri.headers:
        raise Refusal(400, "Bad Request-URI")  # section 19.1.1: no headers there
    if Header.REQUIRE in request.firsts():
        split_commas(request.first(Header.REQUIRE) or "", "Require")
