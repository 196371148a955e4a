"""What is known of each stream, as arrays: a row per leased port pair."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.codecs.table import CODECS
from media.control import Carry, Direct
from media.net.batch import Flags, Ints, Keys
from media.sdp.formats import CODECS as FORMATS

Times = NDArray[np.float64]

NEVER: Final = float("-inf")
NONE: Final = -1

LAWS: Final = {name: number for number, name in enumerate(CODECS)}
"""The codecs that there are, by number: first the two laws of G.711, of which the look-up tables
make one the other; then those whose payload is passed on as it is, or not at all."""

NAMES: Final = tuple(LAWS)
"""By number."""

LAST_LAW: Final = LAWS["PCMA"]

CLOCK_RATES: Final[Ints] = np.array([codec.clock_rate for codec in CODECS.values()])
"""RTP timestamp units in a second, by number of the codec."""

PAYLOAD_TYPES: Final = 128

NO_FEED: Final = -1
VOICE_FEED: Final = -2
"""In `feed`: what we make ourselves, which is prompts, tones and digits."""


class Streams:
    """Arrays with an entry a row, and a last row that stands for no stream.

    Of a stream that has not been opened, `number` is NONE; until it is directed, `directed` is
    False. A row is cleared when its stream is opened.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.nobody = rows
        """The row of no stream."""

        size = rows + 1
        self.row_of: dict[int, int] = {}
        """By stream number."""

        self.number: Ints = np.full(size, NONE, np.int64)
        self.directed: Flags = np.zeros(size, np.bool_)
        self.sends: Flags = np.zeros(size, np.bool_)
        self.receives: Flags = np.zeros(size, np.bool_)
        self.other: Ints = np.full(size, rows, np.int64)
        """The row that this one is bridged with."""

        self.occupied: Flags = np.zeros(size, np.bool_)
        """We play or send digits to the peer, so a bridge does not reach it."""

        self.recorded: Flags = np.zeros(size, np.bool_)
        """What the peer says is written to a file."""

        self.carries: Flags = np.zeros(size, np.bool_)
        """Its peer sends and takes datagrams that are no RTP."""

        self.detects: Flags = np.zeros(size, np.bool_)
        """The peer's digits may be tones in its audio."""

        self.muted: Flags = np.zeros(size, np.bool_)
        """The peer holds a key down whose tone is not passed on."""

        # What both sides speak; `law` is the codec that the peer hears.
        self.law: Ints = np.zeros(size, np.int64)
        self.payload_type: Ints = np.zeros(size, np.int64)
        self.receive_law: NDArray[np.int8] = np.full((size, PAYLOAD_TYPES), NONE, np.int8)
        """By payload type: the codec of the audio that the peer sends; NONE for no audio."""

        self.clock_rate: Ints = np.full(size, CLOCK_RATES[0], np.int64)
        """Timestamp units in a second, of audio and events, both ways."""

        self.ptime: Ints = np.full(size, 20, np.int64)
        """Milliseconds of audio in a packet that we make."""

        self.event_clock_rate: Ints = np.full(size, CLOCK_RATES[0], np.int64)
        """Units in a second of the durations of events: of another clock than the audio's, where a
        telephone has no events on that (RFC 4733 would have them be the same)."""

        self.event_payload_type: Ints = np.full(size, NONE, np.int64)
        self.receive_event_payload_type: Ints = np.full(size, NONE, np.int64)

        # Where the peer is: keys of `media.net.address`.
        self.source: Keys = np.zeros(size, np.uint64)
        """The source that we are locked on; 0 while learning."""

        self.expected: Keys = np.zeros(size, np.uint64)
        """The source that the session description promises."""

        self.destination: Keys = np.zeros(size, np.uint64)
        self.control_destination: Keys = np.zeros(size, np.uint64)

        # What we send.
        self.ssrc: Ints = np.zeros(size, np.int64)
        self.feed: Ints = np.full(size, NO_FEED, np.int64)
        """Where the last packet came from: row and SSRC of a bridged stream, or VOICE_FEED."""

        self.sequence_offset: Ints = np.zeros(size, np.int64)
        self.timestamp_offset: Ints = np.zeros(size, np.int64)
        self.sequence: Ints = np.zeros(size, np.int64)
        """Of the last packet, counted on past 16 bits."""

        self.timestamp: Ints = np.zeros(size, np.int64)
        """Of the last audio packet, which was sent at `sent_at`."""

        self.sent_at: Times = np.full(size, NEVER)
        self.sent: Ints = np.zeros(size, np.int64)
        self.sent_octets: Ints = np.zeros(size, np.int64)

        # What came.
        self.heard_at: Times = np.full(size, NEVER)
        """When RTP came last."""

        self.alive_at: Times = np.full(size, NEVER)
        """When RTP or RTCP came last."""

        self.resting: Flags = np.zeros(size, np.bool_)
        """The last RTP packet was comfort noise."""

        self.dropped: Ints = np.zeros(size, np.int64)

    def open(self, number: int, row: int, ssrc: int, sequence: int, timestamp: int) -> None:
        """Put a stream on a row; the numbers are where its output begins."""
        self.row_of[number] = row
        self.number[row] = number
        self.directed[row] = self.sends[row] = self.receives[row] = self.occupied[row] = False
        self.recorded[row] = self.carries[row] = self.resting[row] = False
        self.detects[row] = self.muted[row] = False
        self.other[row] = self.nobody
        self.source[row] = self.expected[row] = 0
        self.destination[row] = self.control_destination[row] = 0
        self.ssrc[row] = ssrc
        self.feed[row] = NO_FEED
        self.sequence[row] = sequence
        self.timestamp[row] = timestamp
        self.sent_at[row] = self.heard_at[row] = self.alive_at[row] = NEVER
        self.sent[row] = self.sent_octets[row] = self.dropped[row] = 0

    def speak(self, row: int, direct: Direct) -> None:
        """Take over what Direct says of codecs and directions."""
        self.law[row] = LAWS[direct.codec]
        self.clock_rate[row] = CLOCK_RATES[self.law[row]]
        self.event_clock_rate[row] = direct.event_clock_rate or self.clock_rate[row]
        self.payload_type[row] = direct.payload_type
        # Of a length that the codec has; a switch asks for no other.
        ptimes = FORMATS[direct.codec].ptimes
        self.ptime[row] = max((each for each in ptimes if each <= direct.ptime), default=ptimes[0])
        receive_law = self.receive_law[row]
        receive_law.fill(NONE)
        for payload_type, codec in direct.also_receives:
            receive_law[payload_type] = LAWS.get(codec, NONE)
        receive_law[direct.receive_payload_type] = LAWS[direct.codec]
        self.event_payload_type[row] = direct.event_payload_type
        self.receive_event_payload_type[row] = direct.receive_event_payload_type
        self.sends[row] = direct.sends
        self.receives[row] = direct.receives
        self.detects[row] = direct.detects
        self.directed[row] = True
        self.carries[row] = False

    def carry(self, row: int, carry: Carry) -> None:
        """Expect no RTP any more."""
        self.receive_law[row].fill(NONE)
        self.payload_type[row] = NONE
        self.event_payload_type[row] = self.receive_event_payload_type[row] = NONE
        self.sends[row] = carry.sends
        self.receives[row] = carry.receives
        self.detects[row] = False
        self.directed[row] = self.carries[row] = True

    @property
    def bridged(self) -> bool:
        """Some streams are, with others or with themselves."""
        return bool(np.count_nonzero(self.other != self.nobody))

    def bridge(self, row: int, other: int) -> None:
        self.part(row)
        self.part(other)
        self.other[row] = other
        self.other[other] = row

    def part(self, row: int) -> None:
        other = self.other[row]
        self.other[other] = self.nobody
        self.other[row] = self.nobody

    def close(self, row: int) -> None:
        self.part(row)
        del self.row_of[int(self.number[row])]
        self.number[row] = NONE
        self.directed[row] = self.carries[row] = False
