"""Writes the lines of our descriptions that say what is spoken."""

from functools import lru_cache

from media.sdp.description import Media
from media.sdp.formats import CODECS, EVENT_PAYLOAD_TYPES, TELEPHONE_EVENT, Codec

Events = tuple[tuple[int, int], ...]
"""Payload type and clock rate of telephone-event, for each clock rate."""


@lru_cache(maxsize=64)
def offered_lines(codecs: tuple[str, ...]) -> tuple[str, str]:
    """Return the payload types of an offer and the attributes that explain them.

    codecs  names, most preferred first
    """
    ours = [CODECS[name] for name in codecs]
    clock_rates = dict.fromkeys(codec.clock_rate for codec in ours)
    events = tuple((EVENT_PAYLOAD_TYPES[clock_rate], clock_rate) for clock_rate in clock_rates)
    return audio_lines(tuple((codec.payload_type, codec) for codec in ours), events)


@lru_cache(maxsize=1024)
def audio_lines(formats: tuple[tuple[int, Codec], ...], events: Events) -> tuple[str, str]:
    """Return the payload types of an m-line and the attributes that explain them."""
    numbers = [str(number) for number, _ in formats]
    lines = []
    for number, codec in formats:
        channels = f"/{codec.channels}" if codec.channels != 1 else ""
        lines.append(f"a=rtpmap:{number} {codec.name}/{codec.clock_rate}{channels}")
        if codec.parameters:
            lines.append(f"a=fmtp:{number} {codec.parameters}")
    for number, clock_rate in events:
        numbers.append(str(number))
        lines.append(f"a=rtpmap:{number} {TELEPHONE_EVENT}/{clock_rate}")
        lines.append(f"a=fmtp:{number} 0-16")
    lines.append("a=ptime:20")
    return " ".join(numbers), "\r\n".join(lines) + "\r\n"


def refusal(media: Media) -> str:
    """Return the m-line that refuses a stream (RFC 3264, section 6)."""
    return f"m={media.kind} 0 {media.protocol} {' '.join(media.formats) or '0'}\r\n"
