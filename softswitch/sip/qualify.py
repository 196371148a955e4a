"""Asks phones whether they are there, so that nobody waits for one that is not.

Each phone gets an OPTIONS by its flow once in a period; that also keeps the way through its router
open. A phone that has answered before and has not for some times is not called any more, until it
answers or registers again. One that has never answered may be of those that answer no OPTIONS.

How long the answer took is measured, of those that are asked; not of a question that was sent more
than once, for nobody knows which copy was answered (RFC 6298, section 3).
"""

from collections import deque
from collections.abc import Container, Iterable, Sequence

from softswitch.sip.binding import (
    Binding,
    BindingChange,
    BindingKey,
    BindingSaved,
    PhoneReachable,
    PhoneUnreachable,
)
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request, Response
from softswitch.sip.methods import OPTIONS
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.registrar import Registrar
from softswitch.sip.settings import QualifySettings
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import Discard

_HASTE = 1.25
"""How much faster than evenly phones may be asked, to make up for a burst of registrations."""

_SILENCE = 408
_TICK = 0.05
"""Seconds for which questions are put together, where there are many."""


class Phone:
    """What is known of one binding that is asked."""

    __slots__ = ("asked_at", "branch", "due", "has_answered", "misses", "round_trip")

    def __init__(self, due: float) -> None:
        self.due = due
        self.asked_at = 0.0
        self.branch = ""
        """Of the question that is out."""

        self.has_answered = False
        self.misses = 0
        self.round_trip: float | None = None
        """Seconds that the last answer took, of those to questions that were sent once."""


class Qualify:
    """A usage of the endpoint: its questions, in the order in which they are due."""

    __slots__ = (
        "_asked",
        "_not_before",
        "_phones",
        "_queue",
        "_registrar",
        "_settings",
        "_stack",
        "is_on",
    )

    def __init__(self, stack: Stack, registrar: Registrar, settings: QualifySettings) -> None:
        self._stack = stack
        self._registrar = registrar
        self._settings = settings
        self.is_on = settings.period > 0
        self._phones: dict[BindingKey, Phone] = {}
        self._asked: dict[str, BindingKey] = {}  # by branch
        self._queue: deque[tuple[float, BindingKey]] = deque()
        self._not_before = 0.0

    def round_trip(self, binding: Binding) -> float | None:
        """Return the seconds that a phone's last answer took to a question that was sent once; None
        when it has given none, or is not asked."""
        phone = self._phones.get(binding.key)
        return None if phone is None else phone.round_trip

    # What the registrar says

    def noted(self, changes: Sequence[BindingChange], now: float) -> Sequence[EndpointOutput]:
        """Hear of bindings that have come, were refreshed, or have gone. Return that, and what it
        means for phones that had not answered."""
        if not self.is_on:
            return changes
        outputs: list[EndpointOutput] = [*changes]
        for change in changes:
            if not isinstance(change, BindingSaved):
                self._forget(change.key)
                continue
            key = change.binding.key
            phone = self._phones.get(key)
            if not self._concerns(change.binding):
                if phone is not None:
                    self._forget(key)
            elif phone is None:
                self._add(key, now + self._settings.period)
            else:
                outputs += self._is_there(key, phone)
        return outputs

    def resume(self, bindings: Iterable[Binding], now: float) -> None:
        """Ask those soon whose bindings are there again after a restart."""
        for binding in bindings if self.is_on else ():
            if binding.key not in self._phones and self._concerns(binding):
                self._add(binding.key, now)

    # Responses

    @property
    def awaited(self) -> tuple[Container[str], ...]:
        return (self._asked,)

    def hear(self, response: Response, flow: Flow, branch: str, now: float) -> list[EndpointOutput]:
        if response.status < 200:
            return []
        key = self._asked.pop(branch)
        phone = self._phones.get(key)
        if phone is None or phone.branch != branch:
            return [Discard("answer-of-a-phone-that-has-gone")]
        phone.branch = ""
        phone.has_answered = True
        took = now - phone.asked_at
        is_sure = flow.reliable or took < self._stack.timers.t1  # from then on it is sent again
        phone.round_trip = took if is_sure else None
        return self._is_there(key, phone)

    def failed(self, branch: str, status: int, now: float) -> list[EndpointOutput]:
        key = self._asked.pop(branch)
        phone = self._phones.get(key)
        if phone is None or phone.branch != branch:
            return []
        phone.branch = ""
        if status != _SILENCE:
            return []  # the connection is lost, and the binding with it
        phone.misses += 1
        silent = self._registrar.silent
        if not phone.has_answered or phone.misses < self._settings.misses or key in silent:
            return []
        silent.add(key)
        return [PhoneUnreachable(key[0], key[1])]

    # What it never has

    def owns(self, request: Request, to_tag: str) -> bool:
        return False

    def doubts(self, to_tag: str, flow: Flow) -> str | None:
        return None

    def serve(self, request: Request, flow: Flow, key: str, now: float) -> list[EndpointOutput]:
        return [Discard("request-without-dialog")]

    def flow_lost(self, flow: Flow, now: float) -> list[EndpointOutput]:
        return []  # the registrar says what has gone with it

    # Time

    @property
    def deadline(self) -> float | None:
        if not self._queue:
            return None
        due = self._queue[0][0]
        return due if due > self._not_before else self._not_before

    def expire(self, now: float) -> list[EndpointOutput]:
        outputs: list[EndpointOutput] = []
        if now < self._not_before:
            return outputs
        gap = self._settings.period / _HASTE / max(1, len(self._phones))
        most, count = 1 + int(_TICK / gap), 0
        while self._queue and self._queue[0][0] <= now and count < most:
            due, key = self._queue.popleft()
            phone = self._phones.get(key)
            if phone is not None and phone.due == due:
                outputs += self._ask(key, phone, now)
                count += 1
        self._not_before = now + count * gap
        return outputs

    def counts(self) -> dict[str, int]:
        return {"qualified_phones": len(self._phones), "questions": len(self._asked)}

    # Inside

    def _concerns(self, binding: Binding) -> bool:
        settings = self._settings
        wanted = settings.exceptions.get(binding.extension)
        if wanted is not None:
            return wanted
        if settings.everybody:
            return True
        return binding.flow.transport == "udp" and not binding.path and _is_behind_router(binding)

    def _add(self, key: BindingKey, due: float) -> None:
        self._phones[key] = Phone(due)
        self._queue.append((due, key))

    def _forget(self, key: BindingKey) -> None:
        self._registrar.silent.discard(key)
        phone = self._phones.pop(key, None)
        if phone is not None:
            self._asked.pop(phone.branch, None)

    def _is_there(self, key: BindingKey, phone: Phone) -> list[EndpointOutput]:
        phone.misses = 0
        if key not in self._registrar.silent:
            return []
        self._registrar.silent.discard(key)
        return [PhoneReachable(key[0], key[1])]

    def _ask(self, key: BindingKey, phone: Phone, now: float) -> list[EndpointOutput]:
        phone.due = now + self._settings.period
        self._queue.append((phone.due, key))
        binding = self._registrar.find(key)
        if binding is None or phone.branch:  # the last question may take longer than a period
            return []
        stack = self._stack
        face = stack.listeners.face(binding.flow)
        request = Request.build(
            OPTIONS,
            binding.contact,
            (
                (Header.MAX_FORWARDS, "70"),
                *((Header.ROUTE, route) for route in binding.path),
                (Header.FROM, f"<sip:{face.host}>;tag={stack.identifiers.tag()}"),
                (Header.TO, f"<{binding.contact}>"),
                (Header.CALL_ID, stack.identifiers.call_id()),
                (Header.CSEQ, f"1 {OPTIONS}"),
                (Header.CONTACT, face.contact),
                (Header.ACCEPT, "application/sdp"),
                stack.user_agent,
            ),
        )
        phone.asked_at = now
        phone.branch, sent = stack.layer.request(request, binding.flow, now)
        self._asked[phone.branch] = key
        return [*sent]


def _is_behind_router(binding: Binding) -> bool:
    """Whether the address in the contact is another than the one that the phone is seen with."""
    host, contact = binding.flow.remote[0], binding.contact
    at = contact.find(host)
    if at < 0:
        return True
    after = contact[at + len(host) : at + len(host) + 1]
    return after.isdigit() or contact[at - 1] not in "@:["
