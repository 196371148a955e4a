"""A caller who acknowledges provisional responses (RFC 3262), and may change the session early."""

import pytest

from softswitch.sip.message import Header
from softswitch.sip.vocabulary import (
    Accept,
    AcceptChange,
    Change,
    ChangeAnswered,
    Changed,
    Confirmed,
    End,
    Ended,
    Progress,
    Refuse,
    RefuseChange,
    Ring,
    SendDigit,
)
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk, Done
from tests.unit.softswitch.sip.speaking import answer, contact_of, request

SUPPORTED = (Header.SUPPORTED, "timer, 100REL")
REQUIRED = (Header.REQUIRE, "100rel")
OTHER = b"v=0\r\ns=other\r\n"


class Caller:
    """The phone that called, with its own CSeq."""

    def __init__(self, desk: Desk, *headers: tuple[Header | str, str], sdp: bytes = OFFER) -> None:
        self.desk = desk
        self.cseq = 2
        self.offered = desk.offer(sdp=sdp, headers=headers)
        self.leg = self.offered.leg
        self.tag = ""

    def heard(self, done: Done) -> tuple[int, int]:
        """Return status and RSeq of the only response, and keep its tag."""
        self.tag = done.response.to().tag or ""
        return done.response.status, int(done.response.first(Header.RSEQ) or 0)

    def prack(self, number: int, body: bytes = b"", cseq: int = 2) -> Done:
        return self.send("PRACK", body, (Header.RACK, f"{number} {cseq} INVITE"))

    def send(self, method: str, body: bytes = b"", *headers: tuple[Header | str, str]) -> Done:
        if method != "ACK":
            self.cseq += 1
        cseq = 2 if method == "ACK" else self.cseq
        contact = [contact_of()] if method in ("INVITE", "UPDATE") else []
        return self.desk.send(
            request(
                method, "101", "102", cseq=cseq, to_tag=self.tag, body=body,
                headers=[*contact, *headers],
            )
        )  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def caller(desk: Desk) -> Caller:
    return Caller(desk, SUPPORTED)


def test_who_requires_it_gets_every_provisional_response_reliably(desk: Desk) -> None:
    caller = Caller(desk, REQUIRED)
    done = desk.tell(Ring(caller.leg))
    status, number = caller.heard(done)
    assert (status, done.response.first(Header.REQUIRE)) == (180, "100rel")
    assert 1 <= number < 2**31
    assert caller.prack(number).statuses == [200]
    assert caller.heard(desk.tell(Progress(caller.leg, ANSWER))) == (183, number + 1)


def test_who_can_but_need_not_gets_reliably_what_has_a_session(desk: Desk, caller: Caller) -> None:
    assert caller.heard(desk.tell(Ring(caller.leg)))[1] == 0
    assert caller.heard(desk.tell(Progress(caller.leg, ANSWER)))[1] > 0


def test_who_cannot_gets_nothing_reliably(desk: Desk) -> None:
    caller = Caller(desk)
    assert caller.heard(desk.tell(Progress(caller.leg, ANSWER))) == (183, 0)


def test_what_the_answer_may_contradict_is_no_answer(desk: Desk, caller: Caller) -> None:
    done = desk.tell(Progress(caller.leg, ANSWER, may_differ=True))
    assert caller.heard(done) == (183, 0)
    assert done.response.body == ANSWER
    assert desk.tell(Accept(caller.leg, OTHER)).response.body == OTHER


def test_it_is_repeated_with_doubling_gaps_until_prack(desk: Desk, caller: Caller) -> None:
    _, number = caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    assert [len(desk.advance(gap).responses) for gap in (0.5, 1.0, 2.0, 3.9, 0.1)] == [
        1, 1, 1, 0, 1,
    ]  # fmt: skip
    assert caller.prack(number).statuses == [200]
    assert desk.advance(20.0).responses == []


def test_without_prack_the_call_is_refused(desk: Desk, caller: Caller) -> None:
    caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    done = desk.advance(32.1)
    assert (done.statuses[-1], done.event) == (504, Ended(caller.leg, "no-prack"))


@pytest.mark.parametrize(("add", "cseq"), [(1, 2), (-1, 2), (0, 3)])
def test_a_prack_for_something_else_gets_481(
    desk: Desk, caller: Caller, add: int, cseq: int
) -> None:
    _, number = caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    assert caller.prack(number + add, cseq=cseq).statuses == [481]


def test_a_prack_that_comes_again_as_another_request_gets_481(desk: Desk, caller: Caller) -> None:
    _, number = caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    assert caller.prack(number).statuses == [200]
    assert caller.prack(number).statuses == [481]


@pytest.mark.parametrize("rack", ["", "x", "1 2", "1 b INVITE"])
def test_a_rack_that_cannot_be_read_gets_400(desk: Desk, caller: Caller, rack: str) -> None:
    caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    assert caller.send("PRACK", b"", (Header.RACK, rack)).statuses == [400]


def test_one_waits_for_the_prack_of_the_one_before(desk: Desk) -> None:
    caller = Caller(desk, REQUIRED)
    _, number = caller.heard(desk.tell(Ring(caller.leg)))
    assert desk.tell(Progress(caller.leg, ANSWER)).responses == []
    done = caller.prack(number)
    assert done.statuses == [200, 183]
    assert done.responses[1].first(Header.RSEQ) == str(number + 1)


def test_the_answer_waits_for_the_prack_of_a_session_and_does_not_repeat_it(
    desk: Desk, caller: Caller
) -> None:
    _, number = caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    assert desk.tell(Accept(caller.leg, ANSWER)).responses == []
    done = caller.prack(number)
    assert done.statuses == [200, 200]
    assert done.responses[1].body == b""
    assert caller.send("ACK").event == Confirmed(caller.leg)


def test_keys_of_who_has_answered_wait_for_the_answer(desk: Desk) -> None:
    caller = Caller(desk, SUPPORTED, (Header.ALLOW, "INVITE, INFO"))
    _, number = caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    assert desk.tell(SendDigit(caller.leg, "9", 100)).slugs == ["command-out-of-state"]
    desk.tell(Accept(caller.leg, ANSWER))
    for _ in range(32):
        done = desk.tell(SendDigit(caller.leg, "5", 100))
        assert (done.requests, done.slugs) == ([], [])
    assert desk.tell(SendDigit(caller.leg, "5", 100)).slugs == ["command-out-of-state"]
    done = caller.prack(number)
    assert done.statuses == [200, 200]
    assert done.methods == ["INFO"] * 32
    assert [asked.cseq().number for asked in done.requests] == list(range(2, 34))
    assert done.requests[0].body == b"Signal=5\r\nDuration=100\r\n"


def test_the_answer_does_not_wait_for_the_prack_of_mere_ringing(desk: Desk) -> None:
    caller = Caller(desk, REQUIRED)
    _, number = caller.heard(desk.tell(Ring(caller.leg)))
    assert desk.tell(Accept(caller.leg, ANSWER)).statuses == [200]
    assert caller.prack(number).statuses == [200]
    caller.send("ACK")
    assert desk.advance(40.0).responses == []


def test_a_refusal_waits_for_nobody(desk: Desk, caller: Caller) -> None:
    caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    assert desk.tell(Refuse(caller.leg, 486)).statuses == [486]


def test_giving_up_while_the_answer_waits(desk: Desk, caller: Caller) -> None:
    caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    desk.tell(Accept(caller.leg, ANSWER))
    branch = f"{request('INVITE', to='102').via().branch}-2"
    done = desk.send(request("CANCEL", to="102", cseq=2, branch=branch))
    assert (done.statuses, done.event) == ([200, 487], Ended(caller.leg, "cancel"))


def test_who_offers_nothing_gets_our_offer_early_and_answers_in_prack(desk: Desk) -> None:
    caller = Caller(desk, SUPPORTED, sdp=b"")
    assert caller.offered.can_answer_early
    done = desk.tell(Progress(caller.leg, OFFER))
    status, number = caller.heard(done)
    assert (status, done.response.body) == (183, OFFER)
    done = caller.prack(number, ANSWER)
    assert (done.statuses, done.event) == ([200], Confirmed(caller.leg, ANSWER))
    assert desk.tell(Accept(caller.leg, OFFER)).response.body == b""
    assert caller.send("ACK").event == Confirmed(caller.leg)


def test_who_offers_nothing_and_cannot_acknowledge_hears_no_offer_early(desk: Desk) -> None:
    caller = Caller(desk, sdp=b"")
    assert not caller.offered.can_answer_early
    assert desk.tell(Progress(caller.leg, OFFER)).response.body == b""
    assert desk.tell(Accept(caller.leg, OFFER)).response.body == OFFER


def test_a_prack_may_carry_another_offer(desk: Desk, caller: Caller) -> None:
    _, number = caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    done = caller.prack(number, OTHER)
    assert (done.statuses, done.event) == ([], Changed(caller.leg, OTHER))
    assert desk.tell(Accept(caller.leg, ANSWER)).responses == []
    done = desk.tell(AcceptChange(caller.leg, ANSWER))
    assert [(r.status, r.cseq().method) for r in done.responses] == [
        (200, "PRACK"),
        (200, "INVITE"),
    ]


def test_the_caller_changes_the_session_before_the_answer(desk: Desk, caller: Caller) -> None:
    _, number = caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    caller.prack(number)
    done = caller.send("UPDATE", OTHER)
    assert (done.statuses, done.event) == ([], Changed(caller.leg, OTHER))
    response = desk.tell(AcceptChange(caller.leg, ANSWER)).response
    assert (response.status, response.body, response.cseq().method) == (200, ANSWER, "UPDATE")
    assert desk.tell(Accept(caller.leg, ANSWER)).statuses == [200]


def test_a_change_before_the_first_answer_is_asked_to_wait(desk: Desk, caller: Caller) -> None:
    caller.heard(desk.tell(Ring(caller.leg)))
    done = caller.send("UPDATE", OTHER)
    assert done.statuses == [500]
    assert 0 <= int(done.response.first(Header.RETRY_AFTER) or -1) <= 10


def test_a_second_change_before_the_first_is_answered_is_asked_to_wait(
    desk: Desk, caller: Caller
) -> None:
    _, number = caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    caller.prack(number)
    caller.send("UPDATE", OTHER)
    assert caller.send("UPDATE", OFFER).statuses == [500]
    assert desk.tell(RefuseChange(caller.leg, 488, "305 Nothing in common")).statuses == [488]


def test_an_early_change_that_is_refused_says_why(desk: Desk, caller: Caller) -> None:
    _, number = caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    caller.prack(number)
    caller.send("UPDATE", OTHER)
    refusal = desk.tell(RefuseChange(caller.leg, 488, '305 No "codec" in common')).response
    assert refusal.first(Header.WARNING) == "305 192.0.2.1 \"No 'codec' in common\""


def test_we_change_the_session_before_the_answer(desk: Desk) -> None:
    caller = Caller(desk, SUPPORTED, (Header.ALLOW, "INVITE, UPDATE"))
    _, number = caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    caller.prack(number)
    update = desk.tell(Change(caller.leg, OTHER)).request
    assert (update.method, update.body) == ("UPDATE", OTHER)
    assert caller.send("UPDATE", OFFER).statuses == [491]
    done = desk.send(answer(update, 200, "phone", OFFER, [contact_of()]))
    assert done.event == ChangeAnswered(caller.leg, OFFER)


def test_an_early_change_of_ours_that_is_never_answered_is_left_behind_by_nobody(
    desk: Desk,
) -> None:
    caller = Caller(desk, SUPPORTED, (Header.ALLOW, "INVITE, UPDATE"))
    _, number = caller.heard(desk.tell(Progress(caller.leg, ANSWER)))
    caller.prack(number)
    desk.tell(Change(caller.leg, OTHER))
    desk.tell(Accept(caller.leg, ANSWER))
    assert desk.tell(End(caller.leg)).event == Ended(caller.leg, "ended")
    assert caller.send("ACK").methods == ["BYE"]
    desk.advance(70.0)
    assert desk.held == {}
