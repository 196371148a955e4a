"""What may be asked of an engine."""

from typing import Any

from msgspec import Struct


class Lease(Struct, frozen=True, gc=False, tag=True):
    """Bind `count` more ports ahead of need. Leased follows."""

    count: int


class Open(Struct, frozen=True, gc=False, tag=True):
    """Put a stream on a leased port. Nothing is sent, and what arrives is dropped, until Direct."""

    stream: int
    port: int
    """The even RTP port; RTCP is on the next one."""

    label: str = ""
    """The call's id, for the engine's log lines."""


class Keys(Struct, frozen=True, gc=False):
    """What one stream's packets are encrypted with (RFC 3711). Is never shown: not in logs."""

    suite: str
    """`AES_CM_128_HMAC_SHA1_80` or `AES_CM_128_HMAC_SHA1_32` (RFC 4568)."""

    send: bytes
    """30 octets, master key and salt, of what we send."""

    receive: bytes

    def __repr__(self) -> str:
        return f"Keys({self.suite}, hidden)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("suite", self.suite)]


class Direct(Struct, frozen=True, gc=False, tag=True):
    """Say where a stream's peer is and what both sides speak; may be said again at any time."""

    stream: int
    address: str
    """The peer's address from its session description; empty when not known yet."""

    port: int
    codec: str
    """`PCMU`, `PCMA`, `G722`, or `opus` where that is installed."""

    payload_type: int
    """RTP payload type of `codec` as the peer wants to receive it."""

    receive_payload_type: int
    """The same as the peer sends it."""

    event_payload_type: int = -1
    """Payload type of telephone-event as the peer wants to receive it, -1 for none."""

    receive_event_payload_type: int = -1
    ptime: int = 20
    """Milliseconds of audio in a packet that we send."""

    sends: bool = True
    """We may send to the peer (it is not on hold)."""

    receives: bool = True
    """The peer may send to us."""

    latch: bool = True
    """Learn the peer's real source address from what arrives, then lock on it."""

    signalling_address: str = ""
    """Where the peer's signalling comes from: preferred while learning."""

    early: bool = False
    """Before the answer: no silence is reported."""

    also_receives: tuple[tuple[int, str], ...] = ()
    """More payload types that the peer may send, each with its codec: who has agreed on several
    may change between them at any packet (RFC 3264, section 6)."""

    detects: bool = False
    """The peer's digits may come as tones in its audio. They are told, and silence is passed on in
    their place, except to a stream that takes its digits as tones too."""

    extended_reports: bool = False
    """The peer reads VoIP metrics in RTCP (RFC 3611). Who sends them is sent them in any case."""

    keys: Keys | None = None
    """None for plain RTP. With the same keys said again, counters go on."""


class Carry(Struct, frozen=True, gc=False, tag=True):
    """Say where the peer of a stream is that speaks no RTP: its datagrams are passed on untouched
    to a bridged stream that carries them too, as T.38's UDPTL wants it. Takes the place of Direct,
    and Direct of it, in the middle of a call as well."""

    stream: int
    address: str
    """The peer's address from its session description; empty when not known yet."""

    port: int
    sends: bool = True
    receives: bool = True
    latch: bool = True
    signalling_address: str = ""


class Bridge(Struct, frozen=True, gc=False, tag=True):
    """Let two streams hear each other, by relay when their codecs agree; otherwise what is said is
    decoded and encoded anew. A stream that is bridged with itself is an echo. Replaces any bridge
    that either had."""

    stream: int
    other: int


class Unbridge(Struct, frozen=True, gc=False, tag=True):
    """Part two streams; both stay open."""

    stream: int


class Play(Struct, frozen=True, gc=False, tag=True):
    """Play sources, one after another, to the peer. Replaces what is playing. Played follows."""

    stream: int
    sources: tuple[str, ...]
    """Paths of audio files of any rate, or `tone:NAME` (`ringback`, `busy`, `congestion`, `dial`,
    `waiting`, `information`, `beep`, `silence:MILLISECONDS`). A tone is that of the engine's
    country, or as in `tone:ringback/de` that of another (`media.countries`)."""

    token: int
    """Comes back in Played, so that an answer to an older Play is known as such."""

    repeat: bool = False
    """Begin again at the end, for ever."""


class Stop(Struct, frozen=True, gc=False, tag=True):
    """Stop playing at once. Played follows, if something was playing."""

    stream: int


class Record(Struct, frozen=True, gc=False, tag=True):
    """Write what the peer says to a WAV file (8 kHz, 16 bit, mono). Recorded follows.

    The file grows under a temporary name beside `path`; at the end it is synced and renamed.
    """

    stream: int
    path: str
    token: int
    maximum: float
    """Seconds after which it ends by itself."""

    silence: float = 0.0
    """Seconds of silence after which it ends by itself; 0 for never."""

    after: int = 0
    """Token of a Play: begin in the moment in which that is over, for whatever reason, so that no
    word between the two is lost; 0 for at once."""


class StopRecording(Struct, frozen=True, gc=False, tag=True):
    stream: int


class SendDigits(Struct, frozen=True, gc=False, tag=True):
    """Send digits to the peer, one after another: as named events (RFC 4733), or as tones in the
    audio (ITU-T Q.23) where it takes no events."""

    stream: int
    digits: str
    """Keys, or `!` for a hook flash, of which there is no tone."""

    milliseconds: int = 100
    gap: int = 60
    """Milliseconds of pause between two digits."""

    volume: int = 10
    """In -dBm0, from 0 to 36: events say it, tones have it."""

    tones: bool = False
    """As tones, although the peer takes events."""


class Join(Struct, frozen=True, gc=False, tag=True):
    """Let a stream be a member of a room, where everybody hears all others. It leaves its bridge
    and any other room. A room is there while it has members."""

    stream: int
    room: int
    gain: float = 0.0
    """Decibels by which the others hear it louder."""

    muted: bool = False
    """The others do not hear it."""


class Adjust(Struct, frozen=True, gc=False, tag=True):
    """Change how a member of a room is heard."""

    stream: int
    gain: float = 0.0
    muted: bool = False


class Leave(Struct, frozen=True, gc=False, tag=True):
    """Leave the room."""

    stream: int


class Measure(Struct, frozen=True, gc=False, tag=True):
    """Say Quality every `interval` seconds while streams are open; 0 for never."""

    interval: float = 1.0


class Close(Struct, frozen=True, gc=False, tag=True):
    """End a stream: what plays stops, a recording is completed, the port is quarantined and then
    leased out anew by itself. Closed follows, as the last event of the stream."""

    stream: int


class HandOff(Struct, frozen=True, gc=False, tag=True):
    """Give a stream away, with its sockets and all that is known of it: to another engine of this
    machine, where TakeOver goes on with it. What plays stops, and a recording is completed.
    HandedOff follows, as the last event of the stream here, but for a Recorded."""

    stream: int


class TakeOver(Struct, frozen=True, gc=False, tag=True):
    """Go on with a stream that another engine has handed off. Its bridge is not taken over."""

    stream: int
    port: int
    state: bytes
    descriptors: tuple[int, ...]
    """Of its two sockets, numbered as in this process."""


class Regain(Struct, frozen=True, gc=False, tag=True):
    """A port of this engine's range is free again: the stream that was handed off with it has
    closed elsewhere."""

    port: int


Command = (
    Lease
    | Open
    | Direct
    | Carry
    | Bridge
    | Unbridge
    | Play
    | Stop
    | Record
    | StopRecording
    | SendDigits
    | Join
    | Adjust
    | Leave
    | Measure
    | Close
    | HandOff
    | TakeOver
    | Regain
)
