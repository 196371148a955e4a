"""The INVITE that begins a placed leg."""

from softswitch.sip.dialog import SessionTimer
from softswitch.sip.identity import ANONYMOUS, introduction, party, user_part
from softswitch.sip.leg.core import FIRST_INVITE
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header, Request
from softswitch.sip.message.lines import add_lines
from softswitch.sip.methods import INVITE
from softswitch.sip.stack import Stack
from softswitch.sip.vocabulary import Elsewhere, Place

_CSEQ = f"CSeq: {FIRST_INVITE} INVITE"
_ALWAYS = (Header.FROM, Header.TO, Header.CALL_ID, Header.CSEQ, Header.CONTACT)


def compose(
    command: Place,
    call_id: str,
    local_tag: str,
    face: Face,
    timer: SessionTimer | None,
    stack: Stack,
) -> Request:
    """Return the INVITE that `command` asks for."""
    host, claims, target = face.host, command.claims, command.target
    is_usual = claims is None and not command.diversions and not command.alert
    is_hidden = claims is not None and claims.is_anonymous
    told = () if is_usual and not face.is_trusted else introduction(command, face)
    sender = ANONYMOUS if is_hidden else party(command.caller, host)
    lines, ids = ["Max-Forwards: 70"], [Header.MAX_FORWARDS]
    if target.route:
        lines += [f"Route: {route}" for route in target.route]
        ids += [Header.ROUTE] * len(target.route)
    lines += (
        f"From: {sender};tag={local_tag}",
        f"To: {_called(command, host)}",
        f"Call-ID: {call_id}",
        _CSEQ,
        f"Contact: {face.contact}",
        *stack.invites.lines,
    )
    ids += _ALWAYS
    ids += stack.invites.ids
    if timer is not None:
        add_lines(lines, ids, timer.ask())
    if told:
        add_lines(lines, ids, told)
    if command.replaces:
        add_lines(lines, ids, ((Header.REPLACES, command.replaces),))
    if command.referred_by:
        add_lines(lines, ids, ((Header.REFERRED_BY, command.referred_by),))
    return Request.of_lines(INVITE, target.uri, lines, ids, command.sdp)


def _called(command: Place, host: str) -> str:
    """Return whom the call is for: a number of ours, or an address of somebody else's."""
    target = command.target
    if isinstance(target, Elsewhere):
        return f"<{target.uri}>"
    return f"<sip:{user_part(command.called)}@{host}>"
