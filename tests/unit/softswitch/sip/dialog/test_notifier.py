"""The notifier's side of a subscription, against RFC 6665, section 4.2."""

from collections.abc import Sequence

import pytest

from softswitch.sip.dialog import Ask, Dialog, Notifier, Over
from softswitch.sip.flow import Flow
from softswitch.sip.message import Document, Event, Header, Request

WAY = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.7", 5080))
ONE = Document("text/plain", b"one ", b".")
TWO = Document("text/plain", b"two ", b".")
THREE = Document("text/plain", b"three ", b".")


def subscribed(*, is_pending: bool = False) -> Notifier:
    """Return a subscription at the time 0, for 100 s, of which nothing was told yet."""
    subscribe = Request.build(
        "SUBSCRIBE",
        "sip:102@192.0.2.1",
        (
            (Header.VIA, "SIP/2.0/UDP 192.0.2.7:5080;branch=z9hG4bKa"),
            (Header.FROM, "<sip:101@office>;tag=phone"),
            (Header.TO, "<sip:102@office>"),
            (Header.CALL_ID, "watch-1"),
            (Header.CSEQ, "1 SUBSCRIBE"),
            (Header.CONTACT, "<sip:101@192.0.2.7:5080>"),
        ),
    )
    dialog = Dialog.accepting(subscribe, "ours", "<sip:192.0.2.1:5060>", WAY)
    return Notifier(
        dialog, Event("dialog", "7"), 100.0, ((Header.USER_AGENT, "us"),), is_pending=is_pending
    )


def states(outputs: Sequence[Ask | Over]) -> list[str]:
    return [
        output.request.first(Header.SUBSCRIPTION_STATE) or ""
        for output in outputs
        if isinstance(output, Ask)
    ]


def bodies(outputs: Sequence[Ask | Over]) -> list[bytes]:
    return [output.request.body for output in outputs if isinstance(output, Ask)]


def test_a_notify_says_who_what_and_how_long() -> None:
    (ask,) = subscribed().notify(ONE, 0.0)
    request = ask.request
    assert request.method == "NOTIFY"
    assert request.uri == "sip:101@192.0.2.7:5080"
    assert request.first(Header.EVENT) == "dialog;id=7"
    assert request.first(Header.SUBSCRIPTION_STATE) == "active;expires=100"
    assert request.first(Header.CONTACT) == "<sip:192.0.2.1:5060>"
    assert request.first(Header.USER_AGENT) == "us"
    assert request.first(Header.CONTENT_TYPE) == "text/plain"
    assert request.to().tag == "phone"
    assert request.from_().tag == "ours"


def test_one_notify_at_a_time_and_the_newest_state_next() -> None:
    notifier = subscribed()
    assert bodies(notifier.notify(ONE, 0.0)) == [b"one 0."]
    assert notifier.notify(TWO, 0.1) == []
    assert notifier.notify(THREE, 0.2) == []
    assert bodies(notifier.answered(200, None, 0.3)) == [b"three 1."]
    assert notifier.answered(200, None, 0.4) == []


def test_a_provisional_response_settles_nothing() -> None:
    notifier = subscribed()
    notifier.notify(ONE, 0.0)
    notifier.notify(TWO, 0.0)
    assert notifier.answered(100, None, 0.1) == []


def test_a_refresh_is_told_the_same_state_with_the_next_number() -> None:
    notifier = subscribed()
    notifier.notify(ONE, 0.0)
    notifier.answered(200, None, 0.1)
    outputs = notifier.extend(150.0, 50.0)
    assert states(outputs) == ["active;expires=100"]
    assert bodies(outputs) == [b"one 1."]
    assert notifier.deadline == 150.0


def test_nobody_is_told_more_time_than_was_granted() -> None:
    now = 53.7812
    assert (now + 100.0) - now > 100.0, "as floats have it"
    notifier = subscribed()
    assert states(notifier.extend(now + 100.0, now)) == ["active;expires=100"]


def test_the_end_of_its_time_is_told_with_the_last_state() -> None:
    notifier = subscribed()
    notifier.notify(ONE, 0.0)
    notifier.answered(200, None, 0.1)
    assert notifier.expire(99.9) == []
    outputs = notifier.expire(100.0)
    assert states(outputs) == ["terminated;reason=timeout"]
    assert bodies(outputs) == [b"one 1."]
    assert notifier.deadline is None
    assert notifier.answered(200, None, 100.1) == [Over("timeout")]


def test_the_last_word_waits_for_the_notify_before_it() -> None:
    notifier = subscribed()
    notifier.notify(ONE, 0.0)
    assert notifier.terminate("noresource", 0.1) == []
    assert notifier.notify(TWO, 0.2) == []
    outputs = notifier.answered(200, None, 0.3)
    assert states(outputs) == ["terminated;reason=noresource"]
    assert bodies(outputs) == [b"one 1."]
    assert notifier.answered(500, 5, 0.4) == [Over("noresource")]


def test_an_end_may_say_when_to_come_again() -> None:
    outputs = subscribed().terminate("probation", 0.0, retry_after=30)
    assert states(outputs) == ["terminated;reason=probation;retry-after=30"]


def test_an_end_comes_once() -> None:
    notifier = subscribed()
    notifier.terminate("noresource", 0.0)
    assert notifier.terminate("timeout", 0.1) == []
    assert notifier.extend(500.0, 0.1) == []
    assert notifier.expire(1000.0) == []


def test_what_is_pending_tells_nothing_until_it_is_granted() -> None:
    notifier = subscribed(is_pending=True)
    outputs = notifier.notify(ONE, 0.0)
    assert states(outputs) == ["pending;expires=100"]
    assert bodies(outputs) == [b""]
    notifier.answered(200, None, 0.1)
    outputs = notifier.activate(1.0)
    assert states(outputs) == ["active;expires=99"]
    assert bodies(outputs) == [b"one 0."]
    assert notifier.activate(2.0) == []


def test_what_was_never_granted_ends_without_a_state() -> None:
    notifier = subscribed(is_pending=True)
    notifier.notify(ONE, 0.0)
    notifier.answered(200, None, 0.1)
    outputs = notifier.terminate("rejected", 1.0, document=TWO)
    assert states(outputs) == ["terminated;reason=rejected"]
    assert bodies(outputs) == [b""]


def test_the_last_state_may_come_with_the_end() -> None:
    notifier = subscribed()
    notifier.notify(ONE, 0.0)
    notifier.terminate("noresource", 0.1, document=TWO)
    assert bodies(notifier.answered(200, None, 0.2)) == [b"two 1."]


@pytest.mark.parametrize(("status", "cause"), [(481, "gone"), (489, "refused"), (500, "refused")])
def test_a_refused_notify_ends_it(status: int, cause: str) -> None:
    notifier = subscribed()
    notifier.notify(ONE, 0.0)
    assert notifier.answered(status, None, 0.1) == [Over(cause)]


def test_a_481_ends_it_even_if_it_says_when_to_come_again() -> None:
    notifier = subscribed()
    notifier.notify(ONE, 0.0)
    assert notifier.answered(481, 5, 0.1) == [Over("gone")]


def test_a_notify_that_was_put_off_goes_later_with_what_is_newest_then() -> None:
    notifier = subscribed()
    notifier.notify(ONE, 0.0)
    assert notifier.answered(503, 5, 1.0) == []
    assert notifier.deadline == 6.0
    assert notifier.notify(TWO, 2.0) == []
    assert notifier.expire(5.9) == []
    assert bodies(notifier.expire(6.0)) == [b"two 1."]
    assert notifier.deadline == 100.0


def test_an_end_does_not_wait_for_what_was_put_off() -> None:
    notifier = subscribed()
    notifier.notify(ONE, 0.0)
    notifier.answered(503, 5, 1.0)
    assert states(notifier.terminate("noresource", 2.0)) == ["terminated;reason=noresource"]


def test_nobody_answering_ends_it() -> None:
    notifier = subscribed()
    notifier.notify(ONE, 0.0)
    assert notifier.failed() == [Over("lost")]


def test_the_last_word_need_not_be_heard() -> None:
    notifier = subscribed()
    notifier.terminate("noresource", 0.0)
    assert notifier.failed() == [Over("noresource")]
