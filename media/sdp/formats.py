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

    is_static: bool = False
    """A static number means this codec even where no rtpmap says so."""

    channels: int = 1
    """As rtpmap has to say, whatever is sent."""

    parameters: str = ""
    """What we say of our side in `a=fmtp`."""

    ptimes: tuple[int, ...] = (10, 20, 30, 40, 50, 60)
    """Packet lengths that we send, in milliseconds, rising."""


G722 = Codec("G722", 8000, 9, is_static=True)
"""Its clock has half the rate of its samples (RFC 3551, section 4.5.2)."""

PCMA = Codec("PCMA", 8000, 8, is_static=True)
PCMU = Codec("PCMU", 8000, 0, is_static=True)
OPUS = Codec("opus", 48000, 111, channels=2, parameters="useinbandfec=1", ptimes=(10, 20, 40, 60))
"""Always two channels at 48 kHz, even where one at 8 kHz is meant (RFC 7587, section 7)."""

CODECS = MappingProxyType({codec.name: codec for codec in (G722, PCMA, PCMU, OPUS)})
"""By name; our own order of preference for those that an engine always has."""

BY_ANY_CASE = MappingProxyType({name.upper(): codec for name, codec in CODECS.items()})
"""By name in upper case: names in descriptions have no case (RFC 8866, section 6.6)."""

STATIC = MappingProxyType(
    {codec.payload_type: codec for codec in CODECS.values() if codec.is_static}
)

TELEPHONE_EVENT = "telephone-event"
"""Encoding name of RFC 4733's named events."""

EVENT_PAYLOAD_TYPES = MappingProxyType({8000: 101, 48000: 110})
"""What we offer for telephone-event beside audio of each clock rate: it has the audio's own (RFC
4733). The first is what nearly every telephone uses."""
