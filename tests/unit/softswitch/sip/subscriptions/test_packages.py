"""What can be subscribed to."""

import pytest

from softswitch.sip.message import Header, Request
from softswitch.sip.subscriptions.packages import Package, allow_events

STATE = Package("state", ("text/plain", "text/html"), 1000, 60, 2000)


def subscribe(*accept: str) -> Request:
    return Request.build("SUBSCRIBE", "sip:102@office", [(Header.ACCEPT, one) for one in accept])


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ((), "text/plain"),
        (("text/html",), "text/html"),
        (("Text/HTML;q=0.3, application/x", "text/plain"), "text/plain"),
        (("text/*",), "text/plain"),
        (("*/*",), "text/plain"),
        (("application/x",), None),
    ],
)
def test_the_first_document_of_ours_that_is_accepted(
    accept: tuple[str, ...], media_type: str | None
) -> None:
    assert STATE.media_type(subscribe(*accept)) == media_type


@pytest.mark.parametrize(
    ("asked", "granted"),
    [(None, 1000), (0, 0), (59, None), (60, 60), (1500, 1500), (2**32 - 1, 2000)],
)
def test_a_time_between_the_bounds_is_granted(asked: int | None, granted: int | None) -> None:
    assert STATE.granted(asked) == granted


def test_an_hour_is_never_too_brief() -> None:
    slow = Package("state", ("text/plain",), 86400, 7200, 86400)
    assert slow.granted(3600) == 3600
    assert slow.granted(3599) is None


def test_the_events_are_named_with_that_of_transfers() -> None:
    assert allow_events([STATE]) == (Header.ALLOW_EVENTS, "state, refer")
