"""Who watches whom."""

from softswitch.calls.facts import CallOffered, LegEnded, LegPlaced, LegRinging, Logged
from softswitch.sip.message import Replaces
from softswitch.sip.watching import (
    AcceptSubscription,
    Notify,
    RefuseSubscription,
    SubscriptionEnded,
    SubscriptionRequested,
)
from softswitch.watch import Watch

CALL = [
    Logged("c", 1, 0.0, CallOffered("a", "101", "101", "Anna", "102", "id", "192.0.2.7:5060")),
    Logged("c", 2, 0.0, LegPlaced("b", "102", "sip:x")),
]
RINGS = Logged("c", 3, 0.0, LegRinging("b", early_media=False))
ENDS = Logged("c", 4, 0.0, LegEnded("b", "bye"))


def named(leg: str, by: str, of: str) -> Replaces | None:
    """Only 103 may pick up, and only at 102."""
    return Replaces(f"call-{leg}", "ours", "theirs") if (by, of) == ("103", "102") else None


def asks(resource: str, name: str = "s1") -> SubscriptionRequested:
    return SubscriptionRequested(
        name, "dialog", "103", resource, f"sip:{resource}@office", "application/dialog-info+xml"
    )


def watch(logs: list[Logged] | None = None) -> Watch:
    """Return one of a switch with the extensions 101 to 103, and calls with these logs."""
    return Watch({"101", "102", "103"}.__contains__, lambda: logs or [], named)


def body(command: object) -> bytes:
    assert isinstance(command, AcceptSubscription | Notify)
    return command.document.numbered(0)


def test_whoever_watches_is_told_the_state_of_now() -> None:
    (accepted,) = watch(CALL).hear(asks("102"))
    assert isinstance(accepted, AcceptSubscription)
    assert accepted.subscription == "s1"
    assert b'entity="sip:102@office"' in body(accepted)
    assert b"<state>trying</state>" in body(accepted)


def test_whom_nobody_knows_nobody_watches() -> None:
    idle = watch()
    assert idle.hear(asks("999")) == [RefuseSubscription("s1", 404)]
    assert not idle.is_on


def test_changes_are_told_to_those_who_watch_that_extension() -> None:
    watching = watch(CALL)
    watching.hear(asks("102", "s1"))
    watching.hear(asks("102", "s2"))
    watching.hear(asks("101", "s3"))
    told = watching.note(RINGS)
    assert [command.subscription for command in told if isinstance(command, Notify)] == ["s1", "s2"]
    assert b"<state>early</state>" in body(told[0])
    assert b"sip:101@office" in body(told[0])
    assert b'display="Anna"' in body(told[0])


def test_the_end_of_a_dialog_is_told_once() -> None:
    watching = watch(CALL)
    watching.hear(asks("102"))
    (told,) = watching.note(ENDS)
    assert b"<state>terminated</state>" in body(told)
    (again,) = watching.hear(asks("102", "s2"))
    assert b"<dialog " not in body(again)


def test_when_the_last_one_leaves_nothing_is_held() -> None:
    watching = watch(CALL)
    watching.hear(asks("102", "s1"))
    watching.hear(asks("102", "s2"))
    watching.hear(SubscriptionEnded("s1", "timeout"))
    assert watching.is_on
    watching.hear(SubscriptionEnded("s2", "lost"))
    assert not watching.is_on
    assert not any(watching.counts().values())
    assert watching.hear(SubscriptionEnded("s2", "lost")) == []


def test_who_comes_again_after_that_is_told_of_the_calls_that_are_on_then() -> None:
    logs = list(CALL)
    watching = watch(logs)
    watching.hear(asks("102"))
    watching.hear(SubscriptionEnded("s1", "timeout"))
    logs.append(RINGS)
    (accepted,) = watching.hear(asks("102"))
    assert b"<state>early</state>" in body(accepted)


def test_who_may_pick_up_is_told_the_name_of_what_rings() -> None:
    watching = watch([*CALL, RINGS])
    (accepted,) = watching.hear(asks("102"))
    assert b' call-id="call-b" local-tag="theirs" remote-tag="ours"' in body(accepted)
    stranger = SubscriptionRequested("s2", "dialog", "101", "102", "sip:102@office", "x/y")
    (told,) = watching.hear(stranger)
    assert b"call-id" not in body(told)


def test_what_does_not_ring_has_no_name() -> None:
    watching = watch(CALL)
    (accepted,) = watching.hear(asks("102"))
    assert b"call-id" not in body(accepted)
