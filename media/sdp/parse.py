"""Reading session descriptions, leniently.

Telephones leave out lines that RFC 8866 demands, end them with LF, put attributes into the wrong
order. What is needed to send media is insisted on; anything else is taken as it comes.
"""

from functools import lru_cache

from msgspec import Struct

from media.sdp.description import Direction, Media, RtpMap, SessionDescription
from media.sdp.errors import SdpError

_LONGEST = 65_536
"""Octets of a description; what fits into a datagram."""

_MOST_MEDIA = 32
_LONGEST_REMEMBERED = 2048
"""Characters of what is remembered."""

_DIRECTIONS = {str(direction): direction for direction in Direction}


def parse(body: bytes) -> SessionDescription:
    """Return the description in `body`. Raises SdpError."""
    if len(body) > _LONGEST:
        raise SdpError(f"a session description of {len(body)} octets is too long")
    text = body.decode("utf-8", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    head, *sections = f"\n{text}".split("\nm=")
    if len(sections) > _MOST_MEDIA:
        raise SdpError(f"{len(sections)} media lines are too many")
    username, session_id, version, origin_address = "-", "0", "0", ""
    name, address, direction = "-", "", Direction.SENDRECV
    is_session = bool(sections)
    for line in head.split("\n"):
        if line[1:2] != "=":
            continue
        is_session = True
        kind = line[0]
        if kind == "o":
            username, session_id, version, origin_address = _origin(line)
        elif kind == "c":
            address = _connection(line)
        elif kind == "s":
            name = line[2:].strip() or "-"
        elif kind == "a":
            direction = _DIRECTIONS.get(line[2:].strip(), direction)
    if not is_session:
        raise SdpError("no session description: not one line like v=0")
    media = tuple([_media(section, address, direction) for section in sections])
    return SessionDescription(session_id, version, media, address, username, origin_address, name)


def _origin(line: str) -> tuple[str, str, str, str]:
    parts = line[2:].split()
    if len(parts) != 6:
        return "-", "0", "0", ""
    return parts[0], parts[1], parts[2], parts[5]


def _connection(line: str) -> str:
    parts = line[2:].split()
    if len(parts) < 3 or parts[1].upper() not in ("IP4", "IP6"):
        raise SdpError(f"expected c=IN IP4 or IP6 with an address, got {line[:60]!r}")
    return parts[2].partition("/")[0]


def _number(text: str, largest: int, line: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) <= largest):
        raise SdpError(f"expected a number up to {largest} in {line[:60]!r}")
    return int(text)


def _lenient(text: str) -> int:
    """Return a number of little importance, 0 if it is none."""
    whole = text.strip().partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) <= 9 else 0


def _media(section: str, address: str, direction: Direction) -> Media:
    """Return the stream of a section, which begins after `m=`."""
    first, _, text = section.partition("\n")
    parts = first.split(None, 3)
    if len(parts) < 3:
        raise SdpError(f"expected m= with kind, port and protocol, got {f'm={first}'[:60]!r}")
    port = _number(parts[1].partition("/")[0], 65535, f"m={first}")
    if "c=" in text:
        for line in text.split("\n"):
            if line.startswith("c="):
                address = _connection(line)
    formats = parts[3] if len(parts) > 3 else ""
    # Keys are of one call, and are not kept longer.
    is_usual = len(text) + len(formats) <= _LONGEST_REMEMBERED and "a=crypto:" not in text
    about = (_remembered if is_usual else _about)(formats, text)
    return Media(
        parts[0],
        port,
        parts[2],
        about.formats,
        address,
        about.direction or direction,
        about.rtpmaps,
        about.parameters,
        about.ptime,
        about.maxptime,
        about.rtcp_port,
        about.attributes,
    )


class _About(Struct, frozen=True, gc=False):
    """What stands below an m-line, and in it after the protocol."""

    formats: tuple[str, ...]
    direction: Direction | None
    rtpmaps: tuple[RtpMap, ...]
    parameters: tuple[tuple[str, str], ...]
    ptime: int
    maxptime: int
    rtcp_port: int
    attributes: tuple[str, ...]


def _about(formats: str, text: str) -> _About:
    direction: Direction | None = None
    rtpmaps: list[RtpMap] = []
    parameters: list[tuple[str, str]] = []
    attributes: list[str] = []
    numbers = {"ptime": 0, "maxptime": 0, "rtcp": 0}
    for line in text.split("\n"):
        if not line.startswith("a="):
            continue
        attribute = line[2:].strip()
        name, _, value = attribute.partition(":")
        if name == "rtpmap":
            rtpmap = _rtpmap(value)
            if rtpmap is not None:
                rtpmaps.append(rtpmap)
        elif name == "fmtp":
            format_, _, meaning = value.strip().partition(" ")
            parameters.append((format_, meaning.strip()))
        elif name in numbers:
            numbers[name] = _lenient(value.strip().partition(" ")[0])
        elif name in _DIRECTIONS:
            direction = _DIRECTIONS[name]
        elif attribute:
            attributes.append(attribute)
    return _About(
        tuple(formats.split()),
        direction,
        tuple(rtpmaps),
        tuple(parameters),
        numbers["ptime"],
        numbers["maxptime"],
        numbers["rtcp"] if numbers["rtcp"] <= 65535 else 0,
        tuple(attributes),
    )


_remembered = lru_cache(maxsize=1024)(_about)
"""All telephones of a model write the same lines, whatever their address and port."""


def _rtpmap(value: str) -> RtpMap | None:
    """Return the mapping, or None if it makes no sense."""
    number, _, encoding = value.strip().partition(" ")
    name, _, rest = encoding.strip().partition("/")
    rate, _, channels = rest.partition("/")
    payload_type, clock_rate = _lenient(number), _lenient(rate)
    is_number = number.isascii() and number.isdigit() and len(number) <= 3
    if not (is_number and payload_type <= 127 and name and clock_rate):
        return None
    return RtpMap(payload_type, name, clock_rate, _lenient(channels) or 1)
