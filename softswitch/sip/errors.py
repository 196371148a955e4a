"""Errors of the SIP stack.

SipError
    ├── ParseError      the bytes are not SIP, or a value in them is not what its header allows
    ├── Refusal         well-formed, but answered with a failure
    └── InvalidState    our own code called a machine out of turn
"""


class SipError(Exception):
    """Base class, so that a caller can catch the stack and nothing else."""


class ParseError(SipError):
    """Says which element, where in it, and what was expected there."""

    def __init__(self, element: str, text: str, offset: int, expected: str) -> None:
        self.element = element
        self.offset = offset
        self.expected = expected
        around = text[max(0, offset - 10) : offset + 20]
        super().__init__(f"{element}: expected {expected} at offset {offset} in {around!r}")


class Refusal(SipError):
    """An error that knows the response it deserves."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(f"{status} {reason}")


class InvalidState(SipError):
    """A machine was asked for something that its state does not allow."""
