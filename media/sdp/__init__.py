"""Session descriptions (RFC 8866) and their negotiation (RFC 3264); pure."""

from media.sdp.crypto import CryptoAgreed, Secret, Security
from media.sdp.description import Direction, Media, RtpMap, SessionDescription
from media.sdp.errors import NoAudio, NotAcceptable, OtherProtocol, SdpError
from media.sdp.negotiate import (
    EVERY_CODEC,
    Agreed,
    Local,
    agree,
    answer,
    common,
    direction_of,
    objection,
    offer,
)
from media.sdp.parse import parse

__all__ = [
    "EVERY_CODEC",
    "Agreed",
    "CryptoAgreed",
    "Direction",
    "Local",
    "Media",
    "NoAudio",
    "NotAcceptable",
    "OtherProtocol",
    "RtpMap",
    "SdpError",
    "Secret",
    "Security",
    "SessionDescription",
    "agree",
    "answer",
    "common",
    "direction_of",
    "objection",
    "offer",
    "parse",
]
