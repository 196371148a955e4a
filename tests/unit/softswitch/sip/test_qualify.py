"""Phones that are asked whether they are there."""

from collections import Counter

import pytest

from softswitch.sip.binding import Binding, PhoneReachable, PhoneUnreachable
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request
from softswitch.sip.settings import EndpointSettings, QualifySettings
from tests.unit.softswitch.sip.desk import Desk, Done
from tests.unit.softswitch.sip.speaking import REALM, answer, flow, request

CONTACT = "sip:101@10.0.0.7:5060"
"""Of a phone that is seen with another address."""

GONE = PhoneUnreachable("101", CONTACT)
BACK = PhoneReachable("101", CONTACT)


def desk(settings: QualifySettings | None = None) -> Desk:
    return Desk(EndpointSettings(realm=REALM, qualify=settings or QualifySettings(misses=2)))


def asked(done: Done) -> list[Request]:
    return [one for one in done.requests if one.method == "OPTIONS"]


def reply(desk: Desk, question: Request, status: int = 200, path: Flow | None = None) -> Done:
    return desk.send(answer(question, status), path)


def is_called(desk: Desk) -> bool:
    return desk.endpoint.registrar.is_registered("101", desk.now)


def test_a_phone_behind_a_router_is_asked_by_its_flow_once_a_minute() -> None:
    one = desk()
    one.register(path=flow(port=40001))
    assert one.advance(59.0).flows == []
    done = one.advance(1.0)
    [question] = asked(done)
    assert done.flows == [flow(port=40001)]
    assert question.uri == CONTACT
    assert (question.from_().uri.number, question.to().tag) == ("", None)
    one.now += 0.08
    reply(one, question, 404)
    [binding] = one.endpoint.registrar.bindings(one.now)
    assert one.endpoint.qualify.round_trip(binding) == pytest.approx(0.08)
    assert asked(one.advance(59.0)) == []
    assert len(asked(one.advance(1.0))) == 1


@pytest.mark.parametrize("connection", [0, 7], ids=["udp", "tcp"])
def test_an_answer_to_a_question_that_was_sent_twice_tells_no_time(connection: int) -> None:
    """RFC 6298, section 3: it may be to either of them. By TCP there is one."""
    one, path = desk(QualifySettings(everybody=True)), flow(connection=connection)

    def took(seconds: float) -> float | None:
        due = one.endpoint.qualify.deadline
        assert due is not None
        [question] = asked(one.advance(due - one.now))
        copies = asked(one.advance(seconds))
        assert len(copies) == (seconds >= 0.5 and not connection)
        assert reply(one, question, path=path).slugs == []
        [binding] = one.endpoint.registrar.bindings(one.now)
        return one.endpoint.qualify.round_trip(binding)

    one.register(path=path)
    assert took(0.5) == (pytest.approx(0.5) if connection else None)
    assert took(0.4) == pytest.approx(0.4)
    assert took(0.6) == (pytest.approx(0.6) if connection else None), "the old one is not true now"


def test_who_answers_no_more_is_not_called_until_he_answers_again() -> None:
    one = desk()
    one.register()
    [question] = asked(one.advance(60.0))
    reply(one, question)
    assert one.advance(60.0 + 32.0).reach == []
    assert is_called(one)
    assert one.advance(60.0).reach == [GONE]
    assert not is_called(one)
    assert len(one.endpoint.registrar.bindings(one.now)) == 1
    question = asked(one.advance(30.0))[0]
    assert reply(one, question).reach == [BACK]
    assert is_called(one)
    assert reply(one, question).reach == []


def test_who_registers_again_is_there_again() -> None:
    one = desk()
    one.register()
    reply(one, asked(one.advance(60.0))[0])
    assert one.advance(60.0 + 60.0 + 32.0).reach == [GONE]
    assert one.ask(request("REGISTER", call_id="again", headers=[contact()])).reach == [BACK]
    assert is_called(one)
    assert one.advance(60.0).reach == [], "it is counted anew"


def contact(text: str = CONTACT, more: str = "") -> tuple[Header, str]:
    return Header.CONTACT, f"<{text}>{more}"


def test_who_has_never_answered_may_be_unable_to() -> None:
    one = desk()
    one.register()
    assert one.advance(1000.0).reach == []
    assert is_called(one)


def test_nothing_is_left_of_who_has_gone() -> None:
    one = desk()
    one.register()
    reply(one, asked(one.advance(60.0))[0])
    assert one.advance(152.0).reach == [GONE]
    one.ask(request("REGISTER", call_id="bye", headers=[contact(more=";expires=0")]))
    assert one.endpoint.registrar.silent == set()
    assert one.advance(200.0).requests == []
    assert one.held == {}


def test_a_phone_that_leaves_while_it_is_asked_is_not_missed() -> None:
    one = desk()
    one.register(headers=[contact(), (Header.EXPIRES, "61")])
    [question] = asked(one.advance(60.0))
    one.advance(1.0)
    assert reply(one, question).slugs == ["response-unawaited"]
    one.advance(100.0)
    assert one.held == {}


@pytest.mark.parametrize(
    ("text", "path", "settings", "is_asked"),
    [
        (CONTACT, flow(), QualifySettings(), True),
        ("sip:101@198.51.100.7:5060", flow(), QualifySettings(), False),
        ("sip:198.51.100.7", flow(), QualifySettings(), False),
        ("sip:101@198.51.100.77", flow(), QualifySettings(), True),
        ("sip:101@1198.51.100.7", flow(), QualifySettings(), True),
        ("sip:101@phone.example", flow(), QualifySettings(), True),
        ("sip:101@[2001:db8::7]:5060", flow(host="2001:db8::7"), QualifySettings(), False),
        (CONTACT, flow(connection=7), QualifySettings(), False),
        (CONTACT, flow(connection=7), QualifySettings(everybody=True), True),
        ("sip:101@198.51.100.7", flow(), QualifySettings(everybody=True), True),
        ("sip:101@198.51.100.7", flow(), QualifySettings(exceptions={"101": True}), True),
        (CONTACT, flow(), QualifySettings(exceptions={"101": False}), False),
        (CONTACT, flow(), QualifySettings(exceptions={"102": False}), True),
        (CONTACT, flow(), QualifySettings(period=0.0, everybody=True), False),
    ],
)
def test_who_is_asked(text: str, path: Flow, settings: QualifySettings, is_asked: bool) -> None:
    one = desk(settings)
    one.register(headers=[contact(text)], path=path)
    assert bool(asked(one.advance(61.0))) == is_asked


def test_a_phone_behind_a_proxy_is_asked_through_it_and_only_where_all_are() -> None:
    for everybody in (False, True):
        one = desk(QualifySettings(everybody=everybody))
        path = [(Header.PATH, "<sip:edge.example;lr>"), (Header.SUPPORTED, "path")]
        one.register(headers=[contact(), *path])
        questions = asked(one.advance(60.0))
        assert [question.values(Header.ROUTE) for question in questions] == (
            [["<sip:edge.example;lr>"]] if everybody else []
        )


def restored(count: int, now: float) -> list[Binding]:
    return [
        Binding("101", f"sip:{n}@10.0.0.7", flow(port=1000 + n), now + 3600.0, 1.0, "c", 1)
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [3, 1000])
def test_after_a_restart_questions_are_spread_over_the_period(count: int) -> None:
    one = desk()
    one.endpoint.restore(restored(count, one.now), one.now)
    seconds: Counter[int] = Counter()
    answered: set[str] = set()
    for second in range(180):
        for question in asked(one.advance(1.0)):
            if question.branch() not in answered:
                answered.add(question.branch())
                seconds[second] += 1
                port = 1000 + int(question.uri[4:].partition("@")[0])
                reply(one, question, path=flow(port=port))
    assert max(seconds.values()) <= count / 60 * 1.5 + 2
    rounds = [sum(seconds[second] for second in range(at, at + 60)) for at in (0, 60, 120)]
    assert rounds == [pytest.approx(count, rel=0.1, abs=1)] * 3


def test_a_lost_connection_is_no_missing_answer() -> None:
    one = desk(QualifySettings(everybody=True, misses=1))
    path = flow(connection=7)
    one.register(path=path)
    reply(one, asked(one.advance(60.0))[0], path=path)
    assert len(asked(one.advance(60.0))) == 1
    assert one.lose(path).reach == []
    one.advance(100.0)
    assert one.held == {}
