"""The INVITE that begins a placed leg."""

from softswitch.sip.dialog import SessionTimer
from softswitch.sip.identity import ANONYMOUS, introduction, party, user_part
from softswitch.sip.leg.core import FIRST_INVITE
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header, Request
from softswitch.sip.methods import ALLOW, INVITE, SUPPORTED
from softswitch.sip.stack import Stack
from softswitch.sip.vocabulary import Elsewhere, Place

_MAX_FORWARDS = (Header.MAX_FORWARDS, "70")
_CSEQ = (Header.CSEQ, f"{FIRST_INVITE} INVITE")


def compose(
    command: Place,
    call_id: str,
    local_tag: str,
    face: Face,
    timer: SessionTimer | None,
    stack: Stack,
) -> Request:
    """Return the INVITE that `command` asks for."""
    host, claims = face.host, command.claims
    is_usual = claims is None and not command.diversions and not command.alert
    is_hidden = claims is not None and claims.is_anonymous
    told = () if is_usual and not face.is_trusted else introduction(command, face)
    sender = ANONYMOUS if is_hidden else party(command.caller, host)
    return Request.build(
        INVITE,
        command.target.uri,
        (
            _MAX_FORWARDS,
            *((Header.ROUTE, route) for route in command.target.route),
            (Header.FROM, f"{sender};tag={local_tag}"),
            (Header.TO, _called(command, host)),
            (Header.CALL_ID, call_id),
            _CSEQ,
            (Header.CONTACT, face.contact),
            ALLOW,
            SUPPORTED,
            stack.user_agent,
            *(() if timer is None else timer.ask()),
            *told,
            *(((Header.REPLACES, command.replaces),) if command.replaces else ()),
            *(((Header.REFERRED_BY, command.referred_by),) if command.referred_by else ()),
        ),
        command.sdp,
    )


def _called(command: Place, host: str) -> str:
    """Return whom the call is for: a number of ours, or an address of somebody else's."""
    target = command.target
    if isinstance(target, Elsewhere):
        return f"<{target.uri}>"
    return f"<sip:{user_part(command.called)}@{host}>"
