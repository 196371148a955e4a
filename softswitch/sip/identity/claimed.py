"""What an INVITE claims, and how much of it is believed."""

from softswitch.sip.claims import Claims, Party
from softswitch.sip.identity.history import diversions_of, history_of
from softswitch.sip.identity.party import is_hidden, read_party
from softswitch.sip.identity.privacy import KEPT, privacy_of
from softswitch.sip.message import Header, Request

_SAID = frozenset(
    (
        Header.PRIVACY,
        Header.P_ASSERTED_IDENTITY,
        Header.P_PREFERRED_IDENTITY,
        Header.DIVERSION,
        Header.HISTORY_INFO,
        Header.ALERT_INFO,
        Header.CALL_INFO,
    )
)
_MOST_VALUES = 5
_LONGEST_VALUE = 500


def claimed(invite: Request, extension: str | None, *, is_trusted: bool) -> Claims | None:
    """Return what is believed of what an INVITE says; None where it says nothing, as most do.

    A telephone is believed in what concerns itself: what it wants to be kept secret, and its own
    name. Raises ParseError.
    """
    sender = invite.from_().uri
    if _SAID.isdisjoint(invite.ids) and not is_hidden(sender):
        return None
    privacy = privacy_of(invite)
    if is_hidden(sender) and not privacy:
        privacy = frozenset(("id",))  # who hides in From is not given away elsewhere
    if not is_trusted:
        return Claims(_preferred(invite, extension), privacy)
    return Claims(
        _asserted(invite),
        privacy,
        diversions_of(invite),
        history_of(invite),
        ", ".join(_values(invite, Header.ALERT_INFO)),
        _values(invite, Header.CALL_INFO),
    )


def unmet_privacy(invite: Request) -> str:
    """Return what a caller insists on keeping secret and we cannot, or nothing (RFC 3323, section
    5). Raises ParseError."""
    privacy = privacy_of(invite)
    return " ".join(sorted(privacy - KEPT)) if "critical" in privacy else ""


def _asserted(invite: Request) -> Party | None:
    """Return the first identity that names somebody: there may be a sip and a tel URI."""
    if Header.P_ASSERTED_IDENTITY not in invite.ids:
        return None
    parties = map(read_party, invite.values(Header.P_ASSERTED_IDENTITY))
    return next((one for one in parties if one is not None), None)


def _preferred(invite: Request, extension: str | None) -> Party | None:
    """Return the identity that a telephone would like, if it is its own."""
    if Header.P_PREFERRED_IDENTITY not in invite.ids:
        return None
    parties = map(read_party, invite.values(Header.P_PREFERRED_IDENTITY))
    return next((one for one in parties if one is not None and one.number == extension), None)


def _values(invite: Request, header: Header) -> tuple[str, ...]:
    if header not in invite.ids:
        return ()
    values = invite.values(header)[:_MOST_VALUES]
    return tuple(value for value in values if len(value) <= _LONGEST_VALUE)
