"""Opus (RFC 6716) by the library of its authors, where that is installed.

The library is looked for when this module is imported: Debian's package libopus0. Without it there
is no `LIBRARY`, and the table of codecs goes without Opus.

Everything is done at 48 kHz and in mono, whatever the peer sends: packets say themselves of how
many channels and how many milliseconds they are, and the decoder mixes and resamples.
"""

from typing import Any, Final

import numpy as np
from cffi import FFI

from media.codecs.g711 import Samples
from media.codecs.libopus import find

RATE: Final = 48000
"""RTP's clock too, always (RFC 7587, section 4.1)."""

BITRATE: Final = 32000
COMPLEXITY: Final = 1
"""Of 0 to 10. See the README for what they cost and bring."""

_LONGEST: Final = RATE * 120 // 1000
"""Samples of the longest packet that may be sent."""

_STEP: Final = RATE // 400
"""Samples in 2.5 ms, of which all lengths are multiples."""

_LARGEST: Final = 1275
"""Octets of a frame (RFC 6716, section 3.4)."""

_ffi = FFI()
_ffi.cdef(
    """
    typedef struct OpusEncoder OpusEncoder;
    typedef struct OpusDecoder OpusDecoder;
    OpusEncoder *opus_encoder_create(int32_t rate, int channels, int application, int *error);
    int opus_encoder_ctl(OpusEncoder *encoder, int request, ...);
    int32_t opus_encode(OpusEncoder *encoder, const int16_t *samples, int count,
                        unsigned char *payload, int32_t room);
    void opus_encoder_destroy(OpusEncoder *encoder);
    OpusDecoder *opus_decoder_create(int32_t rate, int channels, int *error);
    int opus_decode(OpusDecoder *decoder, const unsigned char *payload, int32_t length,
                    int16_t *samples, int room, int from_next);
    void opus_decoder_destroy(OpusDecoder *decoder);
    """
)

# Of opus_defines.h.
_VOIP: Final = 2048
_SET_BITRATE: Final = 4002
_SET_MAX_BANDWIDTH: Final = 4004
_SET_COMPLEXITY: Final = 4010
_SET_INBAND_FEC: Final = 4012
_SET_PACKET_LOSS: Final = 4014
_WIDEBAND: Final = 1103


_FOUND: Final = find()

LIBRARY: Final = _ffi.dlopen(_FOUND) if _FOUND else None
"""None where it is not installed."""


def _made(pointer: Any, destroy: Any) -> Any:
    if pointer == _ffi.NULL:
        raise MemoryError("libopus has no memory for a stream")
    return _ffi.gc(pointer, destroy)


class OpusDecoder:
    """Decodes the packets of one stream, in their order.

    library  `LIBRARY`, where it is there
    """

    __slots__ = ("_library", "_room", "_room_pointer", "_state")

    def __init__(self, library: Any) -> None:
        self._library = library
        state = library.opus_decoder_create(RATE, 1, _ffi.NULL)
        self._state = _made(state, library.opus_decoder_destroy)
        self._room: Samples = np.zeros(_LONGEST, np.int16)
        self._room_pointer = _ffi.from_buffer("int16_t[]", self._room)

    def decode(self, payload: bytes) -> Samples:
        """Return the samples of a packet, up to 120 ms; none when it is no packet of Opus."""
        return self._decode(payload, _LONGEST) if payload else self._room[:0].copy()

    def conceal(self, samples: int, following: bytes = b"") -> Samples:
        """Return what is heard in place of as many samples that did not come.

        following  the packet after those, if it is there already: it may hold their essence
        """
        wanted = -(-samples // _STEP) * _STEP
        parts: list[Samples] = []
        while wanted > _LONGEST:
            parts.append(self._made_up(_LONGEST))
            wanted -= _LONGEST
        if following:
            parts.append(self._decode(following, wanted, from_next=1))
        if not following or len(parts[-1]) != wanted:
            parts.append(self._made_up(wanted))
        return np.concatenate(parts)[:samples]

    def _made_up(self, count: int) -> Samples:
        return self._decode(b"", count)

    def _decode(self, payload: bytes, room: int, from_next: int = 0) -> Samples:
        count = self._library.opus_decode(
            self._state, payload or _ffi.NULL, len(payload), self._room_pointer, room, from_next
        )
        return self._room[: max(count, 0)].copy()


class OpusEncoder:
    """Encodes one stream, for speech up to 8 kHz: what telephones have.

    library        `LIBRARY`, where it is there
    expected_loss  per cent of packets; the more, the more of each is said again in the next one
                   (forward error correction), at the expense of what is said first
    """

    __slots__ = ("_library", "_payload", "_state")

    def __init__(self, library: Any, expected_loss: int = 0) -> None:
        self._library = library
        state = library.opus_encoder_create(RATE, 1, _VOIP, _ffi.NULL)
        self._state = _made(state, library.opus_encoder_destroy)
        self._payload = _ffi.new("unsigned char[]", _LARGEST)
        for request, value in (
            (_SET_BITRATE, BITRATE),
            (_SET_COMPLEXITY, COMPLEXITY),
            (_SET_MAX_BANDWIDTH, _WIDEBAND),
            (_SET_INBAND_FEC, int(expected_loss > 0)),
            (_SET_PACKET_LOSS, expected_loss),
        ):
            library.opus_encoder_ctl(self._state, request, _ffi.cast("int", value))

    def encode(self, samples: Samples) -> bytes:
        """Return the payload of 2.5, 5, 10, 20, 40 or 60 ms. Raises ValueError for any other
        number of samples."""
        samples = np.ascontiguousarray(samples, np.int16)
        pointer = _ffi.from_buffer("int16_t[]", samples)
        length = self._library.opus_encode(
            self._state, pointer, len(samples), self._payload, _LARGEST
        )
        if length < 0:
            raise ValueError(f"Opus has no packet of {len(samples)} samples at 48 kHz")
        return bytes(_ffi.buffer(self._payload, length))
