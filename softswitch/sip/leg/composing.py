"""The INVITE that begins a placed leg."""

import re
from urllib.parse import quote as escape

from softswitch.sip.dialog import SessionTimer
from softswitch.sip.leg.core import FIRST_INVITE
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header, Request
from softswitch.sip.message.grammar import quote
from softswitch.sip.methods import ALLOW, INVITE, SUPPORTED
from softswitch.sip.stack import Stack
from softswitch.sip.vocabulary import Party, Place

_MAX_FORWARDS = (Header.MAX_FORWARDS, "70")
_CSEQ = (Header.CSEQ, f"{FIRST_INVITE} INVITE")
_is_plain_user = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,]+").fullmatch


def compose(
    command: Place,
    call_id: str,
    local_tag: str,
    face: Face,
    timer: SessionTimer | None,
    stack: Stack,
) -> Request:
    """Return the INVITE that `command` asks for."""
    host = face.host
    return Request.build(
        INVITE,
        command.target.uri,
        (
            _MAX_FORWARDS,
            *((Header.ROUTE, route) for route in command.target.route),
            (Header.FROM, f"{_party(command.caller, host)};tag={local_tag}"),
            (Header.TO, f"<sip:{_user(command.called)}@{host}>"),
            (Header.CALL_ID, call_id),
            _CSEQ,
            (Header.CONTACT, face.contact),
            ALLOW,
            SUPPORTED,
            stack.user_agent,
            *(() if timer is None else timer.ask()),
            *(
                (Header.DIVERSION, f"<sip:{_user(one.number)}@{host}>;reason={one.reason}")
                for one in command.diversions
            ),
            *(((Header.REPLACES, command.replaces),) if command.replaces else ()),
            *(((Header.REFERRED_BY, command.referred_by),) if command.referred_by else ()),
        ),
        command.sdp,
    )


def _party(party: Party, host: str) -> str:
    name = f"{quote(party.name)} " if party.name else ""
    if not party.number:
        return f"{name}<sip:anonymous@anonymous.invalid>"
    return f"{name}<sip:{_user(party.number)}@{host}>"


def _user(number: str) -> str:
    """Return `number` as the user part of a URI."""
    return (
        number
        if _is_plain_user(number)
        else escape(number, safe="-_.!~*'()&=+$,", errors="surrogateescape")
    )
