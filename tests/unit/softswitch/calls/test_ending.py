import pytest

from softswitch.calls.ending import cause_of, reason_for
from softswitch.calls.record import Cause
from softswitch.sip.vocabulary import Ended


@pytest.mark.parametrize(
    ("said", "person", "cause", "by"),
    [
        ("bye", "caller", Cause.CALLER_HUNG_UP, "caller"),
        ("bye", "callee", Cause.CALLEE_HUNG_UP, "callee"),
        ("cancel", "caller", Cause.CANCELLED, "caller"),
        ("no-ack", "caller", Cause.NO_ACK, "switch"),
        ("no-prack", "caller", Cause.NO_PRACK, "switch"),
        ("expired", "callee", Cause.EXPIRED, "switch"),
        ("timeout", "callee", Cause.LOST, "switch"),
        ("lost", "caller", Cause.LOST, "switch"),
    ],
)
def test_what_the_end_of_a_leg_means(said: str, person: str, cause: Cause, by: str) -> None:
    assert cause_of(Ended("x", said), person) == (cause, by)


def test_telephones_are_told_why_where_it_is_known() -> None:
    assert "cause=16" in reason_for(Cause.CALLER_HUNG_UP)
    assert reason_for(Cause.CANCELLED) == ""
