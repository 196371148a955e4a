"""Calls that are passed on: as much as the proxy can know of them."""

from msgspec import Struct

from softswitch.sip.dialog.session_timer import MINIMUM, SessionExpires
from softswitch.sip.errors import ParseError
from softswitch.sip.guard import Callers
from softswitch.sip.message import Header, Request, Response
from softswitch.sip.methods import INVITE
from softswitch.sip.outputs import CallPassedOn
from softswitch.timerqueue import TimerQueue

TOLD = frozenset((INVITE, "UPDATE", "BYE"))
"""Methods within dialogs that matter here."""

_Dialog = tuple[str, str, str]
"""Call-ID, and the tags of caller and callee."""


class _Call(Struct, gc=False, eq=False):
    call_id: str
    caller_tag: str
    caller: str
    callee: str
    began: float
    answered: float | None = None
    silence: float = 0.0
    """Seconds without a refresh in which its session ends; 0 without a session timer."""

    dialogs: set[_Dialog] = set()


class Calls:
    """Counts calls from the INVITE to the BYE, and tells of each when it is over.

    The ends may go without a word, and a BYE need not go by us: then a call counts until its
    session timer (RFC 4028) or `longest` has run out.

    callers  counts the calls that each extension is making, with those that are the switch's own
    most     of all those, for one more to be passed on
    longest  seconds
    """

    __slots__ = ("_by_dialog", "_by_key", "_callers", "_longest", "_most", "_timers")

    def __init__(self, callers: Callers, most: int, longest: float) -> None:
        self._callers = callers
        self._most = most
        self._longest = longest
        self._by_key: dict[str, _Call] = {}  # of the INVITE's transaction
        self._by_dialog: dict[_Dialog, str] = {}  # its key
        self._timers: TimerQueue[str] = TimerQueue()

    def __len__(self) -> int:
        return len(self._by_key)

    def has_room(self, extension: str) -> bool:
        """Whether `extension` may make one more call."""
        return len(self._callers) < self._most and self._callers.has_room(extension)

    def begin(self, key: str, invite: Request, extension: str, callee: str, now: float) -> None:
        """Count a call with its INVITE. Raises ParseError."""
        tag = invite.from_().tag or ""
        self._by_key[key] = _Call(invite.call_id(), tag, extension, callee, now)
        self._callers.enter(_name(key), extension)

    def answered(self, key: str, response: Response, now: float) -> None:
        """Take a 2xx; each of another callee makes another dialog of the call."""
        call = self._by_key.get(key)
        if call is None:
            return
        try:
            tag = response.to().tag or ""
        except ParseError:
            tag = ""
        dialog = call.call_id, call.caller_tag, tag
        call.dialogs.add(dialog)
        self._by_dialog[dialog] = key
        if call.answered is None:
            call.answered = now
            call.silence = _silence_of(response)
            self._file(key, call, now)

    def unanswered(self, key: str, status: int, now: float) -> list[CallPassedOn]:
        """Take the end of an INVITE, whose caller was told `status`."""
        call = self._by_key.get(key)
        return [] if call is None or call.answered is not None else self._end(key, status, now)

    def heard(self, request: Request, now: float) -> list[CallPassedOn]:
        """Take what one end has sent the other. Raises ParseError."""
        call_id = request.call_id()
        own, peer = request.from_().tag or "", request.to().tag or ""
        dialog = call_id, own, peer
        if dialog not in self._by_dialog:
            dialog = call_id, peer, own
        key = self._by_dialog.get(dialog)
        if key is None:
            return []  # of an earlier process, or over
        call = self._by_key[key]
        if request.method != "BYE":
            self._file(key, call, now)
            return []
        call.dialogs.discard(dialog)
        del self._by_dialog[dialog]
        return [] if call.dialogs else self._end(key, 200, now)

    @property
    def deadline(self) -> float | None:
        return self._timers.earliest

    def expire(self, now: float) -> list[CallPassedOn]:
        over: list[CallPassedOn] = []
        for key in self._timers.pop_due(now):
            over += self._end(key, 200, now, is_lost=True)
        return over

    def _file(self, key: str, call: _Call, now: float) -> None:
        if call.answered is not None:
            due = call.answered + self._longest
            self._timers.file(key, min(due, now + call.silence) if call.silence else due)

    def _end(
        self, key: str, status: int, now: float, *, is_lost: bool = False
    ) -> list[CallPassedOn]:
        call = self._by_key.pop(key)
        for dialog in call.dialogs:
            self._by_dialog.pop(dialog, None)
        self._timers.file(key, None)
        self._callers.leave(_name(key))
        answered = now if call.answered is None else call.answered
        return [
            CallPassedOn(
                call_id=call.call_id,
                caller=call.caller,
                callee=call.callee,
                status=status,
                rang=answered - call.began,
                talked=now - answered,
                is_lost=is_lost,
            )
        ]


def _name(key: str) -> str:
    """Return what no leg is called."""
    return f"proxied {key}"


def _silence_of(response: Response) -> float:
    if Header.SESSION_EXPIRES not in response.ids:
        return 0.0
    try:
        expires = SessionExpires.of(response)
    except ParseError:
        return 0.0
    return 0.0 if expires is None else float(max(MINIMUM, expires.seconds))
