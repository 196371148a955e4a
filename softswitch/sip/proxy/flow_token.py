"""What our Record-Route remembers: where both ends of a dialog are.

An end behind a router, or on a connection, is reached by its flow and by nothing that it says of
itself. The proxy keeps nothing between two requests of a dialog, so the flows travel in the user
part of its Record-Route, as in RFC 5626, section 5.3. They are sealed together with the Call-ID
and the caller's tag: a token is worth nothing in another dialog. Everybody on the way reads it,
though, so it opens nothing by itself: who sends from neither end's host has to show a password.

A token has no age. What it could open after its dialog is open to the two ends alone, who may
call each other anyhow; and subscriptions last for weeks with the routes of their first request.
"""

from binascii import a2b_base64, b2a_base64
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest

from softswitch.sip.flow import Flow

_SEAL = 12
"""Bytes."""

_TO_URL, _FROM_URL = bytes.maketrans(b"+/", b"-_"), str.maketrans("-_", "+/")
"""From the usual base64 to that of URLs (RFC 4648, section 5), and back."""

_PASSING, _LASTING = "p", "l"
_LONGEST = 600
_SHORTEST = 40

Ends = tuple[Flow, Flow]
"""The far one first, as seen by who sends."""


class FlowTokens:
    """Makes tokens, and reads those that it has made.

    passing  key of this process: of dialogs with a connection, which ends with the process, and
             whose number the next one gives to somebody else
    lasting  key that outlives the process, as dialogs over UDP do; both at most 64 bytes
    worker   marks the process, one character, as in Identifiers
    """

    __slots__ = ("_keys", "_worker")

    def __init__(self, passing: bytes, lasting: bytes, worker: str) -> None:
        self._keys = {_PASSING: passing, _LASTING: lasting}
        self._worker = worker

    def make(self, caller: Flow, callee: Flow, call_id: str, caller_tag: str) -> str:
        """Return the token of a dialog that `caller_tag` begins."""
        data = _written(caller, callee)
        kind = _PASSING if caller.reliable or callee.reliable else _LASTING
        seal = _seal(self._keys[kind], data, call_id, caller_tag)
        text = b2a_base64(seal + data, newline=False).translate(_TO_URL, b"=")
        return self._worker + kind + text.decode()

    def looks_own(self, user: str) -> bool:
        """Whether the user part of a URI may be a token at all: cheap, and proves nothing."""
        return _SHORTEST < len(user) < _LONGEST and user[0] == self._worker and user.isascii()

    def read(self, token: str, call_id: str, from_tag: str, to_tag: str) -> Ends | None:
        """Return where a request of the dialog goes, and where its sender was when it began; None
        when we have not made this token for this dialog.

        The direction is in the tags: whoever has the caller's tag in From is the caller.
        """
        if not self.looks_own(token):
            return None
        key, text = self._keys.get(token[1]), token[2:]
        if key is None:
            return None
        try:
            raw = a2b_base64(text.translate(_FROM_URL) + "=" * (-len(text) % 4))
        except ValueError:
            return None
        seal, data = raw[:_SEAL], raw[_SEAL:]
        if compare_digest(seal, _seal(key, data, call_id, from_tag)):
            to_callee = True
        elif compare_digest(seal, _seal(key, data, call_id, to_tag)):
            to_callee = False
        else:
            return None
        caller, callee = _read(data)
        return (callee, caller) if to_callee else (caller, callee)


def _seal(key: bytes, data: bytes, call_id: str, caller_tag: str) -> bytes:
    dialog = f"{call_id}\n{caller_tag}\n".encode("utf-8", "surrogateescape")
    return blake2b(dialog + data, key=key, digest_size=_SEAL).digest()


@lru_cache(maxsize=4096)
def _written(caller: Flow, callee: Flow) -> bytes:
    """Write both ends: the same two phones are in many dialogs, and in each with many requests."""
    return ",".join((*_fields(caller), *_fields(callee))).encode()


@lru_cache(maxsize=4096)
def _read(data: bytes) -> Ends:
    """Return caller and callee; only of what has our seal."""
    fields = data.decode().split(",")
    return _flow(fields[:7]), _flow(fields[7:])


def _fields(flow: Flow) -> tuple[str, ...]:
    local, remote = flow.local, flow.remote
    return (
        flow.transport,
        local[0],
        str(local[1]),
        remote[0],
        str(remote[1]),
        str(flow.connection),
        flow.name,
    )


def _flow(fields: list[str]) -> Flow:
    transport, host, port, remote_host, remote_port, connection, name = fields
    return Flow(
        transport, (host, int(port)), (remote_host, int(remote_port)), int(connection), name
    )
