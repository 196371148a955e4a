"""Whatever stands in the headers of subscriptions and transfers, it is read or refused."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.sip.errors import ParseError
from softswitch.sip.message import (
    Event,
    Header,
    ReferTo,
    Replaces,
    StatusFragment,
    SubscriptionState,
    Uri,
)
from softswitch.sip.message.grammar import LARGEST
from softswitch.sip.subscriptions import Package
from softswitch.sip.vocabulary import Accept
from tests.unit.softswitch.sip.desk import ANSWER, Desk
from tests.unit.softswitch.sip.speaking import contact_of, request

TOKEN = st.text("abcXYZ019-.!%*_+`'~", min_size=1, max_size=20)
SECONDS = st.none() | st.integers(0, LARGEST)
LIKE_HEADERS = st.text(
    st.sampled_from(list('abZ01;=<>"?&%@:,. \t-')) | st.characters(codec="utf-8"), max_size=60
).filter(lambda text: "\r" not in text and "\n" not in text)


@given(TOKEN, TOKEN, TOKEN, st.booleans())
def test_a_replaces_that_is_printed_is_read_as_the_same(
    call_id: str, to_tag: str, from_tag: str, is_early_only: bool
) -> None:
    replaces = Replaces(call_id, to_tag, from_tag, is_early_only)
    assert Replaces.parse(str(replaces)) == replaces
    refer_to = ReferTo(
        Uri.parse("sip:102@office"), "INVITE", (("replaces", str(replaces)),), replaces
    )
    assert ReferTo.parse(str(refer_to)) == refer_to


@given(TOKEN, SECONDS, st.just("") | TOKEN.map(str.lower), SECONDS)
def test_a_state_that_is_printed_is_read_as_the_same(
    state: str, expires: int | None, reason: str, retry_after: int | None
) -> None:
    written = SubscriptionState(state.lower(), expires, reason, retry_after)
    assert SubscriptionState.parse(str(written)) == written


@pytest.mark.parametrize(
    "parse", [Event.parse, ReferTo.parse, Replaces.parse, SubscriptionState.parse]
)
@given(text=LIKE_HEADERS)
def test_what_cannot_be_read_says_so_and_nothing_else(
    parse: Callable[[str], object], text: str
) -> None:
    try:
        value = parse(text)
    except ParseError:
        return
    assert parse(str(value)) == value


@given(st.binary(max_size=60))
def test_a_fragment_that_cannot_be_read_says_so(body: bytes) -> None:
    with suppress(ParseError):
        assert 100 <= StatusFragment.parse(body).status <= 699


@settings(max_examples=60, deadline=None)
@given(event=LIKE_HEADERS, expires=LIKE_HEADERS, accept=LIKE_HEADERS)
def test_every_subscribe_is_answered_or_asks_whoever_serves_it(
    event: str, expires: str, accept: str
) -> None:
    desk = Desk(packages=[Package("dialog", ("text/plain",))])
    headers = [
        contact_of(),
        (Header.EVENT, event if len(event) % 2 else "dialog"),
        (Header.EXPIRES, expires),
        (Header.ACCEPT, accept),
    ]
    done = desk.ask(request("SUBSCRIBE", to="102", headers=headers))
    assert len(done.statuses) + len(done.events) + len(done.requests) >= 1
    desk.advance(100.0)
    assert desk.held == {}


@settings(max_examples=60, deadline=None)
@given(refer_to=LIKE_HEADERS, referred_by=LIKE_HEADERS, is_plausible=st.booleans())
def test_every_refer_is_answered_or_asks_the_calls(
    refer_to: str, referred_by: str, is_plausible: bool
) -> None:
    desk = Desk()
    leg = desk.offer().leg
    tag = desk.tell(Accept(leg, ANSWER)).response.to().tag or ""
    desk.send(request("ACK", to="102", cseq=2, to_tag=tag))
    headers = [
        contact_of(),
        (Header.REFER_TO, f"<sip:103@192.0.2.1?{refer_to}>" if is_plausible else refer_to),
        (Header.REFERRED_BY, referred_by),
    ]
    done = desk.send(request("REFER", to="102", cseq=3, to_tag=tag, headers=headers))
    assert len(done.statuses) + len(done.events) == 1
    desk.send(request("BYE", to="102", cseq=4, to_tag=tag))
    desk.advance(100.0)
    assert desk.held == {}
