"""The payload formats that we speak, by their names in session descriptions."""

from types import MappingProxyType

from msgspec import Struct


class Codec(Struct, frozen=True, gc=False):
    """A payload format, as `a=rtpmap` names it (RFC 8866, section 6.6)."""

    name: str
    """The encoding name, in its usual case."""

    clock_rate: int
    """RTP timestamp units in a second."""

    payload_type: int
    """The static number (RFC 3551, section 6), or the dynamic one that we offer."""

    is_static: bool
    """A static number means this codec even where no rtpmap says so."""


PCMU = Codec("PCMU", 8000, 0, is_static=True)
PCMA = Codec("PCMA", 8000, 8, is_static=True)

CODECS = MappingProxyType({codec.name: codec for codec in (PCMA, PCMU)})
"""By name, in upper case; our own order of preference."""

STATIC = MappingProxyType(
    {codec.payload_type: codec for codec in CODECS.values() if codec.is_static}
)

TELEPHONE_EVENT = "telephone-event"
"""Encoding name of RFC 4733's named events."""

EVENT_PAYLOAD_TYPE = 101
"""What nearly every telephone uses for telephone-event, and what we offer."""
