"""What an INVITE out of a dialog must be like to become a leg."""

from softswitch.sip.flow import Flow
from softswitch.sip.identity import unmet_privacy
from softswitch.sip.leg.body import is_unreadable
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Header, Request, Uri, validate
from softswitch.sip.methods import Headers

_SESSIONS = frozenset(("application/sdp", "application/*", "*/*"))
_ACCEPT_SDP = (Header.ACCEPT, "application/sdp")


def objection(invite: Request, listeners: Listeners, flow: Flow) -> tuple[int, str, Headers] | None:
    """Return status, reason and headers of the answer to an INVITE that cannot be taken.

    Raises ParseError and Refusal.
    """
    validate(invite)
    if not _is_for_us(invite, listeners, flow):
        return 404, "", ()
    unmet = unmet_privacy(invite) if Header.PRIVACY in invite.ids else ""
    if unmet:
        return 500, f"Privacy Cannot Be Kept: {unmet}", ()
    if invite.max_forwards() == 0:
        return 483, "", ()
    contacts = invite.contacts()
    if not contacts or contacts[0].star:
        return 400, "Missing Contact", ()
    if is_unreadable(invite):
        return 415, "", (_ACCEPT_SDP,)
    if Header.ACCEPT in invite.ids and not _takes_sdp(invite):
        return 406, "", ()
    return None


def _takes_sdp(invite: Request) -> bool:
    """Whether the response may describe a session. Who says nothing at all of what he takes is
    believed to take what everybody does."""
    accepted = [value.partition(";")[0].strip().lower() for value in invite.values(Header.ACCEPT)]
    return not accepted or not _SESSIONS.isdisjoint(accepted)


def _is_for_us(invite: Request, listeners: Listeners, flow: Flow) -> bool:
    """Whether the Request-URI names this switch, or what the caller takes for its own home: our
    102 is not everybody's 102."""
    host = Uri.parse(invite.uri).host
    return listeners.is_home(host, flow) or host == invite.from_().uri.host
