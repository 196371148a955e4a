"""By whom a call has come: Diversion (RFC 5806) and History-Info (RFC 7044), in step.

RFC 7544 says how the one is told by the other: each place where a call was sent is an entry whose
URI has the cause of its being sent there (RFC 4458), and the index of the one before.
"""

import re
from collections.abc import Sequence

from softswitch.sip.claims import Diversion
from softswitch.sip.errors import ParseError
from softswitch.sip.identity.party import user_part
from softswitch.sip.message import Address, Header, Message
from softswitch.sip.message.grammar import is_token
from softswitch.sip.text import readable

_is_index = re.compile(r"\d{1,3}(?:\.\d{1,3})*").fullmatch

MOST = 20
"""Forwardings of others that are kept; a call with more goes nowhere."""

_CAUSES = {
    "unconditional": 302,
    "user-busy": 486,
    "no-answer": 408,
    "deflection": 480,
    "unavailable": 503,
}
_UNKNOWN = 404


def diversions_of(message: Message) -> tuple[Diversion, ...]:
    """Return the forwardings of a message, newest first, without what cannot be read.

    Raises ParseError where one cannot be told from the next.
    """
    if Header.DIVERSION not in message.ids:
        return ()
    found = []
    for value in message.values(Header.DIVERSION)[:MOST]:
        try:
            address = Address.parse(value)
        except ParseError:
            continue
        reason = (address.parameters.get("reason") or "").lower()
        reason = reason if is_token(reason) else "unknown"
        found.append(Diversion(readable(address.uri.number), reason))
    return tuple(found)


def history_of(message: Message) -> tuple[str, ...]:
    """Return the values of History-Info, oldest first, without those whose place is not said.

    Raises ParseError where one cannot be told from the next.
    """
    if Header.HISTORY_INFO not in message.ids:
        return ()
    values = message.values(Header.HISTORY_INFO)[:MOST]
    return tuple(value for value in values if _index(value))


def diversion_of(diversion: Diversion, host: str) -> str:
    return f"<sip:{user_part(diversion.number)}@{host}>;reason={diversion.reason}"


def history(
    diversions: Sequence[Diversion], called: str, host: str, before: Sequence[str]
) -> tuple[str, ...]:
    """Return the whole of History-Info for a call to `called`.

    diversions  ours, newest first
    before      what came with the call, whose last entry is the first that we have diverted
    """
    entries = list(before)
    ours = list(reversed(diversions))
    if not ours:
        return tuple(entries)
    index = (_index(entries[-1]) if entries else "") or "1"
    if not entries:
        entries.append(f"<sip:{user_part(ours[0].number)}@{host}>;index={index}")
    targets = [*(one.number for one in ours[1:]), called]
    for diversion, target in zip(ours, targets, strict=True):
        cause = _CAUSES.get(diversion.reason, _UNKNOWN)
        uri = f"sip:{user_part(target)}@{host};cause={cause}"
        entries.append(f"<{uri}>;index={index}.1;mp={index}")
        index = f"{index}.1"
    return tuple(entries)


def _index(value: str) -> str:
    """Return the index of an entry; empty where there is none."""
    try:
        index = Address.parse(value).parameters.get("index") or ""
    except ParseError:
        return ""
    return index if _is_index(index) else ""
