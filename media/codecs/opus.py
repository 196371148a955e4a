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
        count = 0
        if payload:
            count = self._library.opus_decode(
                self._state, payload, len(payload), self._room_pointer, _LONGEST, 0
            )
        return self._room[: max(count, 0)].copy()


class OpusEncoder:
    """Encodes one stream, for speech up to 8 kHz: what telephones have.

    library  `LIBRARY`, where it is there
    """

    __slots__ = ("_library", "_payload", "_state")

    def __init__(self, library: Any) -> None:
        self._library = library
        state = library.opus_encoder_create(RATE, 1, _VOIP, _ffi.NULL)
        self._state = _made(state, library.opus_encoder_destroy)
        self._payload = _ffi.new("unsigned char[]", _LARGEST)
        for request, value in (
            (_SET_BITRATE, BITRATE),
            (_SET_COMPLEXITY, COMPLEXITY),
            (_SET_MAX_BANDWIDTH, _WIDEBAND),
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
