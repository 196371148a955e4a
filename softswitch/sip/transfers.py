"""The words for transfers: part of the vocabulary of legs."""

from msgspec import Struct


class Transferring(Struct, frozen=True, gc=False, tag=True):
    """The peer wants us to call somebody in its place (REFER). Answer it with AcceptTransfer or
    RefuseTransfer; there is one transfer at a time."""

    leg: str
    number: str
    """Whom to call; empty when that is not at this switch."""

    uri: str
    """The same as it was said."""

    replaces: str = ""
    """The leg whose place the new call is to take: an attended transfer. That it exists is checked,
    and not whose it is."""

    referred_by: str = ""
    """What the peer says of itself, as header text: a claim."""


class AcceptTransfer(Struct, frozen=True, gc=False, tag=True):
    """Say that we try. The leg may end from now on, and its transfer is still reported."""

    leg: str


class RefuseTransfer(Struct, frozen=True, gc=False, tag=True):
    """Say that we do not; nothing follows."""

    leg: str
    status: int
    reason: str = ""
    """The phrase; empty for the RFC's own."""


class ReportTransfer(Struct, frozen=True, gc=False, tag=True):
    """Tell how an accepted transfer goes. A status from 200 is the last one."""

    leg: str
    status: int
    reason: str = ""


TransferCommand = AcceptTransfer | RefuseTransfer | ReportTransfer
