"""Session descriptions (RFC 8866) and their negotiation (RFC 3264); pure."""

from media.sdp.description import Direction, Media, RtpMap, SessionDescription
from media.sdp.errors import NotAcceptable, SdpError
from media.sdp.negotiate import Agreed, Local, agree, answer, common, direction_of, offer
from media.sdp.parse import parse

__all__ = [
    "Agreed",
    "Direction",
    "Local",
    "Media",
    "NotAcceptable",
    "RtpMap",
    "SdpError",
    "SessionDescription",
    "agree",
    "answer",
    "common",
    "direction_of",
    "offer",
    "parse",
]
