"""A phone that wants its provisional responses acknowledged (RFC 3262)."""

import pytest

from softswitch.sip.message import Header, Request, Response
from softswitch.sip.vocabulary import (
    AcceptChange,
    Answered,
    Change,
    ChangeAnswered,
    Changed,
    ChangeRefused,
    Confirm,
    Party,
    Place,
    Progressed,
    Refused,
    Target,
    Withdraw,
)
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk, Done
from tests.unit.softswitch.sip.speaking import answer, contact_of, flow, request

OTHER = b"v=0\r\ns=other\r\n"
PATH = flow(host="198.51.100.9")


def place(desk: Desk, sdp: bytes = OFFER) -> Request:
    target = Target("sip:102@198.51.100.9", PATH)
    return desk.tell(Place("b", target, Party("101"), "102", sdp)).request


def reliably(
    invite: Request, status: int, number: int, sdp: bytes = b"", tag: str = "callee"
) -> Response:
    headers = [
        contact_of("102"),
        (Header.REQUIRE, "100rel"),
        (Header.RSEQ, str(number)),
        (Header.ALLOW, "INVITE, UPDATE"),
    ]
    return answer(invite, status, tag, sdp, headers)


def ok(invite: Request, sdp: bytes = b"", tag: str = "callee") -> Response:
    return answer(invite, 200, tag, sdp, [contact_of("102")])


def within(
    invite: Request, method: str, cseq: int, body: bytes = b"", tag: str = "callee"
) -> Request:
    return request(
        method, "102", "101", cseq=cseq, call_id=invite.call_id(), from_tag=tag,
        to_tag=invite.from_().tag or "", headers=[contact_of("102")], body=body,
    )  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def invite(desk: Desk) -> Request:
    return place(desk)


def prack_of(done: Done) -> tuple[str, str | None, int]:
    asked = done.request
    return asked.method, asked.first(Header.RACK), asked.cseq().number


def test_we_say_that_we_can(invite: Request) -> None:
    assert "100rel" in invite.values(Header.SUPPORTED)
    assert "PRACK" in invite.values(Header.ALLOW)


def test_ringing_is_acknowledged(desk: Desk, invite: Request) -> None:
    done = desk.send(reliably(invite, 180, 4711), PATH)
    assert prack_of(done) == ("PRACK", "4711 1 INVITE", 2)
    assert done.request.to().tag == "callee"
    assert done.event == Progressed("b", 180)
    desk.send(answer(done.request, 200), PATH)
    done = desk.send(ok(invite, ANSWER), PATH)
    assert (done.methods, done.event) == (["ACK"], Answered("b", ANSWER))
    assert done.request.cseq().number == 1
    desk.send(within(invite, "BYE", 1), PATH)


def test_a_prack_that_is_lost_is_sent_again(desk: Desk, invite: Request) -> None:
    first = desk.send(reliably(invite, 180, 1), PATH).request
    assert [again.to_bytes() for again in desk.advance(0.5).requests] == [first.to_bytes()]


def test_copies_and_what_has_overtaken_are_not_acknowledged(desk: Desk, invite: Request) -> None:
    desk.send(reliably(invite, 180, 7), PATH)
    for number in (7, 9, 6):
        done = desk.send(reliably(invite, 183, number, ANSWER), PATH)
        assert (done.requests, done.events) == ([], [])
    assert prack_of(desk.send(reliably(invite, 183, 8, ANSWER), PATH))[1] == "8 1 INVITE"


@pytest.mark.parametrize("number", ["", "x", "0", "-1", str(2**32)])
def test_an_rseq_that_cannot_be_read_is_no_response(
    desk: Desk, invite: Request, number: str
) -> None:
    response = reliably(invite, 180, 1)
    response.set(Header.RSEQ, number)
    assert desk.send(response, PATH).slugs == ["response-unreadable"]


def test_the_answer_in_a_reliable_response_is_the_answer(desk: Desk, invite: Request) -> None:
    done = desk.send(reliably(invite, 183, 1, ANSWER), PATH)
    assert done.event == Progressed("b", 183, ANSWER)
    done = desk.send(reliably(invite, 183, 2, OTHER), PATH)
    assert done.event == Progressed("b", 183)
    assert desk.send(ok(invite, OTHER), PATH).event == Answered("b", ANSWER)


def test_each_fork_has_its_own_order_and_answer(desk: Desk, invite: Request) -> None:
    desk.send(reliably(invite, 183, 1, ANSWER, tag="one"), PATH)
    desk.send(reliably(invite, 183, 50, OTHER, tag="two"), PATH)
    assert prack_of(desk.send(reliably(invite, 180, 51, tag="two"), PATH))[1] == "51 1 INVITE"
    done = desk.send(ok(invite, tag="two"), PATH)
    assert (done.request.to().tag, done.event) == ("two", Answered("b", OTHER))


def test_a_fork_that_said_nothing_reliably_answers_for_itself(desk: Desk, invite: Request) -> None:
    desk.send(reliably(invite, 183, 1, ANSWER, tag="one"), PATH)
    assert desk.send(ok(invite, OTHER, tag="two"), PATH).event == Answered("b", OTHER)
    change = desk.tell(Change("b", OFFER)).request
    assert (change.method, change.to().tag) == ("INVITE", "two")


def test_an_offer_in_a_reliable_response_is_answered_in_prack(desk: Desk) -> None:
    invite = place(desk, b"")
    done = desk.send(reliably(invite, 183, 1, OFFER), PATH)
    assert (done.requests, done.event) == ([], Progressed("b", 183, OFFER))
    done = desk.tell(Confirm("b", ANSWER))
    assert (done.request.method, done.request.body) == ("PRACK", ANSWER)
    done = desk.send(ok(invite), PATH)
    assert (done.methods, done.event) == (["ACK"], Answered("b", b""))
    assert done.request.body == b""


def test_the_phone_changes_the_session_before_it_answers(desk: Desk, invite: Request) -> None:
    desk.send(reliably(invite, 183, 1, ANSWER), PATH)
    done = desk.send(within(invite, "UPDATE", 1, OTHER), PATH)
    assert (done.responses, done.event) == ([], Changed("b", OTHER))
    response = desk.tell(AcceptChange("b", ANSWER)).response
    assert (response.status, response.body) == (200, ANSWER)
    assert desk.send(ok(invite), PATH).event == Answered("b", OTHER), "what it said last"


def test_an_update_for_a_fork_that_is_not_known_gets_481(desk: Desk, invite: Request) -> None:
    desk.send(reliably(invite, 183, 1, ANSWER), PATH)
    assert desk.send(within(invite, "UPDATE", 1, OTHER, tag="x"), PATH).statuses == [481]


def test_we_change_the_session_before_the_phone_answers(desk: Desk, invite: Request) -> None:
    desk.send(reliably(invite, 183, 1, ANSWER), PATH)
    update = desk.tell(Change("b", OTHER)).request
    assert (update.method, update.body) == ("UPDATE", OTHER)
    assert desk.send(within(invite, "UPDATE", 1, OTHER), PATH).statuses == [491]
    assert desk.send(ok(update, ANSWER), PATH).event == ChangeAnswered("b", ANSWER)


def test_a_reliable_response_after_the_withdrawal_is_acknowledged_and_not_told(
    desk: Desk, invite: Request
) -> None:
    desk.tell(Withdraw("b"))
    done = desk.send(reliably(invite, 183, 1, ANSWER), PATH)
    assert (sorted(done.methods), done.events) == (["CANCEL", "PRACK"], [])
    assert desk.send(answer(invite, 487), PATH).event == Refused("b", 487, "Request Terminated")
    desk.advance(100.0)
    assert desk.held == {}


def test_no_more_forks_are_kept_than_there_is_room_for(desk: Desk, invite: Request) -> None:
    for number in range(10):
        desk.send(reliably(invite, 180, 1, tag=f"t{number}"), PATH)
    done = desk.send(reliably(invite, 180, 1, tag="t10"), PATH)
    assert (done.requests, done.slugs) == ([], ["reliable-response-out-of-order"])


def test_who_has_not_answered_cannot_hang_up(desk: Desk, invite: Request) -> None:
    desk.send(reliably(invite, 183, 1, ANSWER), PATH)
    done = desk.send(within(invite, "BYE", 1), PATH)
    assert (done.statuses, done.events) == ([481], [])
    assert isinstance(desk.send(answer(invite, 480), PATH).event, Refused)
    desk.advance(100.0)
    assert desk.held == {}


@pytest.mark.parametrize("status", [408, 481])
def test_an_early_change_that_finds_nobody_leaves_the_end_to_the_invite(
    desk: Desk, invite: Request, status: int
) -> None:
    desk.send(reliably(invite, 183, 1, ANSWER), PATH)
    update = desk.tell(Change("b", OTHER)).request
    done = desk.send(answer(update, status), PATH)
    assert (done.requests, done.event) == ([], ChangeRefused("b", status))
    assert desk.send(ok(invite), PATH).event == Answered("b", ANSWER)


def test_what_another_fork_has_asked_is_over_with_the_answer(desk: Desk, invite: Request) -> None:
    for tag in ("one", "two"):
        desk.send(reliably(invite, 183, 1, ANSWER, tag=tag), PATH)
    assert desk.send(within(invite, "UPDATE", 1, OTHER, tag="two"), PATH).events
    assert desk.send(within(invite, "UPDATE", 1, OTHER, tag="one"), PATH).statuses == [500]
    done = desk.send(ok(invite, tag="one"), PATH)
    assert (done.statuses, done.methods) == ([481], ["ACK"])
    assert desk.tell(AcceptChange("b", ANSWER)).slugs == ["command-out-of-state"]


def test_what_we_have_asked_another_fork_is_over_with_the_answer(
    desk: Desk, invite: Request
) -> None:
    desk.send(reliably(invite, 183, 1, ANSWER, tag="one"), PATH)
    update = desk.tell(Change("b", OTHER)).request
    done = desk.send(ok(invite, ANSWER, tag="two"), PATH)
    assert done.events == [ChangeRefused("b", 481), Answered("b", ANSWER)]
    assert desk.send(ok(update, ANSWER, tag="one"), PATH).slugs == ["response-unawaited"]
    assert desk.tell(Change("b", OTHER)).methods == ["INVITE"]
