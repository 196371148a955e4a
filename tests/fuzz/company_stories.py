"""What a fuzzer begins with in a company: calls as they go, and as they go wrong."""

from collections.abc import Iterator

from tests.fuzz.company import STATUSES
from tests.fuzz.phones import METHODS
from tests.fuzz.script import Edit, Script, Step
from tests.fuzz.staff import BODIES, NUMBERS, Manner
from tests.fuzz.workers import MEDIA

CALL, GO_ON, WRITE, ANSWER, HEAR, WAIT, LOSE, REPEAT, BEHAVE = range(9)
INVITE, REGISTER, OPTIONS, MESSAGE, SUBSCRIBE, REFER, ACK, BYE, CANCEL, PRACK, UPDATE, INFO = range(
    12
)
PROXIED, BY_TCP, UNPROVEN = 4, 8, 16
CALLEE, CALLER = 0, 1
"""Talks, from the newest: who was called last, and who has called."""

TO_102, TO_103, TO_104, TO_SALES, TO_SERVICE, TO_MENU, TO_ECHO = 1, 2, 3, 4, 5, 7, 9
RELIABLY, REPLACING = 16 * 1, 16 * 8
ATTENDED = 128
OK, BUSY, ELSEWHERE = 1, 3, 6
SECOND, MOMENT, RING, WAIT_OF_32, LONG_WAIT = 1, 3, 4, 5, 6
"""Numbers of MOMENTS."""

LOST = len(MEDIA)


def with_body(method: int, body: int) -> int:
    return method + body * len(METHODS)


def call(who: int, number: int, body: int = 0) -> Step:
    return Step(CALL, who, with_body(INVITE, body), number)


def said(talk: int, method: int, which: int = 0, body: int = 0) -> Step:
    return Step(GO_ON, talk, with_body(method, body), which)


def answered(status: int = OK, which: int = 0) -> Step:
    return Step(ANSWER, 0, status, which)


def behave(who: int, manner: Manner) -> Step:
    return Step(BEHAVE, who, manner, 0)


def wait(moment: int) -> Step:
    return Step(WAIT, 0, moment, 0)


TALK = (call(0, TO_102), answered())
EAGER = tuple(behave(who, Manner.EAGER) for who in range(3))


def stories() -> Iterator[Script]:
    for steps in (*_calls(), *_changes(), *_applications(), *_handovers(), *_mishaps()):
        yield Script(steps)


def _calls() -> Iterator[tuple[Step, ...]]:
    for who in (0, PROXIED | BY_TCP, 3, UNPROVEN):
        for method in range(len(METHODS)):
            yield (Step(CALL, who, method, 1), Step(REPEAT, 0, 0, 0))
    for number in range(len(NUMBERS)):
        yield (call(0, number), answered(), wait(SECOND), said(CALLER, BYE))
        yield (call(0, number), said(0, CANCEL), wait(RING))
        yield (call(0, number), *(wait(RING) for _ in range(6)))
    for number in (TO_102, TO_SALES):
        yield (call(PROXIED, number), answered(), said(CALLER, BYE))
    for body, headers in [*((body, 0) for body in range(len(BODIES))), *((0, h) for h in range(6))]:
        yield (call(0, TO_102 + 16 * headers, body), answered(OK, body), said(CALLEE, BYE))
        yield (call(1, TO_103 + 16 * headers, body), answered(2, body + RELIABLY), answered())
        yield (call(0, TO_102 + 16 * headers, body), answered(), wait(LONG_WAIT), said(CALLER, BYE))
    unacknowledged = (behave(0, Manner.MUTE), call(0, TO_102 + RELIABLY), answered(2))
    yield (*unacknowledged, answered(), wait(WAIT_OF_32))
    for status in range(len(STATUSES)):
        yield (call(0, TO_SALES), answered(status), wait(RING), answered(status, 32), answered())
        yield (call(2, TO_102), answered(status, 64), wait(RING), answered())
    for manner in Manner:
        yield (behave(1, manner), call(0, TO_102), wait(MOMENT), said(CALLEE, BYE))
        yield (behave(0, manner), call(0, TO_102), answered(), wait(WAIT_OF_32), said(CALLEE, BYE))


def _changes() -> Iterator[tuple[Step, ...]]:
    for talk in (CALLEE, CALLER):
        for method in range(len(METHODS)):
            yield (*TALK, said(talk, method), said(1 - talk, method), said(talk, BYE))
        yield (*TALK, said(talk, UPDATE, 1), wait(LONG_WAIT), said(talk, BYE))
        for body in range(len(BODIES)):
            yield (*TALK, said(talk, INVITE, 0, body), said(talk, INVITE), said(1 - talk, BYE))
            yield (*TALK, behave(talk, Manner.CONTRARY), said(1 - talk, INVITE, 0, body))
    yield (call(0, TO_102 + RELIABLY), answered(2, RELIABLY), said(CALLER, UPDATE), answered())


def _applications() -> Iterator[tuple[Step, ...]]:
    for key in range(5):
        pressed = Step(HEAR, 0, 0, key)
        yield (call(0, TO_MENU), pressed, wait(MOMENT), answered(), pressed, said(CALLER, BYE))
        yield (call(0, TO_MENU), wait(MOMENT), pressed, said(0, INFO), wait(RING), wait(RING))
    for event in range(len(MEDIA) + 1):
        yield (
            call(0, TO_104),
            wait(MOMENT),
            Step(HEAR, 0, event, 0),
            wait(WAIT_OF_32),
            said(0, BYE),
        )
        yield (*TALK, Step(HEAR, 0, event, 1), Step(HEAR, 1, event, 0), wait(WAIT_OF_32))
        yield (call(0, TO_ECHO), Step(HEAR, 0, event, 1), said(0, INVITE, 0, 1), wait(LONG_WAIT))


def _handovers() -> Iterator[tuple[Step, ...]]:
    for talk in (CALLEE, CALLER):
        for number in range(len(NUMBERS)):
            yield (*TALK, said(talk, REFER, number), answered(), wait(RING), said(0, BYE))
        yield (*TALK, said(talk, REFER, 2), said(talk, BYE), answered(BUSY), wait(RING))
        yield (*TALK, said(talk, REFER, 2), said(1 - talk, REFER, 2), said(talk, UPDATE))
    for replaced in range(4):
        consulted = (*EAGER, call(0, TO_102), call(0, TO_103))
        for referring in (CALLEE, 3):
            handed = said(referring, REFER, ATTENDED | replaced << 4)
            yield (*consulted, handed, wait(SECOND), said(0, BYE), said(1, BYE))
            yield (*TALK, call(0, TO_103), handed, answered(), said(0, BYE))
        taking = call(replaced % 3, TO_102 + REPLACING + 16 * replaced)
        yield (call(0, TO_SALES), taking, wait(SECOND), said(0, BYE))
        yield (*TALK, taking, said(0, BYE), said(1, BYE))
    watching = Step(CALL, 2, SUBSCRIBE, 1)
    yield (watching, *TALK, said(CALLER, BYE), said(3, SUBSCRIBE, 1))
    yield (*TALK, watching, wait(LONG_WAIT), said(0, SUBSCRIBE))


def _mishaps() -> Iterator[tuple[Step, ...]]:
    lost = Step(LOSE, BY_TCP, 0, 0)
    by_tcp = Step(CALL, BY_TCP | 1, REGISTER, 1)
    for after in range(5):
        steps = (by_tcp, call(BY_TCP, TO_102), answered(), said(CALLER, REFER, 2), wait(LONG_WAIT))
        yield (*steps[:after], lost, *steps[after:])
        yield (*steps[:after], Step(LOSE, BY_TCP | 1, 0, 0), *steps[after:])
        yield (*steps[:after], Step(HEAR, 0, LOST, 0), Step(HEAR, 0, LOST, 1), *steps[after:])
    for kind in range(11):
        wound = (Edit(kind, 20_000, 3, b"\x06"),)
        yield (Step(CALL, 0, INVITE, 1, wound), Step(ANSWER, 0, OK, 0, wound))
        yield (*TALK, Step(GO_ON, CALLER, INVITE, 0, wound), Step(GO_ON, CALLEE, BYE, 0, wound))
