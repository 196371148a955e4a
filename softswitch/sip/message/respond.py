"""Responses to a request (RFC 3261, section 8.2.6)."""

from collections.abc import Iterable

from softswitch.sip.errors import ParseError
from softswitch.sip.message.grammar import refuse_line_breaks
from softswitch.sip.message.headers import Header
from softswitch.sip.message.lines import add_content_type, add_lines
from softswitch.sip.message.phrases import reason_phrase
from softswitch.sip.message.ready import NOTHING, Ready
from softswitch.sip.message.request import Request
from softswitch.sip.message.response import Response

_ALWAYS = frozenset((Header.VIA, Header.FROM, Header.TO, Header.CALL_ID, Header.CSEQ))
_WITH_ROUTE = _ALWAYS | {Header.RECORD_ROUTE}
_WITH_TIME = _ALWAYS | {Header.TIMESTAMP}
_TO = Header.TO


def respond(
    request: Request,
    status: int,
    reason: str = "",
    *,
    to_tag: str = "",
    ready: Ready = NOTHING,
    headers: Iterable[tuple[Header | str, str]] = (),
    body: bytes = b"",
    content_type: str = "application/sdp",
) -> Response:
    """Return a response with everything that is copied from the request.

    to_tag  added to To, unless the request is within a dialog and has one
    ready   what is always said, before `headers`
    reason  the phrase, when it is not the status's own
    """
    if reason:
        refuse_line_breaks("reason", reason)
    copied = _WITH_TIME if status == 100 else _WITH_ROUTE if status < 300 else _ALWAYS
    ids: list[Header] = []
    lines: list[str] = []
    for name, line in zip(request.ids, request.lines, strict=True):
        if name in copied:
            ids.append(name)
            lines.append(line)
    if to_tag:
        _add_tag(request, lines, ids, to_tag)
    lines += ready.lines
    ids += ready.ids
    if headers:
        add_lines(lines, ids, headers)
    if body:
        add_content_type(lines, ids, content_type)
    return Response(status, reason or reason_phrase(status), lines, ids, body)


def _add_tag(request: Request, lines: list[str], ids: list[Header], tag: str) -> None:
    """Tag the copy of To, unless the request is within a dialog: then To has a tag."""
    text = request.firsts().get(_TO)
    if text is not None and not ("tag" in text.lower() and _is_tagged(request, text)):
        at = ids.index(_TO)
        lines[at] = f"{lines[at].rstrip()};tag={tag}"


def _is_tagged(request: Request, text: str) -> bool:
    try:
        return request.to().tag is not None
    except ParseError:  # it is answered all the same, with 400
        return ";tag=" in text
