"""Errors of session descriptions.

SdpError              the bytes are no session description
    └── NotAcceptable     it is one, but there is nothing in it that we can use (SIP answers 488)
        ├── OtherProtocol     its audio is sent by a protocol that we do not speak
        └── NoAudio           it has no audio at all
"""


class SdpError(Exception):
    """Says what is wrong, and with which line."""


class NotAcceptable(SdpError):
    """Nothing in common: no codec, no stream, no transport that we have."""


class OtherProtocol(NotAcceptable):
    """Audio, but encrypted or otherwise not over plain RTP."""


class NoAudio(NotAcceptable):
    """No audio stream that is open."""
