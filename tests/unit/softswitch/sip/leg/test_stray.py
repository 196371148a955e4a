"""A 2xx that comes again, or late, or from a second phone."""

import pytest

from softswitch.sip.message import Request
from softswitch.sip.vocabulary import Change, End, Party, Place, Target, Withdraw
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk
from tests.unit.softswitch.sip.speaking import answer, contact_of, flow, request


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def invite(desk: Desk) -> Request:
    target = Target("sip:102@10.0.0.7", flow())
    return desk.tell(Place("b", target, Party("101"), "102", OFFER)).request


def answer_of(desk: Desk, invite: Request, tag: str = "callee") -> list[str]:
    """Send the phone's answer; return the methods of what follows."""
    return desk.send(answer(invite, 200, tag, ANSWER, [contact_of("102")])).methods


def bye_of(invite: Request) -> Request:
    return request(
        "BYE", "102", "101", call_id=invite.call_id(), from_tag="callee",
        to_tag=invite.from_().tag or "",
    )  # fmt: skip


@pytest.mark.parametrize("hangs_up", ["we", "they"])
def test_an_answer_that_comes_again_after_the_end_gets_its_ack_alone(
    desk: Desk, invite: Request, hangs_up: str
) -> None:
    assert answer_of(desk, invite) == ["ACK"]
    if hangs_up == "we":
        desk.tell(End("b"))
    else:
        desk.send(bye_of(invite))
    assert answer_of(desk, invite) == ["ACK"]


def test_an_answer_that_crossed_the_cancel_and_comes_again_gets_its_ack_alone(
    desk: Desk, invite: Request
) -> None:
    desk.send(answer(invite, 180))
    desk.tell(Withdraw("b"))
    assert answer_of(desk, invite) == ["ACK", "BYE"]
    assert answer_of(desk, invite) == ["ACK"]


def test_a_second_phone_that_answers_after_the_end_is_hung_up(desk: Desk, invite: Request) -> None:
    answer_of(desk, invite)
    desk.tell(End("b"))
    assert answer_of(desk, invite, "other") == ["ACK", "BYE"]


def test_a_change_that_is_answered_after_the_end_is_only_acknowledged(
    desk: Desk, invite: Request
) -> None:
    answer_of(desk, invite)
    change = desk.tell(Change("b", OFFER)).request
    desk.send(bye_of(invite))
    assert answer_of(desk, change) == ["ACK"]


def test_an_end_is_remembered_no_longer_than_an_answer_can_come_again(
    desk: Desk, invite: Request
) -> None:
    answer_of(desk, invite)
    desk.tell(End("b"))
    desk.advance(33.0)
    assert answer_of(desk, invite) == []
