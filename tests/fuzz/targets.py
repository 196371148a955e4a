"""What is fuzzed: each target takes any bytes, and raises where it must not be so."""

from collections.abc import Callable, Iterable
from contextlib import suppress

from media.rtp.header import RtpPacket
from media.rtp.rtcp import parse as parse_rtcp
from media.sdp import Local, NotAcceptable, SdpError, agree, answer, offer
from media.sdp import parse as parse_sdp
from softswitch.sip.errors import ParseError, Refusal
from softswitch.sip.message import (
    Broken,
    Framer,
    Header,
    KeepAlive,
    Message,
    Request,
    parse,
    respond,
    validate,
)
from tests.fuzz.company import Company
from tests.fuzz.script import Script
from tests.fuzz.stage import Stage

Target = Callable[[bytes], None]

OURS = Local("192.0.2.1", 10000, 1, 1)


def message(data: bytes) -> None:
    """Read a message in every way that there is, and a stream that is cut anywhere."""
    _stream(data)
    try:
        read = parse(data)
    except ParseError:
        return
    written = read.to_bytes()
    again = parse(written)
    assert again.to_bytes() == written
    assert (again.body, again.ids[:-1]) == (
        read.body,
        [name for name in read.ids if name is not Header.CONTENT_LENGTH],
    )
    values = _values(read)
    assert _values(again) == values
    try:
        validate(read)
    except Refusal as refusal:
        status = refusal.status
    else:
        status = 200
        assert "unreadable" not in values[1:], values  # who passes has had his Via read before
    if values[0] != "unreadable":
        assert read.branch() == parse(data).via().branch
    if isinstance(read, Request):
        told = respond(read, status, to_tag="t")
        assert parse(told.to_bytes()).to_bytes() == told.to_bytes()
        assert told.count(Header.VIA) == read.count(Header.VIA)


def _values(read: Message) -> list[object]:
    """Return every typed value, or that it could not be read."""
    readers: tuple[Callable[[], object], ...] = (
        *(read.via, read.branch, read.from_, read.to, read.cseq, read.contacts, read.routes),
        *(read.max_forwards, read.expires),
    )
    values = [_or_error(reader) for reader in readers]
    for header in Header:
        if header is not Header.OTHER:
            with suppress(ParseError):
                read.values(header)
    return values


def _or_error(reader: Callable[[], object]) -> object:
    try:
        return (reader(),)
    except ParseError:
        return "unreadable"


def _stream(data: bytes) -> None:
    """Cut a stream where its first byte says; what comes out does not depend on it, but for how
    many pings are answered as one."""
    size = 1 + data[0] if data else 1
    whole = _without_pings(Framer().receive(data))
    framer = Framer()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert _without_pings(item for piece in pieces for item in framer.receive(piece)) == whole
    assert not any(isinstance(item, Broken) for item in whole[:-1])


def _without_pings(items: Iterable[bytes | KeepAlive | Broken]) -> list[bytes | Broken]:
    return [item for item in items if not isinstance(item, KeepAlive)]


def endpoint(data: bytes) -> None:
    """Play a script."""
    Stage().play(Script.read(data))


def switch(data: bytes) -> None:
    """Play a script in a company."""
    Company().play(Script.read(data))


def sdp(data: bytes) -> None:
    """Read a description, answer it, and take it for an answer."""
    try:
        described = parse_sdp(data)
    except SdpError:
        return
    written = described.to_bytes()
    assert parse_sdp(written).to_bytes() == written
    with suppress(NotAcceptable):
        body, agreed = answer(described, OURS)
        assert len(parse_sdp(body).media) == len(described.media)
        assert agreed.codec
    with suppress(NotAcceptable):
        agree(offer(OURS), described)


def rtp(data: bytes) -> None:
    """Read a packet, and take it for a report as well."""
    packet = RtpPacket.parse(data)
    if packet is not None:
        assert len(packet.payload) <= len(data) - 12
        assert RtpPacket.parse(bytes(packet)) == packet
    for one in parse_rtcp(data):
        assert len(one.blocks) <= 31


TARGETS: dict[str, Target] = {
    "message": message,
    "endpoint": endpoint,
    "switch": switch,
    "sdp": sdp,
    "rtp": rtp,
}
