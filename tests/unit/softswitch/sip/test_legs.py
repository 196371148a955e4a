"""A call that takes the place of another (RFC 3891, section 3)."""

import pytest

from softswitch.sip.message import Header
from softswitch.sip.vocabulary import Accept, End, Offered, Party, Place, Target
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk, Done
from tests.unit.softswitch.sip.speaking import answer, contact_of, flow, request


@pytest.fixture
def desk() -> Desk:
    return Desk()


def invites(desk: Desk, replaces: str, *more: tuple[Header | str, str]) -> Done:
    """Let 103 call in the place of somebody."""
    asked = request(
        "INVITE",
        "103",
        "102",
        call_id="new",
        headers=[contact_of("103"), (Header.REPLACES, replaces), *more],
        body=OFFER,
    )
    return desk.ask(asked, user="103")


def rings(desk: Desk, status: int = 180) -> str:
    """Let the phone of 102 ring, or answer; return the name of its dialog, as we know it."""
    invite = desk.tell(
        Place("b", Target("sip:102@x", flow(40002)), Party("101"), "102", OFFER)
    ).request
    sdp = ANSWER if status == 200 else b""
    desk.send(answer(invite, status, "phone", sdp, [contact_of("102")]), flow(40002))
    return f"{invite.call_id()};to-tag={invite.from_().tag};from-tag=phone"


def calls(desk: Desk, *, is_answered: bool) -> str:
    """Let 101 call; return the name of its dialog, as we know it."""
    offered = desk.offer()
    tag = offered.leg
    if is_answered:
        tag = desk.tell(Accept(offered.leg, ANSWER)).response.to().tag or ""
        desk.send(request("ACK", to="102", cseq=2, to_tag=tag))
    return f"call-1;to-tag={tag};from-tag=phone"


def replaced(done: Done) -> str:
    assert isinstance(done.event, Offered)
    return done.event.replaces


def test_a_phone_that_rings_can_be_replaced(desk: Desk) -> None:
    assert replaced(invites(desk, rings(desk) + ";early-only")) == "b"


def test_a_phone_that_has_answered_can_be_replaced(desk: Desk) -> None:
    assert replaced(invites(desk, rings(desk, 200))) == "b"


def test_a_caller_who_was_answered_can_be_replaced(desk: Desk) -> None:
    named = calls(desk, is_answered=True)
    assert replaced(invites(desk, named)) != ""


def test_who_was_sent_here_says_by_whom(desk: Desk) -> None:
    event = invites(desk, rings(desk), (Header.REFERRED_BY, "<sip:101@192.0.2.1>")).event
    assert isinstance(event, Offered)
    assert event.referred_by == "<sip:101@192.0.2.1>"


def test_it_may_be_required_of_us(desk: Desk) -> None:
    assert replaced(invites(desk, rings(desk), (Header.REQUIRE, "replaces"))) == "b"


def test_a_call_that_was_not_answered_is_not_taken_from_its_caller(desk: Desk) -> None:
    named = calls(desk, is_answered=False)
    assert invites(desk, named).statuses[-1] == 481


def test_early_only_does_not_take_an_answered_call(desk: Desk) -> None:
    assert invites(desk, rings(desk, 200) + ";early-only").statuses[-1] == 486


def test_a_call_that_is_over_is_declined(desk: Desk) -> None:
    offered = desk.offer()
    tag = desk.tell(Accept(offered.leg, ANSWER)).response.to().tag or ""
    desk.tell(End(offered.leg))  # and BYE waits for the ACK
    assert invites(desk, f"call-1;to-tag={tag};from-tag=phone").statuses[-1] == 603


@pytest.mark.parametrize("wrong", ["call_id", "to-tag", "from-tag"])
def test_every_part_of_the_name_counts(desk: Desk, wrong: str) -> None:
    named = rings(desk)
    named = f"x{named}" if wrong == "call_id" else named.replace(f"{wrong}=", f"{wrong}=x")
    assert invites(desk, named).statuses[-1] == 481


def test_what_names_no_dialog_or_two_is_refused(desk: Desk) -> None:
    assert invites(desk, "nonsense").statuses[-1] == 400
    named = rings(desk)
    two = desk.ask(
        request(
            "INVITE",
            "103",
            "102",
            call_id="two",
            headers=[contact_of("103"), (Header.REPLACES, named), (Header.REPLACES, named)],
        ),
        user="103",
    )
    assert two.statuses[-1] == 400
    both = request(
        "INVITE",
        "103",
        "102",
        call_id="both",
        headers=[contact_of("103"), (Header.REPLACES, named), (Header.JOIN, named)],
    )
    assert desk.ask(both, user="103").statuses[-1] == 400


def test_a_stranger_takes_no_call(desk: Desk) -> None:
    named = rings(desk)
    asked = request("INVITE", "109", "102", headers=[contact_of(), (Header.REPLACES, named)])
    assert desk.send(asked).response.status == 401
