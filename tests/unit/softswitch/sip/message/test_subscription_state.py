"""Subscription-State against RFC 6665, section 8.2.3."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.subscription_state import SubscriptionState


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("active;expires=3600", SubscriptionState("active", 3600)),
        ("PENDING", SubscriptionState("pending")),
        (
            "terminated ; reason=Probation;retry-after=30",
            SubscriptionState("terminated", None, "probation", 30),
        ),
        ("active;expires=99999999999", SubscriptionState("active", 2**32 - 1)),
    ],
)
def test_state_and_what_it_lasts_are_read(text: str, state: SubscriptionState) -> None:
    assert SubscriptionState.parse(text) == state


@pytest.mark.parametrize(
    "text",
    ["active;expires=3600", "terminated;reason=noresource", "terminated;reason=x;retry-after=5"],
)
def test_it_prints_as_it_is_read(text: str) -> None:
    assert str(SubscriptionState.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", ";expires=1", "two words", "active;expires=soon", "terminated;retry-after=-1"]
)
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        SubscriptionState.parse(text)


def test_terminated_is_told_from_the_others() -> None:
    assert SubscriptionState("terminated").is_terminated
    assert not SubscriptionState("waiting").is_terminated
