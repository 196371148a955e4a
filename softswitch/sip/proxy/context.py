"""The response context: one request, all its branches, and one answer (RFC 3261, 16.6 to 16.8)."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import inf

from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request, Response, respond
from softswitch.sip.methods import INVITE, Headers
from softswitch.sip.proxy.best_response import BestResponse
from softswitch.sip.proxy.breadth import shares
from softswitch.sip.settings import ProxySettings
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import Discard, Sent
from softswitch.sip.vocabulary import Elsewhere, Target

Dress = Callable[[Request, Target, int], Request]
"""Returns the copy of a request for a target, which gets that part of Max-Breadth."""

Redirect = Callable[[Response, float], list[Target]]
"""Takes the contacts that are followed out of a 3xx, and returns where they lead, now."""

_ELSEWHERE: Headers = ((Header.REASON, 'SIP;cause=200;text="Call completed elsewhere"'),)
_FLOW_FAILED = 430
_PATIENCE = 0.75
"""Of the time of a transaction, for phones that are silent while others have refused: the caller
is to hear of that before he gives up (RFC 4321)."""


class Context:
    """Forks a request, and chooses what its sender is told.

    key       of the server transaction
    groups    targets; those of one group are tried at once, then those of the next
    dress     makes the copies
    tag       for the To of answers of our own
    breadth   branches that may be open at a time, at least 1
    mark      ends the branch parameters
    redirect  follows 3xx; None leaves that to the caller
    lost      status of a branch that could not be sent
    """

    __slots__ = (
        "_best",
        "_breadth",
        "_cancelled",
        "_cut_at",
        "_dress",
        "_groups",
        "_is_given_up",
        "_is_invite",
        "_lost",
        "_mark",
        "_pending",
        "_redirect",
        "_request",
        "_settings",
        "_spare",
        "_stack",
        "_tag",
        "accepted",
        "branches",
        "has_answered",
        "key",
    )

    def __init__(
        self,
        request: Request,
        key: str,
        groups: Iterable[Sequence[Target | Elsewhere]],
        dress: Dress,
        stack: Stack,
        settings: ProxySettings,
        tag: str,
        *,
        breadth: int = 1,
        mark: str = "",
        redirect: Redirect | None = None,
        lost: int = 503,
    ) -> None:
        self.key = key
        self.has_answered = False
        self.branches: list[str] = []
        """All that were ever opened."""

        self.accepted: list[str] = []
        """Those whose 2xx was passed on; copies of it are to follow."""

        self._request = request
        self._is_invite = request.method == INVITE
        self._groups = list(groups)
        self._dress = dress
        self._stack = stack
        self._settings = settings
        self._tag = tag
        self._breadth = breadth
        self._mark = mark
        self._redirect = redirect
        self._lost = lost
        self._best = BestResponse()
        self._pending: dict[str, float] = {}  # branch without final response -> its Timer C
        self._spare: dict[str, tuple[int, tuple[Target, ...]]] = {}
        """By branch: its breadth, and the other flows of its phone."""

        self._cancelled: set[str] = set()
        self._is_given_up = False  # by the caller
        self._cut_at = inf

    @property
    def status(self) -> int:
        """What the sender is told, when no branch has accepted."""
        return self._best.status or 408

    @property
    def is_done(self) -> bool:
        """Whether nothing is to come any more but copies."""
        return self.has_answered and not self._pending

    # Input

    def begin(self, now: float) -> list[Sent]:
        sent: list[Sent] = []
        if self._is_invite:
            sent += self._respond(respond(self._request, 100), now)
        return sent + self._go_on(now)

    def hear(self, response: Response, branch: str, now: float) -> list[Sent]:
        """Take a branch's response, from which our Via was removed."""
        status = response.status
        if status < 200:
            return self._proceed(response, branch, now)
        if status == _FLOW_FAILED and self._may_go_by_another(branch):
            return self._go_by_another(branch, now)
        is_new = self._settle(branch)
        if status < 300:
            return self._accept(response, branch, now)
        if not is_new:
            return [Discard("response-out-of-state")]
        if status < 400 and self._redirect is not None and not self._is_over:
            return self._follow(response, self._redirect, now)
        if status == 487 and not self._is_given_up:
            self._best.note(408)  # we have cancelled it, for it took too long
        else:
            self._best.note(status, response)
        if status >= 600:
            return self._refused_everywhere(now)
        return self._go_on(now)

    def failed(self, branch: str, status: int, now: float) -> list[Sent]:
        """Take a branch's end without a final response."""
        if self._may_go_by_another(branch):
            return self._go_by_another(branch, now)
        self._settle(branch)
        self._best.note(self._lost if status == 503 else status)
        return self._go_on(now)

    def cancel(self, now: float, headers: Headers = ()) -> list[Sent]:
        """Let the caller give up: no more branches, and those that are open end in 487."""
        self._is_given_up = True
        self._groups.clear()
        if not self._best.status:
            self._best.note(487)
        return self._cancel_pending(headers, now)

    @property
    def deadline(self) -> float | None:
        due = self._cut_at
        for timer_c in self._pending.values():
            if timer_c < due:
                due = timer_c
        return due if due < inf else None

    def expire(self, now: float) -> list[Sent]:
        sent: list[Sent] = []
        for branch, timer_c in self._pending.items():
            if timer_c <= now:
                sent += self._cancel(branch, (), now)
        if self._cut_at <= now:
            self._cut_at = inf
            sent += self._cut(now)
        return sent

    # Responses

    def _proceed(self, response: Response, branch: str, now: float) -> list[Sent]:
        if response.status == 100:
            return []  # goes from one hop to the next and no further
        if self._pending.get(branch, inf) < inf:
            self._pending[branch] = now + self._settings.timer_c
        if self.has_answered:
            return [Discard("provisional-after-final")]
        return self._respond(response, now)

    def _accept(self, response: Response, branch: str, now: float) -> list[Sent]:
        """Pass a 2xx on at once, and each later one to an INVITE as well."""
        sent = self._respond(response, now)
        self._groups.clear()
        self._cut_at = inf
        self.has_answered = True
        if not self._is_invite:
            self._pending.clear()  # what is no INVITE cannot be taken back
        elif branch not in self.accepted:
            self.accepted.append(branch)
            sent += self._cancel_pending(_ELSEWHERE, now)
        return sent

    def _follow(self, response: Response, redirect: Redirect, now: float) -> list[Sent]:
        room = self._settings.maximum_branches - len(self.branches)
        targets = redirect(response, now)[: max(0, room)]
        if not targets or Header.CONTACT in response.ids:
            self._best.note(response.status, response)
        if targets:
            self._groups.insert(0, targets)
            return self._fork(now)
        return self._go_on(now)

    def _refused_everywhere(self, now: float) -> list[Sent]:
        """Wait for those that are open, one of which may have answered, and try nobody else."""
        self._groups.clear()
        if not self._is_invite:
            self._pending.clear()
        return [*self._cancel_pending((), now), *self._go_on(now)]

    # Branches

    @property
    def _is_over(self) -> bool:
        return self.has_answered or self._is_given_up or self._best.status >= 600

    def _settle(self, branch: str) -> bool:
        self._cancelled.discard(branch)
        self._spare.pop(branch, None)
        return self._pending.pop(branch, None) is not None

    def _go_on(self, now: float) -> list[Sent]:
        """Try the next group when nobody of this one is left; after the last, answer."""
        sent: list[Sent] = []
        if self._groups and len(self._pending) == len(self._cancelled):
            sent += self._fork(now)
        if not self._pending and not self.has_answered:
            sent += self._finish(now)
        return sent

    def _fork(self, now: float) -> list[Sent]:
        """Send the request to the next group, or to so many of it as the breadth allows."""
        group = self._groups.pop(0)
        parts = shares(self._breadth - len(self._pending), len(group))
        if len(parts) < len(group):
            self._groups.insert(0, group[len(parts) :])
        timer_c = now + self._settings.timer_c if self._is_invite else inf
        sent: list[Sent] = []
        for target, breadth in zip(group, parts, strict=False):
            sent += self._open(target, breadth, timer_c, now)
        if self._is_invite:
            self._cut_at = now + self._settings.patience if self._groups else inf
        elif self._groups or len(self._pending) > 1:
            self._cut_at = min(self._cut_at, now + _PATIENCE * self._stack.timers.timeout)
        return sent

    def _open(
        self, target: Target | Elsewhere, breadth: int, timer_c: float, now: float
    ) -> list[Sent]:
        if isinstance(target, Elsewhere):
            dress = partial(self._dress_for, target.uri, breadth)
            branch, sent = self._stack.departures.request(target, dress, now, self._mark)
        else:
            copy = self._dress(self._request, target, breadth)
            branch, sent = self._stack.layer.request(copy, target.flow, now, self._mark)
            if target.alternatives:
                self._spare[branch] = breadth, target.alternatives
        self._pending[branch] = timer_c
        self.branches.append(branch)
        return sent

    def _dress_for(self, uri: str, breadth: int, flow: Flow) -> Request:
        """Return the copy that goes to one of the hops that lead elsewhere."""
        return self._dress(self._request, Target(uri, flow), breadth)

    def _may_go_by_another(self, branch: str) -> bool:
        return branch in self._spare and branch not in self._cancelled and not self._is_over

    def _go_by_another(self, branch: str, now: float) -> list[Sent]:
        """Send to the same phone by its next flow (RFC 5626, section 5.3)."""
        breadth, (first, *others) = self._spare[branch]
        self._settle(branch)
        target = Target(first.uri, first.flow, first.route, tuple(others))
        timer_c = now + self._settings.timer_c if self._is_invite else inf
        return self._open(target, breadth, timer_c, now)

    def _cut(self, now: float) -> list[Sent]:
        """Leave those alone who have had their time, for the next group's or the caller's sake."""
        if self._is_invite:
            sent = self._cancel_pending((), now)
            return sent + self._fork(now) if self._groups else sent
        if self._best.status in (0, 408):
            return []  # there is nothing better to tell than silence
        self._groups.clear()
        self._pending.clear()
        return self._finish(now)

    def _cancel_pending(self, headers: Headers, now: float) -> list[Sent]:
        sent: list[Sent] = []
        for branch in self._pending:
            sent += self._cancel(branch, headers, now)
        return sent

    def _cancel(self, branch: str, headers: Headers, now: float) -> list[Sent]:
        if branch in self._cancelled:
            return []
        self._cancelled.add(branch)
        self._pending[branch] = inf  # its transaction waits no longer than it has to
        return self._stack.departures.cancel(branch, now, headers)

    # The answer

    def _finish(self, now: float) -> list[Sent]:
        self.has_answered = True
        if not self._is_invite and self._best.status in (0, 408):
            # His time has run out as well, and he needs nobody to tell him (RFC 4320, section 4.2)
            self._stack.layer.forget(self.key)
            return [Discard("request-unanswered")]
        return self._respond(self._best.make(self._request, self._tag), now)

    def _respond(self, response: Response, now: float) -> list[Sent]:
        return self._stack.layer.respond(self.key, response, now)
