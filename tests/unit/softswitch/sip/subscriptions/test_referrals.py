"""REFER within a call, as a phone and the calls see it."""

import pytest

from softswitch.sip.message import Header, ReferTo, Replaces, Request, StatusFragment, Uri
from softswitch.sip.vocabulary import (
    Accept,
    AcceptTransfer,
    End,
    Ended,
    Offered,
    RefuseTransfer,
    ReportTransfer,
    Transferring,
)
from tests.unit.softswitch.sip.desk import ANSWER, Desk, Done
from tests.unit.softswitch.sip.speaking import Headers, answer, contact_of, request

SOMEBODY = (Header.REFER_TO, "<sip:103@192.0.2.1>")


class Caller:
    """The phone of 101, in an answered call with us."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.cseq = 2
        self.leg = desk.offer().leg
        accepted = desk.tell(Accept(self.leg, ANSWER)).response
        self.tag = accepted.to().tag or ""
        self.send("ACK", cseq=2)

    def send(self, method: str, *headers: tuple[Header | str, str], cseq: int = 0) -> Done:
        if not cseq:
            self.cseq += 1
        named = [contact_of(), *headers]
        return self.desk.send(
            request(method, to="102", cseq=cseq or self.cseq, to_tag=self.tag, headers=named)
        )

    def refers(self, *headers: tuple[Header | str, str]) -> Transferring:
        event = self.send("REFER", *(headers or (SOMEBODY,))).event
        assert isinstance(event, Transferring)
        return event

    def hears(self, notify: Request, status: int = 200) -> Done:
        return self.desk.send(answer(notify, status, tag="phone"))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def caller(desk: Desk) -> Caller:
    return Caller(desk)


def told(notify: Request) -> tuple[str, int]:
    state = notify.first(Header.SUBSCRIPTION_STATE) or ""
    return state.partition(";expires")[0], StatusFragment.parse(notify.body).status


# What is asked


def test_the_calls_hear_whom_to_call_and_what_the_phone_says_of_itself(caller: Caller) -> None:
    event = caller.refers(SOMEBODY, (Header.REFERRED_BY, "<sip:101@192.0.2.1>"))
    assert event.leg == caller.leg
    assert event.number == "103"
    assert event.uri == "sip:103@192.0.2.1"
    assert event.replaces == ""
    assert event.referred_by == "<sip:101@192.0.2.1>"


@pytest.mark.parametrize(
    ("uri", "number"),
    [
        ("tel:+48221234567", "+48221234567"),
        ("sip:%2A97@localhost", "*97"),
        ("sip:103@elsewhere.example.com", ""),
    ],
)
def test_whom_to_call_is_a_number_if_it_is_ours_to_call(
    caller: Caller, uri: str, number: str
) -> None:
    event = caller.refers((Header.REFER_TO, f"<{uri}>"))
    assert (event.number, event.uri) == (number, uri)


def test_an_attended_transfer_names_the_call_that_is_replaced(desk: Desk, caller: Caller) -> None:
    second = request("INVITE", to="103", call_id="two", from_tag="mine", headers=[contact_of()])
    offered = desk.ask(second).event
    assert isinstance(offered, Offered)
    accepted = desk.tell(Accept(offered.leg, ANSWER)).response
    named = Replaces("two", accepted.to().tag or "", "mine")
    refer_to = ReferTo(Uri.parse("sip:103@192.0.2.1"), replaces=named)
    event = caller.refers((Header.REFER_TO, str(refer_to)))
    assert event.replaces == offered.leg


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((), 400),
        ((SOMEBODY, SOMEBODY), 400),
        (((Header.REFER_TO, "<sip:103@>"),), 400),
        (((Header.REFER_TO, "<mailto:103@x>"),), 416),
        (((Header.REFER_TO, "<sip:103@192.0.2.1;method=BYE>"),), 501),
        (((Header.REFER_TO, "<sip:1@x?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>"),), 481),
        ((SOMEBODY, (Header.REFERRED_BY, "nonsense <")), 400),
    ],
)
def test_what_cannot_be_asked_is_refused(caller: Caller, headers: Headers, status: int) -> None:
    done = caller.send("REFER", *headers)
    assert done.response.status == status
    assert done.events == []


def test_one_transfer_at_a_time(caller: Caller) -> None:
    caller.refers()
    assert caller.send("REFER", SOMEBODY).response.status == 491


def test_nobody_is_transferred_before_the_call_is_answered(desk: Desk) -> None:
    tag = desk.offer().leg
    early = request("REFER", to="102", cseq=3, to_tag=tag, headers=[SOMEBODY, contact_of()])
    assert desk.send(early).response.status == 491


def test_out_of_a_call_nobody_is_called_for_others(desk: Desk) -> None:
    done = desk.ask(request("REFER", to="102", headers=[SOMEBODY, contact_of()]))
    assert done.response.status == 403
    assert "within a call" in (done.response.first(Header.WARNING) or "")
    assert desk.held.get("referrals") is None


# How it goes


def test_accepted_it_is_reported_at_once(desk: Desk, caller: Caller) -> None:
    caller.refers()
    done = desk.tell(AcceptTransfer(caller.leg))
    assert done.response.status == 202
    notify = done.request
    assert told(notify) == ("active", 100)
    assert notify.first(Header.EVENT) == "refer;id=3"
    assert notify.first(Header.CONTENT_TYPE) == "message/sipfrag;version=2.0"
    assert notify.body == b"SIP/2.0 100 Trying\r\n"


def test_how_it_goes_is_told_until_its_end(desk: Desk, caller: Caller) -> None:
    caller.refers()
    caller.hears(desk.tell(AcceptTransfer(caller.leg)).request)
    ringing = desk.tell(ReportTransfer(caller.leg, 180)).request
    assert told(ringing) == ("active", 180)
    caller.hears(ringing)
    last = desk.tell(ReportTransfer(caller.leg, 200)).request
    assert told(last) == ("terminated;reason=noresource", 200)
    caller.hears(last)
    assert "subscriptions" not in desk.held
    assert "referrals" not in desk.held


def test_the_last_report_waits_for_the_one_before_and_takes_the_place_of_others(
    desk: Desk, caller: Caller
) -> None:
    caller.refers()
    trying = desk.tell(AcceptTransfer(caller.leg)).request
    assert desk.tell(ReportTransfer(caller.leg, 180)).requests == []
    assert desk.tell(ReportTransfer(caller.leg, 486, "Busy")).requests == []
    last = caller.hears(trying).request
    assert told(last) == ("terminated;reason=noresource", 486)
    assert last.body == b"SIP/2.0 486 Busy\r\n"


def test_refused_it_is_answered_and_nothing_follows(desk: Desk, caller: Caller) -> None:
    caller.refers()
    done = desk.tell(RefuseTransfer(caller.leg, 603))
    assert done.response.status == 603
    assert done.requests == []
    assert "referrals" not in desk.held
    caller.refers()


def test_after_the_last_report_there_may_be_another_with_an_id_of_its_own(
    desk: Desk, caller: Caller
) -> None:
    caller.refers()
    desk.tell(AcceptTransfer(caller.leg))
    desk.tell(ReportTransfer(caller.leg, 486))
    caller.refers()
    assert desk.tell(AcceptTransfer(caller.leg)).request.first(Header.EVENT) == "refer;id=4"


def test_who_wants_no_reports_gets_none(desk: Desk, caller: Caller) -> None:
    caller.refers(SOMEBODY, ("Refer-Sub", "false"), (Header.REQUIRE, "norefersub"))
    done = desk.tell(AcceptTransfer(caller.leg))
    assert done.response.status == 200
    assert done.response.named("Refer-Sub") == "false"
    assert done.requests == []
    assert desk.tell(ReportTransfer(caller.leg, 200)).requests == []
    assert "referrals" not in desk.held


# How it may outlive its call


def test_it_is_reported_to_who_has_hung_up(desk: Desk, caller: Caller) -> None:
    caller.refers()
    caller.hears(desk.tell(AcceptTransfer(caller.leg)).request)
    assert caller.send("BYE").event == Ended(caller.leg, "bye")
    last = desk.tell(ReportTransfer(caller.leg, 200)).request
    assert told(last) == ("terminated;reason=noresource", 200)
    assert last.cseq().number > 2
    caller.hears(last)
    desk.advance(40.0)
    assert desk.held == {}


def test_it_is_reported_when_we_have_hung_up(desk: Desk, caller: Caller) -> None:
    caller.refers()
    caller.hears(desk.tell(AcceptTransfer(caller.leg)).request)
    bye = desk.tell(End(caller.leg)).request
    caller.hears(bye)
    notify = desk.tell(ReportTransfer(caller.leg, 200)).request
    assert notify.cseq().number == bye.cseq().number + 1


def reported(desk: Desk, caller: Caller) -> tuple[Request, Request]:
    """Let a transfer be accepted and succeed, and the leg end; return what the phone is told."""
    caller.refers()
    trying = desk.tell(AcceptTransfer(caller.leg)).request
    assert desk.tell(ReportTransfer(caller.leg, 200)).requests == []  # one at a time
    assert desk.tell(End(caller.leg)).requests == []
    return trying, caller.hears(trying).request


def test_a_leg_ends_when_its_phone_has_heard_the_last_report(desk: Desk, caller: Caller) -> None:
    _, last = reported(desk, caller)
    assert told(last) == ("terminated;reason=noresource", 200)
    done = caller.hears(last)
    assert done.request.method == "BYE"
    assert [type(event) for event in done.events] == [Ended]
    caller.hears(done.request)
    desk.advance(40.0)
    assert desk.held == {}


def test_a_leg_does_not_wait_long_for_its_phone_to_hear(desk: Desk, caller: Caller) -> None:
    reported(desk, caller)
    assert "BYE" not in desk.advance(1.9).methods
    assert "BYE" in desk.advance(0.2).methods
    desk.advance(80.0)
    assert desk.held == {}


def test_a_leg_ends_when_the_last_report_finds_nobody(desk: Desk, caller: Caller) -> None:
    _, last = reported(desk, caller)
    assert caller.hears(last, 481).request.method == "BYE"


def test_who_hangs_up_while_it_hears_the_last_report_is_not_hung_up_on(
    desk: Desk, caller: Caller
) -> None:
    _, last = reported(desk, caller)
    assert caller.send("BYE").event == Ended(caller.leg, "bye")
    assert caller.hears(last).requests == []
    desk.advance(40.0)
    assert desk.held == {}


def test_a_leg_ends_at_once_where_nobody_wants_reports(desk: Desk, caller: Caller) -> None:
    caller.refers(SOMEBODY, ("Refer-Sub", "false"))
    desk.tell(AcceptTransfer(caller.leg))
    desk.tell(ReportTransfer(caller.leg, 200))
    assert desk.tell(End(caller.leg)).request.method == "BYE"


def test_a_phone_that_has_gone_says_so_and_is_left_alone(desk: Desk, caller: Caller) -> None:
    caller.refers()
    trying = desk.tell(AcceptTransfer(caller.leg)).request
    caller.send("BYE")
    caller.hears(trying, 481)
    assert desk.tell(ReportTransfer(caller.leg, 200)).requests == []
    desk.advance(40.0)
    assert desk.held == {}


@pytest.mark.parametrize("event", ["refer", "refer;id=3"])
@pytest.mark.parametrize("has_hung_up", [False, True])
def test_the_phone_may_say_that_it_has_heard_enough(
    desk: Desk, caller: Caller, event: str, has_hung_up: bool
) -> None:
    caller.refers()
    caller.hears(desk.tell(AcceptTransfer(caller.leg)).request)
    if has_hung_up:
        caller.send("BYE")
    done = caller.send("SUBSCRIBE", (Header.EVENT, event), (Header.EXPIRES, "0"))
    assert done.response.status == 200
    assert told(done.request) == ("terminated;reason=timeout", 100)
    caller.hears(done.request)
    assert desk.tell(ReportTransfer(caller.leg, 180)).requests == []


def test_what_is_left_of_a_call_takes_nothing_but_subscribe(desk: Desk, caller: Caller) -> None:
    caller.refers()
    desk.tell(AcceptTransfer(caller.leg))
    caller.send("BYE")
    assert caller.send("BYE").response.status == 481
    other = caller.send("SUBSCRIBE", (Header.EVENT, "refer;id=77"), (Header.EXPIRES, "0"))
    assert other.response.status == 481


def test_in_a_call_without_a_transfer_there_is_nothing_to_subscribe_to(caller: Caller) -> None:
    assert caller.send("SUBSCRIBE", (Header.EVENT, "refer")).response.status == 481
    assert caller.send("SUBSCRIBE", (Header.EVENT, "weather")).response.status == 489


# Time


def test_what_nobody_decides_is_refused(desk: Desk, caller: Caller) -> None:
    caller.refers()
    assert desk.advance(11.0).response.status == 480
    assert desk.tell(AcceptTransfer(caller.leg)).slugs == ["command-for-no-transfer"]


def test_what_nobody_reports_the_end_of_ends_by_itself(desk: Desk, caller: Caller) -> None:
    caller.refers()
    caller.hears(desk.tell(AcceptTransfer(caller.leg)).request)
    caller.send("BYE")
    last = desk.advance(300.0).request
    assert told(last) == ("terminated;reason=timeout", 100)
    caller.hears(last)
    desk.advance(400.0)
    assert desk.held == {}


@pytest.mark.parametrize(
    ("command", "slug"),
    [
        (AcceptTransfer("x"), "command-for-no-transfer"),
        (ReportTransfer("x", 200), "command-for-no-transfer"),
    ],
)
def test_commands_for_no_transfer_are_dropped(
    desk: Desk, command: AcceptTransfer | ReportTransfer, slug: str
) -> None:
    assert desk.tell(command).slugs == [slug]


def test_commands_out_of_turn_are_dropped(desk: Desk, caller: Caller) -> None:
    caller.refers()
    assert desk.tell(ReportTransfer(caller.leg, 180)).slugs == ["transfer-not-accepted"]
    desk.tell(AcceptTransfer(caller.leg))
    assert desk.tell(AcceptTransfer(caller.leg)).slugs == ["transfer-accepted-twice"]
    assert desk.tell(RefuseTransfer(caller.leg, 603)).slugs == ["transfer-refused-late"]
