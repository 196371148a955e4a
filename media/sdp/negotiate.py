"""Offer and answer (RFC 3264): what two sides agree on.

One audio stream is what we speak, over plain RTP or, where that is wanted, over SRTP with keys by
SDES; every other m-line of an offer is refused in its place. An answer names one codec, and
telephone-event beside it when that was offered, so that what arrives is never a surprise.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_address

from msgspec import Struct
from msgspec.structs import replace

from media.sdp import crypto
from media.sdp.compose import audio_lines, offered_lines, refusal
from media.sdp.crypto import CryptoAgreed, Secret, Security
from media.sdp.description import Direction, Media, RtpMap, SessionDescription, network
from media.sdp.errors import NoAudio, NotAcceptable, OtherProtocol
from media.sdp.formats import (
    BY_ANY_CASE,
    CODECS,
    STATIC,
    TELEPHONE_EVENT,
    Codec,
)
from media.sdp.parse import parse

_HELD_ADDRESSES = ("0.0.0.0", "::")
"""Connection addresses that mean: do not send to me (RFC 3264, section 8.4)."""

EVERY_CODEC: tuple[str, ...] = ("G722", "PCMA", "PCMU")
"""What any telephone is offered, most preferred first, and what is taken from any."""

_ALL = tuple(CODECS)
_USUAL_EVENT_CLOCK = 8000


class Local(Struct, frozen=True, gc=False):
    """Our side of one session."""

    address: str
    """Where we receive: an IPv4 or IPv6 address."""

    port: int
    session_id: int
    """The same for the whole session."""

    version: int = 1
    """Rises by one with each description that differs from the one before."""

    direction: Direction = Direction.SENDRECV
    """What we offer, or would like to answer."""

    security: Security = Security.OFF
    secret: Secret = Secret()
    """From which our keys are drawn, of the stream alone."""

    def changed(self, direction: Direction | None = None) -> "Local":
        """Return the next version of our side, with another direction if one is given."""
        return replace(self, version=self.version + 1, direction=direction or self.direction)


class Agreed(Struct, frozen=True, gc=False):
    """What a stream of ours is to do, as `media.control.Direct` wants to know it."""

    address: str
    """An IPv4 or IPv6 address; empty when the peer gave none that can be sent to."""

    port: int
    codec: str
    """A name in `media.sdp.formats.CODECS`."""

    payload_type: int
    """Of `codec`, as the peer wants to receive it."""

    receive_payload_type: int
    """The same as the peer sends it."""

    event_payload_type: int
    """Of telephone-event as the peer wants to receive it, -1 for none."""

    receive_event_payload_type: int
    ptime: int
    """Milliseconds of audio in a packet that we send."""

    sends: bool
    """We may send to the peer."""

    receives: bool
    """The peer may send to us."""

    also_receives: tuple[tuple[int, str], ...] = ()
    """Further codecs that the peer may send, behind the payload types that it sends them by."""

    event_clock_rate: int = 0
    """Of telephone-event; 0 for that of `codec`."""

    extended_reports: bool = False
    """The peer reads VoIP metrics (RFC 3611, section 5)."""

    crypto: CryptoAgreed | None = None
    """None for plain RTP."""

    @property
    def direction(self) -> Direction:
        """The stream's direction, seen from our side."""
        return Direction.of(sends=self.sends, receives=self.receives)


def offer(local: Local, codecs: Iterable[str] = EVERY_CODEC) -> bytes:
    """Return an offer of `codecs`, names of our table, most preferred first."""
    line, attributes = offered_lines(tuple(codecs))
    protocol = "RTP/SAVP" if local.security is Security.REQUIRED else "RTP/AVP"
    if local.security is not Security.OFF:
        attributes += "".join([each.line for each in crypto.ours(local.secret)])
    audio = f"m=audio {local.port} {protocol} {line}\r\n{attributes}a={local.direction}\r\n"
    return f"{_session(local)}{audio}".encode()


def common(
    description: SessionDescription,
    codecs: Sequence[str] = EVERY_CODEC,
    security: Security = Security.OFF,
) -> list[str]:
    """Return the names of the codecs that `description` offers for audio and that are in `codecs`,
    in the order of the description. Empty when nothing is acceptable."""
    index = _usable(description, security)
    if index is None:
        return []
    return [codec.name for _, codec in _of(description.media[index], codecs)]


def answer(
    offered: SessionDescription,
    local: Local,
    codecs: Sequence[str] = EVERY_CODEC,
    prefer: str = "",
) -> tuple[bytes, Agreed]:
    """Return our answer, and what both sides do from then on.

    The offerer's first codec that is in `codecs` is taken, or `prefer` if it offered that too.
    Raises NotAcceptable when no audio stream of the offer can be used.
    """
    index = _usable(offered, local.security)
    if index is None:
        raise objection(offered, codecs, local.security)
    media = offered.media[index]
    choices = _of(media, codecs)
    if not choices:
        raise objection(offered, codecs, local.security)
    payload_type, codec = next((c for c in choices if c[1].name == prefer), choices[0])
    events, event_clock_rate = _events(media, codec.clock_rate)
    direction = _direction(media).answered_by(local.direction)
    pair = ((events, event_clock_rate or codec.clock_rate),) if events >= 0 else ()
    line, attributes = audio_lines(((payload_type, codec),), pair)
    agreed_crypto = None
    if local.security is not Security.OFF:
        mine, agreed_crypto = crypto.answered(media.attributes, local.secret)
        attributes += mine
    if extended_reports := _reads_metrics(media):
        attributes += "a=rtcp-xr:voip-metrics\r\n"
    ours = f"m=audio {local.port} {media.protocol} {line}\r\n{attributes}a={direction}\r\n"
    sections = [ours if other is media else refusal(other) for other in offered.media]
    agreed = Agreed(
        address=_reachable(media.address),
        port=media.port,
        codec=codec.name,
        payload_type=payload_type,
        receive_payload_type=payload_type,
        event_payload_type=events,
        receive_event_payload_type=events,
        ptime=_ptime(media, codec),
        sends=direction.sends,
        receives=direction.receives,
        event_clock_rate=event_clock_rate,
        extended_reports=extended_reports,
        crypto=agreed_crypto,
    )
    return f"{_session(local)}{''.join(sections)}".encode(), agreed


def objection(
    offered: SessionDescription,
    codecs: Sequence[str] = EVERY_CODEC,
    security: Security = Security.OFF,
) -> NotAcceptable:
    """Return why nothing of an offer can be taken, in words for who has made it."""
    audio = [media for media in offered.media if media.kind == "audio" and media.port]
    if not audio:
        return NoAudio("no audio is offered")
    protocols = [media.protocol for media in audio]
    if _usable(offered, security) is not None:
        return NotAcceptable(f"the offer has no codec of ours: {', '.join(codecs)}")
    plainly = "plain RTP/AVP" if security is Security.OFF else "RTP/SAVP with a=crypto"
    if any("TLS" in protocol for protocol in protocols):
        wanted = "media of browsers (SRTP with keys by DTLS)"
    elif security is not Security.OFF and set(protocols) & {*crypto.PLAIN, *crypto.SAFE}:
        refused = [why for media in audio for why in crypto.read(media.attributes).refused]
        if refused:
            return NotAcceptable(f"no key of the offer can be used: {refused[0]}")
        return OtherProtocol(f"media has to be encrypted: offer {plainly}")
    elif any("SAVP" in protocol for protocol in protocols):
        wanted = "encrypted media (SRTP)"
    else:
        wanted = "audio over another protocol"
    return OtherProtocol(f"{wanted} is not supported: offer {plainly}")


def agree(sent: bytes, answered: SessionDescription, prefer: Sequence[str] = ()) -> Agreed:
    """Return what both sides do from then on, after our offer `sent` was answered.

    Of several codecs that the answer takes we send by the first that is in `prefer`, if one is.
    Raises NotAcceptable when the answer refuses the stream or takes no codec that we offered.
    """
    ours = _written(sent)
    index = _usable(answered, crypto.wanted_by(ours))
    if index is None:
        raise NotAcceptable("the answer refuses our audio stream, or its encryption")
    media = answered.media[index]
    offered = {codec.name: number for number, codec in _of(ours, _ALL)}
    taken = _of(media, tuple(offered))
    if not taken:
        raise NotAcceptable("the answer takes no codec that was offered")
    payload_type, codec = next((each for each in taken if each[1].name in prefer), taken[0])
    events, event_clock_rate = _events(media, codec.clock_rate)
    our_events, _ = _events(ours, event_clock_rate or codec.clock_rate)
    theirs = _direction(media)
    return Agreed(
        address=_reachable(media.address),
        port=media.port,
        codec=codec.name,
        payload_type=payload_type,
        receive_payload_type=offered[codec.name],
        event_payload_type=events,
        receive_event_payload_type=our_events if events >= 0 else -1,
        ptime=_ptime(media, codec),
        sends=ours.direction.sends and theirs.receives,
        receives=ours.direction.receives and theirs.sends,
        also_receives=tuple(
            (offered[other.name], other.name) for _, other in taken if other is not codec
        ),
        event_clock_rate=event_clock_rate,
        extended_reports=_reads_metrics(media),
        crypto=crypto.settled(ours.attributes, media.attributes),
    )


def _written(sent: bytes) -> Media:
    """Return the audio stream in an offer of ours, but for its address and port."""
    _, is_usual, formats = sent.partition(b" RTP/AVP ")
    if is_usual and sent.count(b"\r\nm=") == 1 and b"\r\na=crypto:" not in sent:
        return _remembered(formats)
    return parse(sent).media[0]


@lru_cache(maxsize=64)
def _remembered(formats: bytes) -> Media:
    """Read what follows the port: it is the same in nearly all our offers."""
    return parse(b"m=audio 9 RTP/AVP " + formats).media[0]


def direction_of(description: SessionDescription) -> Direction:
    """Return the direction of the audio stream, seen from the side that wrote it. Inactive when
    there is none."""
    index = _usable(description, Security.OPTIONAL)
    return Direction.INACTIVE if index is None else _direction(description.media[index])


def _usable(description: SessionDescription, security: Security) -> int | None:
    """Return the index of the first audio stream that we could speak; where we could speak none,
    of the first one that is open. Of encrypted ones, those count that have a key for us."""
    is_open = [
        index
        for index, media in enumerate(description.media)
        if media.kind == "audio" and media.port and crypto.fits(media, security)
    ]
    for index in is_open:
        if len(is_open) == 1 or _of(description.media[index], _ALL):
            return index
    return is_open[0] if is_open else None


def _reads_metrics(media: Media) -> bool:
    return any(name.startswith("rtcp-xr") and "voip-metrics" in name for name in media.attributes)


@lru_cache(maxsize=4096)
def _reachable(address: str) -> str:
    """Return `address`, or nothing when it is no address of one host: a name, 0.0.0.0, a group."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return "" if parsed.is_unspecified or parsed.is_multicast or "%" in address else address


def _direction(media: Media) -> Direction:
    """Return the direction, with the old form of hold (address 0.0.0.0) understood."""
    if media.address in _HELD_ADDRESSES:
        return Direction.of(sends=media.direction.sends, receives=False)
    return media.direction


def _of(media: Media, allowed: Sequence[str]) -> tuple[tuple[int, Codec], ...]:
    """Return payload type and codec of each allowed format, in the order of the m-line."""
    return _codecs(media.formats, media.rtpmaps, tuple(allowed))


@lru_cache(maxsize=1024)
def _codecs(
    formats: tuple[str, ...], rtpmaps: tuple[RtpMap, ...], allowed: tuple[str, ...]
) -> tuple[tuple[int, Codec], ...]:
    named = {rtpmap.payload_type: rtpmap for rtpmap in rtpmaps}
    found = []
    for format_ in formats:
        number = _payload_type(format_)
        rtpmap = named.get(number)
        if rtpmap is None:
            codec = STATIC.get(number)
        else:
            codec = BY_ANY_CASE.get(rtpmap.name.upper())
            # Some leave out the channels of Opus, which always are two.
            if codec and (
                codec.clock_rate != rtpmap.clock_rate or rtpmap.channels not in (1, codec.channels)
            ):
                codec = None
        if codec and codec.name in allowed:
            found.append((number, codec))
    return tuple(found)


def _events(media: Media, clock_rate: int) -> tuple[int, int]:
    """Return the payload type of telephone-event, -1 for none, and 0 if it is on the codec's own
    clock, else its clock rate: some have Opus beside events at 8 kHz alone."""
    own = _named_events(media.formats, media.rtpmaps, clock_rate)
    if own >= 0:
        return own, 0
    usual = _named_events(media.formats, media.rtpmaps, _USUAL_EVENT_CLOCK)
    return (usual, _USUAL_EVENT_CLOCK) if usual >= 0 else (-1, 0)


@lru_cache(maxsize=1024)
def _named_events(formats: tuple[str, ...], rtpmaps: tuple[RtpMap, ...], clock_rate: int) -> int:
    for rtpmap in rtpmaps:
        if (
            rtpmap.name.lower() == TELEPHONE_EVENT
            and rtpmap.clock_rate == clock_rate
            and str(rtpmap.payload_type) in formats
        ):
            return rtpmap.payload_type
    return -1


def _payload_type(format_: str) -> int:
    number = int(format_) if format_.isascii() and format_.isdigit() and len(format_) < 4 else -1
    return number if number <= 127 else -1


def _ptime(media: Media, codec: Codec) -> int:
    """Return the packet length to send: the longest that we can and that the peer would like."""
    wished = media.ptime or 20
    if media.maxptime:
        wished = min(wished, media.maxptime)
    return max((ptime for ptime in codec.ptimes if ptime <= wished), default=codec.ptimes[0])


def _session(local: Local) -> str:
    where = network(local.address)
    origin = f"o=- {local.session_id} {local.version} {where}"
    return f"v=0\r\n{origin}\r\ns=-\r\nc={where}\r\nt=0 0\r\n"
