"""Subscriptions at an endpoint, as a phone and whoever serves the package see them."""

import pytest

from softswitch.sip.message import Document, Header, Request, Response
from softswitch.sip.settings import EndpointSettings, SubscriptionSettings
from softswitch.sip.subscriptions import Package
from softswitch.sip.watching import (
    AcceptSubscription,
    EndSubscription,
    Notify,
    RefuseSubscription,
    SubscriptionEnded,
    SubscriptionRequested,
)
from tests.unit.softswitch.sip.desk import Desk, Done
from tests.unit.softswitch.sip.speaking import REALM, Headers, answer, contact_of, flow, request

PACKAGE = Package("dialog", ("application/dialog-info+xml",))
ONE = Document("application/dialog-info+xml", b"<one ", b"/>")
TWO = Document("application/dialog-info+xml", b"<two ", b"/>")


def subscribe(
    expires: str = "600",
    *,
    to: str = "102",
    event: str = "dialog",
    call_id: str = "watch-1",
    headers: Headers = (),
    user: str = "101",
) -> Request:
    chosen = [contact_of(user), (Header.EVENT, event), *headers]
    if expires:
        chosen.append((Header.EXPIRES, expires))
    return request("SUBSCRIBE", user, to, call_id=call_id, headers=chosen)


class Watcher:
    """A phone that has asked to see 102, and its subscription, with the last NOTIFY that it got."""

    def __init__(self, desk: Desk, expires: str = "600", *, port: int = 5060, call_id: str = "w"):
        self.desk = desk
        self.path = flow(port)
        self.call_id = call_id
        self.cseq = 2
        asked = desk.ask(subscribe(expires, call_id=call_id), self.path).event
        assert isinstance(asked, SubscriptionRequested)
        self.name = asked.subscription
        done = desk.tell(AcceptSubscription(self.name, ONE))
        self.accepted = done.response
        self.notify = done.request
        self.tag = self.accepted.to().tag or ""

    def again(self, expires: str, event: str = "dialog") -> Done:
        self.cseq += 1
        headers = [contact_of(), (Header.EVENT, event), (Header.EXPIRES, expires)]
        asked = request(
            "SUBSCRIBE",
            to="102",
            cseq=self.cseq,
            call_id=self.call_id,
            to_tag=self.tag,
            headers=headers,
        )
        return self.desk.send(asked, self.path)

    def answers(self, status: int = 200, notify: Request | None = None) -> Done:
        return self.desk.send(answer(notify or self.notify, status, tag="phone"), self.path)


@pytest.fixture
def desk() -> Desk:
    return Desk(packages=[PACKAGE])


def state(notify: Request) -> str:
    return notify.first(Header.SUBSCRIPTION_STATE) or ""


# How one begins


def test_whoever_serves_the_package_hears_who_asks_and_about_whom(desk: Desk) -> None:
    asked = desk.ask(subscribe(headers=[(Header.USER_AGENT, "desk phone")])).event
    assert isinstance(asked, SubscriptionRequested)
    assert asked.package == "dialog"
    assert asked.extension == "101"
    assert asked.resource == "102"
    assert asked.entity == "sip:102@192.0.2.1"
    assert asked.media_type == "application/dialog-info+xml"
    assert asked.user_agent == "desk phone"


def test_accepted_it_is_answered_and_told_at_once(desk: Desk) -> None:
    watcher = Watcher(desk)
    assert watcher.accepted.status == 200
    assert watcher.accepted.first(Header.EXPIRES) == "600"
    assert watcher.accepted.first(Header.CONTACT)
    assert watcher.notify.method == "NOTIFY"
    assert state(watcher.notify) == "active;expires=600"
    assert watcher.notify.body == b"<one 0/>"
    assert watcher.notify.first(Header.CONTENT_TYPE) == "application/dialog-info+xml"


def test_a_notify_goes_where_the_phone_is_seen(desk: Desk) -> None:
    path = flow(61000, "203.0.113.9")
    asked = desk.ask(subscribe(), path).event
    assert isinstance(asked, SubscriptionRequested)
    done = desk.tell(AcceptSubscription(asked.subscription, ONE))
    assert done.flows == [path, path]
    assert done.request.uri == "sip:101@203.0.113.9:61000"


def test_what_is_pending_is_told_when_it_is_granted(desk: Desk) -> None:
    asked = desk.ask(subscribe()).event
    assert isinstance(asked, SubscriptionRequested)
    done = desk.tell(AcceptSubscription(asked.subscription, ONE, is_pending=True))
    assert state(done.request) == "pending;expires=600"
    assert done.request.body == b""
    desk.send(answer(done.request, 200, tag="phone"))
    done = desk.tell(AcceptSubscription(asked.subscription, TWO))
    assert state(done.request) == "active;expires=600"


def test_a_fetch_is_told_once_and_leaves_nothing_behind(desk: Desk) -> None:
    watcher = Watcher(desk, "0")
    assert watcher.accepted.first(Header.EXPIRES) == "0"
    assert state(watcher.notify) == "terminated;reason=timeout"
    assert watcher.notify.body == b"<one 0/>"
    assert watcher.answers().event == SubscriptionEnded(watcher.name, "timeout")
    desk.advance(40.0)
    assert desk.held == {}


def test_without_a_wish_it_lasts_as_long_as_the_package_says(desk: Desk) -> None:
    assert Watcher(desk, "").accepted.first(Header.EXPIRES) == "3600"


def test_what_is_refused_leaves_nothing_behind(desk: Desk) -> None:
    asked = desk.ask(subscribe()).event
    assert isinstance(asked, SubscriptionRequested)
    assert desk.tell(RefuseSubscription(asked.subscription, 404)).response.status == 404
    desk.advance(40.0)
    assert desk.held == {}


def test_what_nobody_decides_is_refused(desk: Desk) -> None:
    asked = desk.ask(subscribe()).event
    assert isinstance(asked, SubscriptionRequested)
    assert desk.advance(11.0).response.status == 480
    assert desk.tell(AcceptSubscription(asked.subscription, ONE)).slugs == [
        "command-for-ended-subscription"
    ]


# What is not taken


def refusal(desk: Desk, asked: Request) -> Response:
    return desk.ask(asked).response


def test_a_stranger_subscribes_to_nothing(desk: Desk) -> None:
    assert desk.send(subscribe()).response.status == 401
    assert desk.held == {}


def test_an_event_of_ours_that_nobody_serves_is_refused_with_those_that_are(desk: Desk) -> None:
    response = refusal(desk, subscribe(event="message-summary"))
    assert response.status == 489
    assert response.first(Header.ALLOW_EVENTS) == "dialog, refer"


def test_a_time_that_is_too_brief_is_refused_with_the_least(desk: Desk) -> None:
    response = refusal(desk, subscribe("30"))
    assert response.status == 423
    assert response.first(Header.MIN_EXPIRES) == "60"


def test_a_document_that_is_not_accepted_is_refused_with_those_that_are(desk: Desk) -> None:
    response = refusal(desk, subscribe(headers=[(Header.ACCEPT, "text/plain")]))
    assert response.status == 406
    assert response.first(Header.ACCEPT) == "application/dialog-info+xml"


def test_a_subscription_without_an_event_or_a_way_back_is_refused(desk: Desk) -> None:
    nothing = request("SUBSCRIBE", to="102", headers=[contact_of()])
    assert refusal(desk, nothing).status == 489
    nowhere = request("SUBSCRIBE", to="102", call_id="c2", headers=[(Header.EVENT, "dialog")])
    assert refusal(desk, nowhere).status == 400
    assert "undecided_subscriptions" not in desk.held


def test_an_extension_has_so_many_and_no_more() -> None:
    settings = EndpointSettings(realm=REALM, subscriptions=SubscriptionSettings(10, 2))
    desk = Desk(settings, [PACKAGE])
    Watcher(desk, call_id="a")
    second = Watcher(desk, call_id="b")
    response = refusal(desk, subscribe(call_id="c"))
    assert response.status == 503
    assert response.first(Header.RETRY_AFTER) == "60"
    other = desk.ask(subscribe(call_id="d", user="103"), user="103").event
    assert isinstance(other, SubscriptionRequested)
    second.answers()
    second.answers(notify=second.again("0").request)
    assert isinstance(desk.ask(subscribe(call_id="e")).event, SubscriptionRequested)


def test_all_together_have_so_many_and_no_more() -> None:
    desk = Desk(EndpointSettings(realm=REALM, subscriptions=SubscriptionSettings(1, 2)), [PACKAGE])
    Watcher(desk)
    assert refusal(desk, subscribe(call_id="b")).status == 503


# How it goes on


def test_a_change_is_told(desk: Desk) -> None:
    watcher = Watcher(desk)
    watcher.answers()
    notify = desk.tell(Notify(watcher.name, TWO)).request
    assert notify.body == b"<two 1/>"
    assert notify.cseq().number == watcher.notify.cseq().number + 1


def test_of_changes_that_come_too_fast_only_the_newest_is_told(desk: Desk) -> None:
    watcher = Watcher(desk)
    assert desk.tell(Notify(watcher.name, TWO)).requests == []
    assert desk.tell(Notify(watcher.name, ONE)).requests == []
    assert watcher.answers().request.body == b"<one 1/>"


def test_a_refresh_is_answered_and_told_the_state(desk: Desk) -> None:
    watcher = Watcher(desk)
    watcher.answers()
    desk.advance(500.0)
    done = watcher.again("300")
    assert done.response.status == 200
    assert done.response.first(Header.EXPIRES) == "300"
    assert state(done.request) == "active;expires=300"
    watcher.answers(notify=done.request)
    assert desk.advance(299.0).requests == []
    assert state(desk.advance(1.0).request) == "terminated;reason=timeout"


def test_a_refresh_may_come_from_another_port(desk: Desk) -> None:
    watcher = Watcher(desk)
    watcher.answers()
    watcher.path = flow(6000)
    assert watcher.again("300").flows == [flow(6000), flow(6000)]


def test_a_refresh_that_is_too_brief_changes_nothing(desk: Desk) -> None:
    watcher = Watcher(desk)
    watcher.answers()
    assert watcher.again("5").response.status == 423
    assert desk.held["subscriptions"] == 1


def test_a_lost_answer_to_a_notify_is_asked_for_again(desk: Desk) -> None:
    watcher = Watcher(desk)
    assert desk.advance(0.6).request.body == watcher.notify.body
    assert watcher.answers().requests == []


def test_a_repeated_subscribe_gets_the_same_answer_and_no_second_subscription(desk: Desk) -> None:
    watcher = Watcher(desk)
    watcher.answers()
    first = watcher.again("300")
    watcher.cseq -= 1
    assert watcher.again("300").response.to_bytes() == first.response.to_bytes()
    assert desk.held["subscriptions"] == 1


# How it ends


def test_given_up_it_is_told_a_last_time(desk: Desk) -> None:
    watcher = Watcher(desk)
    watcher.answers()
    done = watcher.again("0")
    assert done.response.first(Header.EXPIRES) == "0"
    assert state(done.request) == "terminated;reason=timeout"
    ended = watcher.answers(notify=done.request)
    assert ended.event == SubscriptionEnded(watcher.name, "timeout")
    assert watcher.again("600").response.status == 481


def test_given_up_before_the_first_notify_was_answered(desk: Desk) -> None:
    watcher = Watcher(desk)
    done = watcher.again("0")
    assert done.response.status == 200
    assert done.requests == []
    last = watcher.answers().request
    assert state(last) == "terminated;reason=timeout"
    assert watcher.again("600").response.status == 481
    assert watcher.answers(notify=last).event == SubscriptionEnded(watcher.name, "timeout")


def test_its_time_runs_out(desk: Desk) -> None:
    watcher = Watcher(desk)
    watcher.answers()
    assert state(desk.advance(600.0).request) == "terminated;reason=timeout"


def test_whoever_serves_it_may_end_it(desk: Desk) -> None:
    watcher = Watcher(desk)
    watcher.answers()
    done = desk.tell(EndSubscription(watcher.name, "probation", 30))
    assert state(done.request) == "terminated;reason=probation;retry-after=30"
    ended = watcher.answers(notify=done.request)
    assert ended.event == SubscriptionEnded(watcher.name, "probation")


@pytest.mark.parametrize(("status", "cause"), [(481, "gone"), (500, "refused")])
def test_a_phone_that_refuses_to_hear_ends_it(desk: Desk, status: int, cause: str) -> None:
    watcher = Watcher(desk)
    assert watcher.answers(status).event == SubscriptionEnded(watcher.name, cause)
    desk.advance(40.0)
    assert desk.held == {}


def test_a_phone_that_does_not_answer_ends_it(desk: Desk) -> None:
    watcher = Watcher(desk)
    assert desk.advance(33.0).event == SubscriptionEnded(watcher.name, "lost")
    desk.advance(40.0)
    assert desk.held == {}


def test_a_phone_that_wants_to_hear_later_hears_later(desk: Desk) -> None:
    watcher = Watcher(desk)
    desk.send(answer(watcher.notify, 503, tag="phone", headers=[(Header.RETRY_AFTER, "5 (busy)")]))
    desk.tell(Notify(watcher.name, TWO))
    assert desk.advance(5.0).request.body == b"<two 1/>"


def test_a_lost_connection_ends_it(desk: Desk) -> None:
    path = flow(connection=7)
    asked = desk.ask(subscribe(), path).event
    assert isinstance(asked, SubscriptionRequested)
    desk.tell(AcceptSubscription(asked.subscription, ONE))
    assert desk.held["subscription_flows"] == 1
    assert SubscriptionEnded(asked.subscription, "lost") in desk.lose(path).events
    assert "subscriptions" not in desk.held
    assert "subscription_flows" not in desk.held
    assert "notifications" not in desk.held


# What does not belong to it


def test_another_event_in_its_dialog_is_refused(desk: Desk) -> None:
    watcher = Watcher(desk)
    assert watcher.again("600", event="dialog;id=2").response.status == 481
    assert watcher.again("600", event="conference").response.status == 489


def test_what_comes_out_of_order_is_refused(desk: Desk) -> None:
    watcher = Watcher(desk)
    watcher.cseq = 0
    assert watcher.again("600").response.status == 500


def test_somebody_else_within_its_dialog_is_refused(desk: Desk) -> None:
    watcher = Watcher(desk)
    asked = request(
        "SUBSCRIBE", to="102", cseq=9, call_id="w", to_tag=watcher.tag, from_tag="other"
    )
    assert desk.send(asked).response.status == 481


def test_other_methods_within_its_dialog_are_not_allowed(desk: Desk) -> None:
    watcher = Watcher(desk)
    asked = request("INFO", to="102", cseq=9, call_id="w", to_tag=watcher.tag)
    assert desk.send(asked).response.status == 405


def test_commands_for_what_is_over_are_dropped(desk: Desk) -> None:
    for command in (
        Notify("x", ONE),
        EndSubscription("x"),
        AcceptSubscription("x", ONE),
        RefuseSubscription("x", 404),
    ):
        assert desk.tell(command).slugs == ["command-for-ended-subscription"]
