"""Reading session descriptions, leniently.

Telephones leave out lines that RFC 8866 demands, end them with LF, put attributes into the wrong
order. What is needed to send media is insisted on; anything else is taken as it comes.
"""

from functools import lru_cache

from media.sdp.description import Direction, Media, RtpMap, SessionDescription
from media.sdp.errors import SdpError

_LONGEST = 65_536
"""Octets of a description; what fits into a datagram."""

_MOST_MEDIA = 32
_LONGEST_REMEMBERED = 64
_DIRECTIONS = {str(direction): direction for direction in Direction}


def parse(body: bytes) -> SessionDescription:
    """Return the description in `body`. Raises SdpError."""
    if len(body) > _LONGEST:
        raise SdpError(f"a session description of {len(body)} octets is too long")
    text = body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    session: list[str] = []
    sections: list[list[str]] = []
    lines = session
    for line in text.split("\n"):
        if line[:2] == "m=":
            lines = [line]
            sections.append(lines)
        elif line[1:2] == "=":
            lines.append(line)
    if not session and not sections:
        raise SdpError("no session description: not one line like v=0")
    if len(sections) > _MOST_MEDIA:
        raise SdpError(f"{len(sections)} media lines are too many")
    return _session(session, sections)


def _session(lines: list[str], sections: list[list[str]]) -> SessionDescription:
    username, session_id, version, origin_address = "-", "0", "0", ""
    name, address, direction = "-", "", Direction.SENDRECV
    for line in lines:
        value = line[2:].strip()
        match line[0]:
            case "o":
                username, session_id, version, origin_address = _origin(value)
            case "s":
                name = value or "-"
            case "c":
                address = _connection(line)
            case "a":
                direction = _DIRECTIONS.get(value, direction)
    return SessionDescription(
        session_id=session_id,
        version=version,
        media=tuple(_media(section, address, direction) for section in sections),
        address=address,
        username=username,
        origin_address=origin_address,
        name=name,
    )


def _origin(value: str) -> tuple[str, str, str, str]:
    parts = value.split()
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


def _media(lines: list[str], address: str, direction: Direction) -> Media:
    first = lines[0]
    parts = first[2:].split()
    if len(parts) < 3:
        raise SdpError(f"expected m= with kind, port and protocol, got {first[:60]!r}")
    port = _number(parts[1].partition("/")[0], 65535, first)
    rtpmaps: list[RtpMap] = []
    parameters: list[tuple[str, str]] = []
    attributes: list[str] = []
    numbers = {"ptime": 0, "maxptime": 0, "rtcp": 0}
    for line in lines[1:]:
        if line[0] == "c":
            address = _connection(line)
        if line[0] != "a":
            continue
        attribute = line[2:].strip()
        name, _, value = attribute.partition(":")
        if name == "rtpmap":
            rtpmap = _rtpmap(value) if len(value) > _LONGEST_REMEMBERED else _remembered(value)
            if rtpmap is not None:
                rtpmaps.append(rtpmap)
        elif name == "fmtp":
            format_, _, text = value.strip().partition(" ")
            parameters.append((format_, text.strip()))
        elif name in numbers:
            numbers[name] = _lenient(value.strip().partition(" ")[0])
        elif name in _DIRECTIONS:
            direction = _DIRECTIONS[name]
        elif attribute:
            attributes.append(attribute)
    return Media(
        kind=parts[0],
        port=port,
        protocol=parts[2],
        formats=tuple(parts[3:]),
        address=address,
        direction=direction,
        rtpmaps=tuple(rtpmaps),
        parameters=tuple(parameters),
        ptime=numbers["ptime"],
        maxptime=numbers["maxptime"],
        rtcp_port=numbers["rtcp"] if numbers["rtcp"] <= 65535 else 0,
        attributes=tuple(attributes),
    )


def _rtpmap(value: str) -> RtpMap | None:
    """Return the mapping, or None if it makes no sense."""
    number, _, encoding = value.strip().partition(" ")
    name, _, rest = encoding.strip().partition("/")
    rate, _, channels = rest.partition("/")
    payload_type, clock_rate = _lenient(number), _lenient(rate)
    if not (number.isdigit() and payload_type <= 127 and name and clock_rate):
        return None
    return RtpMap(payload_type, name, clock_rate, _lenient(channels) or 1)


_remembered = lru_cache(maxsize=1024)(_rtpmap)
"""All telephones of a house write the same few lines."""
