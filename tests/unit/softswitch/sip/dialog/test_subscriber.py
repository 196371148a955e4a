"""The subscriber's side of a subscription, against RFC 6665, section 4.1."""

from collections.abc import Sequence

import pytest

from softswitch.sip.dialog import Ask, Dialog, Over, Phase, Reply, Subscriber, Told
from softswitch.sip.dialog.subscriber import SubscriberOutput
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.message import Event, Header, Request, Response, respond

WAY = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.7", 5080))
US = "<sip:102@192.0.2.1>"
TIMEOUT = 32.0

Pairs = tuple[tuple[Header | str, str], ...]


def subscribe(expires: int = 600) -> Request:
    return Request.build(
        "SUBSCRIBE",
        "sip:101@office",
        (
            (Header.FROM, "<sip:102@office>;tag=ours"),
            (Header.TO, "<sip:101@office>"),
            (Header.CALL_ID, "watch-1"),
            (Header.CSEQ, "1 SUBSCRIBE"),
            (Header.CONTACT, US),
            (Header.EVENT, "dialog"),
            (Header.EXPIRES, str(expires)),
        ),
    )


def begun(expires: int = 600) -> Subscriber:
    """Return a subscriber whose SUBSCRIBE has left at the time 0."""
    subscriber = Subscriber(subscribe(expires), Event("dialog"), US, WAY, TIMEOUT)
    assert asked(subscriber.begin(0.0)) == [("SUBSCRIBE", str(expires))]
    return subscriber


def running(expires: int = 600) -> Subscriber:
    """Return one that was accepted, and told once, at the time 0."""
    subscriber = begun(expires)
    subscriber.answered(accepted(expires), WAY, 0.0)
    subscriber.notified(notify(f"active;expires={expires}"), WAY, 0.0)
    assert subscriber.phase is Phase.RUNNING
    return subscriber


def accepted(expires: int = 600) -> Response:
    return refused(200, ((Header.EXPIRES, str(expires)), (Header.CONTACT, "<sip:101@192.0.2.7>")))


def refused(status: int, headers: Pairs = ()) -> Response:
    return respond(subscribe(), status, to_tag="theirs", headers=headers)


def notify(
    state: str, *, number: int = 1, tag: str = "theirs", event: str = "dialog", body: bytes = b""
) -> Request:
    return Request.build(
        "NOTIFY",
        "sip:102@192.0.2.1",
        (
            (Header.FROM, f"<sip:101@office>;tag={tag}"),
            (Header.TO, "<sip:102@office>;tag=ours"),
            (Header.CALL_ID, "watch-1"),
            (Header.CSEQ, f"{number} NOTIFY"),
            (Header.CONTACT, "<sip:101@192.0.2.7:5080>"),
            (Header.RECORD_ROUTE, "<sip:near;lr>, <sip:far;lr>"),
            (Header.EVENT, event),
            (Header.SUBSCRIPTION_STATE, state),
        ),
        body,
        "text/plain",
    )


def asked(outputs: Sequence[SubscriberOutput]) -> list[tuple[str, str]]:
    return [
        (output.request.method, output.request.first(Header.EXPIRES) or "")
        for output in outputs
        if isinstance(output, Ask)
    ]


def replies(outputs: Sequence[SubscriberOutput]) -> list[int]:
    return [output.status for output in outputs if isinstance(output, Reply)]


def told(outputs: Sequence[SubscriberOutput]) -> list[bytes]:
    return [output.body for output in outputs if isinstance(output, Told)]


def ends(outputs: Sequence[SubscriberOutput]) -> list[Over]:
    return [output for output in outputs if isinstance(output, Over)]


# How it begins


def test_the_first_notify_begins_the_dialog_even_before_the_2xx() -> None:
    subscriber = begun()
    outputs = subscriber.notified(notify("active;expires=500", body=b"state"), WAY, 0.1)
    assert replies(outputs) == [200]
    assert told(outputs) == [b"state"]
    assert subscriber.dialog is not None
    assert subscriber.dialog.id.remote_tag == "theirs"
    assert subscriber.dialog.route_set == ("<sip:near;lr>", "<sip:far;lr>")
    assert subscriber.answered(accepted(), WAY, 0.2) == []
    assert subscriber.phase is Phase.RUNNING


def test_a_2xx_alone_is_not_enough() -> None:
    subscriber = begun()
    subscriber.answered(accepted(), WAY, 0.1)
    assert subscriber.phase is Phase.WAITING
    assert subscriber.deadline == TIMEOUT
    assert subscriber.expire(TIMEOUT) == [Over("lost", 0)]


def test_nobody_answering_ends_it() -> None:
    assert begun().failed(408, 32.0) == [Over("lost")]


@pytest.mark.parametrize("status", [403, 489, 500])
def test_a_refusal_ends_it(status: int) -> None:
    assert begun().answered(refused(status), WAY, 0.1) == [Over("refused")]


def test_too_short_a_time_is_asked_again_once_as_long_as_it_must_be() -> None:
    subscriber = begun(30)
    brief = refused(423, ((Header.MIN_EXPIRES, "120"),))
    (ask,) = subscriber.answered(brief, WAY, 0.1)
    assert isinstance(ask, Ask)
    assert ask.request.first(Header.EXPIRES) == "120"
    assert ask.request.first(Header.CSEQ) == "2 SUBSCRIBE"
    longer = refused(423, ((Header.MIN_EXPIRES, "240"),))
    assert subscriber.answered(longer, WAY, 0.2) == [Over("refused")]


def test_a_fetch_is_told_once() -> None:
    subscriber = begun(0)
    subscriber.answered(accepted(0), WAY, 0.1)
    outputs = subscriber.notified(notify("terminated;reason=timeout", body=b"state"), WAY, 0.2)
    assert told(outputs) == [b"state"]
    assert ends(outputs) == [Over("timeout", 0)]
    assert subscriber.deadline is None


def test_no_notify_is_awaited_after_204() -> None:
    subscriber = running()
    subscriber.expire(540.0)
    subscriber.answered(refused(204, ((Header.EXPIRES, "600"),)), WAY, 540.1)
    assert subscriber.expire(540.0 + TIMEOUT + 1.0) == []
    assert subscriber.phase is Phase.RUNNING


# How it goes on


def test_it_is_refreshed_before_its_time_is_up() -> None:
    subscriber = running()
    assert subscriber.deadline == 540.0
    assert asked(subscriber.expire(540.0)) == [("SUBSCRIBE", "600")]
    subscriber.answered(accepted(), WAY, 540.1)
    subscriber.notified(notify("active;expires=600", number=2), WAY, 540.2)
    assert subscriber.deadline == 540.2 + 540.0


def test_a_shorter_time_in_a_notify_counts() -> None:
    subscriber = running()
    subscriber.notified(notify("active;expires=100", number=2), WAY, 10.0)
    assert subscriber.deadline == 10.0 + 100 - 32.0


def test_a_refresh_that_leads_to_no_notify_ends_it() -> None:
    subscriber = running()
    subscriber.expire(540.0)
    subscriber.answered(accepted(), WAY, 540.1)
    assert subscriber.expire(540.0 + TIMEOUT) == [Over("lost", 0)]


def test_a_refresh_of_what_is_gone_ends_it() -> None:
    subscriber = running()
    subscriber.expire(540.0)
    assert subscriber.answered(refused(481), WAY, 540.1) == [Over("gone", 0)]


@pytest.mark.parametrize("status", [500, 503, 408])
def test_a_refresh_that_fails_otherwise_is_tried_again(status: int) -> None:
    subscriber = running()
    subscriber.expire(540.0)
    if status == 408:
        assert subscriber.failed(408, 572.0) == []
    else:
        assert subscriber.answered(refused(status), WAY, 572.0) == []
    assert subscriber.deadline == 586.0
    assert asked(subscriber.expire(586.0)) == [("SUBSCRIBE", "600")]


def test_its_time_runs_out_when_no_refresh_succeeds() -> None:
    subscriber = running()
    subscriber.expire(540.0)
    subscriber.failed(503, 540.1)
    outputs: list[SubscriberOutput] = []
    while (due := subscriber.deadline) is not None:
        done = subscriber.expire(due)
        if asked(done):
            outputs += subscriber.failed(503, due)
        outputs += done
    assert ends(outputs) == [Over("timeout", 0)]


def test_an_old_notify_is_refused() -> None:
    subscriber = running()
    subscriber.notified(notify("active", number=3), WAY, 1.0)
    assert replies(subscriber.notified(notify("active", number=2), WAY, 2.0)) == [500]


# How it ends


@pytest.mark.parametrize(
    ("state", "over"),
    [
        ("terminated;reason=deactivated;retry-after=9", Over("deactivated", 0)),
        ("terminated;reason=probation;retry-after=30", Over("probation", 30)),
        ("terminated;reason=giveup", Over("giveup")),
        ("terminated;reason=rejected;retry-after=5", Over("rejected")),
        ("terminated;reason=noresource", Over("noresource")),
        ("terminated", Over("unknown")),
    ],
)
def test_the_notifier_may_end_it_and_says_whether_to_come_again(state: str, over: Over) -> None:
    subscriber = running()
    outputs = subscriber.notified(notify(state, number=2), WAY, 1.0)
    assert replies(outputs) == [200]
    assert ends(outputs) == [over]
    assert replies(subscriber.notified(notify(state, number=3), WAY, 2.0)) == [481]


def test_unsubscribing_waits_for_the_last_state() -> None:
    subscriber = running()
    assert asked(subscriber.unsubscribe(1.0)) == [("SUBSCRIBE", "0")]
    subscriber.answered(accepted(0), WAY, 1.1)
    crossing = subscriber.notified(notify("active;expires=9", number=2), WAY, 1.2)
    assert ends(crossing) == []
    outputs = subscriber.notified(notify("terminated;reason=timeout", number=3), WAY, 1.3)
    assert ends(outputs) == [Over("timeout", 0)]


def test_unsubscribing_before_there_is_a_dialog_waits_for_one() -> None:
    subscriber = begun()
    assert subscriber.unsubscribe(0.1) == []
    assert subscriber.answered(accepted(), WAY, 0.2) == []
    outputs = subscriber.notified(notify("active;expires=600"), WAY, 0.3)
    assert asked(outputs) == [("SUBSCRIBE", "0")]


def test_unsubscribing_during_a_refresh_waits_for_its_answer() -> None:
    subscriber = running()
    subscriber.expire(540.0)
    assert subscriber.unsubscribe(540.1) == []
    assert asked(subscriber.answered(accepted(), WAY, 540.2)) == [("SUBSCRIBE", "0")]


def test_a_farewell_that_nobody_answers_ends_it_too() -> None:
    subscriber = running()
    subscriber.unsubscribe(1.0)
    assert subscriber.expire(1.0 + TIMEOUT) == [Over("lost", 0)]
    assert subscriber.unsubscribe(99.0) == []


# What does not belong here


def test_a_notify_is_recognised_by_call_id_and_our_tag() -> None:
    subscriber = begun()
    assert subscriber.is_named_by(notify("active"))
    other = notify("active")
    other.set(Header.TO, "<sip:102@office>;tag=other")
    assert not subscriber.is_named_by(other)


@pytest.mark.parametrize(("event", "status"), [("presence", 489), ("dialog;id=2", 481)])
def test_a_notify_of_something_else_is_refused(event: str, status: int) -> None:
    outputs = begun().notified(notify("active", event=event), WAY, 0.1)
    assert replies(outputs) == [status]
    assert told(outputs) == []


@pytest.mark.parametrize("missing", [Header.EVENT, Header.SUBSCRIPTION_STATE])
def test_a_notify_that_says_too_little_changes_nothing(missing: Header) -> None:
    subscriber = begun()
    poor = notify("active")
    poor.remove(missing)
    with pytest.raises(ParseError):
        subscriber.notified(poor, WAY, 0.1)
    assert subscriber.dialog is None


# Forks


def test_where_one_is_enough_another_fork_is_refused() -> None:
    subscriber = running()
    second = notify("active", tag="another")
    assert subscriber.is_named_by(second)
    assert subscriber.is_of_another_fork(second)
    assert replies(subscriber.notified(second, WAY, 1.0)) == [481]


def test_each_fork_may_be_a_subscription_of_its_own() -> None:
    subscriber = running()
    second = notify("active;expires=300", tag="another")
    other = subscriber.fork(1.0)
    assert other is not None
    assert replies(other.notified(second, WAY, 1.0)) == [200]
    assert other.dialog is not None
    assert other.dialog.id.remote_tag == "another"
    assert subscriber.dialog is not None
    assert subscriber.dialog.id.remote_tag == "theirs"
    assert other.deadline == 1.0 + 268.0


def test_forks_come_within_timer_n_or_not_at_all() -> None:
    assert running().fork(TIMEOUT) is None


# REFER


def referred() -> Subscriber:
    """Return the subscription of a REFER that was sent, as number 5, within a call."""
    invite = subscribe()
    dialog = Dialog.placing(invite, accepted(), US, WAY)
    dialog.local_cseq = 4
    refer = dialog.request("REFER", ((Header.REFER_TO, "<sip:103@office>"),))
    return Subscriber.implied(refer, dialog, Event("refer", "5"), TIMEOUT, 0.0)


@pytest.mark.parametrize("event", ["refer", "refer;id=5"])
def test_a_referral_is_told_until_its_end(event: str) -> None:
    subscriber = referred()
    first = subscriber.notified(notify("active;expires=60", event=event, body=b"100"), WAY, 0.1)
    assert told(first) == [b"100"]
    assert subscriber.answered(refused(202), WAY, 0.2) == []
    last = notify("terminated;reason=noresource", number=2, event=event, body=b"200")
    assert ends(subscriber.notified(last, WAY, 1.0)) == [Over("noresource")]


def test_another_referral_is_another_subscription() -> None:
    outputs = referred().notified(notify("active", event="refer;id=9"), WAY, 0.1)
    assert replies(outputs) == [481]


def test_a_referral_that_is_refused_or_not_to_be_told_of_is_over() -> None:
    assert referred().answered(refused(603), WAY, 0.1) == [Over("refused")]
    silent = refused(202, (("Refer-Sub", "false"),))
    assert referred().answered(silent, WAY, 0.1) == [Over("unsubscribed")]


def test_a_referral_is_not_refreshed_and_ends_with_its_time() -> None:
    subscriber = referred()
    subscriber.notified(notify("active;expires=60", event="refer"), WAY, 0.0)
    assert subscriber.deadline == 60.0
    assert subscriber.expire(60.0) == [Over("timeout", 0)]
