"""Errors of session descriptions.

SdpError              the bytes are no session description
    └── NotAcceptable     it is one, but there is nothing in it that we can use (SIP answers 488)
"""


class SdpError(Exception):
    """Says what is wrong, and with which line."""


class NotAcceptable(SdpError):
    """Nothing in common: no codec, no stream, no transport that we have."""
