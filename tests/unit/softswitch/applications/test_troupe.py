"""Who runs the applications."""

import pytest

from softswitch.applications import Troupe
from softswitch.calls.instructions import (
    ApplicationWanted,
    CallEnded,
    FollowKey,
    Heard,
    KeyPressed,
    PlayEnded,
    PlayTo,
)
from softswitch.routing.plan import Prompt
from tests.unit.softswitch.applications.stage import EPOCH, menu, prompts, voicemail


def troupe() -> Troupe:
    return Troupe(prompts, "/state/voicemail", EPOCH)


def wanted(call: str) -> ApplicationWanted:
    return ApplicationWanted(call, menu(), "101", "", "800")


def test_calls_do_not_hear_each_other() -> None:
    players = troupe()
    players.begin(wanted("a"), 0.0)
    players.begin(wanted("b"), 0.0)
    out = players.hear(Heard("a", KeyPressed("1")), 1.0)
    assert out[-1] == ("a", FollowKey("1"))
    assert players.counts()["applications"] == 1


def test_each_call_has_its_own_time() -> None:
    players = troupe()
    for call, at in (("a", 0.0), ("b", 3.0)):
        players.begin(wanted(call), at)
        players.hear(Heard(call, PlayEnded(1, "end")), at)
    assert players.deadline == 5.0
    assert {call for call, _ in players.expire(5.0)} == {"a"}
    assert players.deadline == 8.0


def test_who_is_not_on_hears_nothing() -> None:
    assert troupe().hear(Heard("ghost", CallEnded()), 0.0) == []


def test_an_application_that_is_entered_anew_replaces_the_one_before() -> None:
    players = troupe()
    players.begin(wanted("a"), 0.0)
    again = ApplicationWanted("a", voicemail(), "101", "", "800")
    assert players.begin(again, 1.0) == [("a", PlayTo(("speak.wav",), 1))]
    assert players.counts()["applications"] == 1


def test_keys_that_nobody_waits_for_are_kept_in_order_and_bounded() -> None:
    players = troupe()
    players.begin(ApplicationWanted("a", voicemail(), "101", "", "800"), 0.0)
    for _ in range(10_000):
        assert players.hear(Heard("a", KeyPressed("7")), 0.0) == []


def test_an_end_that_is_told_twice_is_one_end() -> None:
    players = troupe()
    players.begin(ApplicationWanted("a", voicemail(), "101", "", "800"), 0.0)
    players.hear(Heard("a", PlayEnded(1, "end")), 0.0)
    players.hear(Heard("a", PlayEnded(2, "end")), 0.0)
    assert players.hear(Heard("a", CallEnded()), 0.0) == []
    assert players.hear(Heard("a", CallEnded()), 0.0) == []
    assert players.expire(100.0) == []
    assert not any(players.counts().values())


def test_an_application_that_raises_is_given_up_and_the_others_go_on() -> None:
    def brittle(prompt: Prompt) -> tuple[str, ...]:
        if prompt.say == "wrong":
            raise RuntimeError("broken")
        return prompts(prompt)

    players = Troupe(brittle, "/state/voicemail", EPOCH)
    for call, key in (("a", "3"), ("b", "1"), ("c", "1")):
        step = menu(extensions=("11", "33"))
        players.begin(ApplicationWanted(call, step, "101", "", "800"), 0.0)
        players.hear(Heard(call, KeyPressed(key)), 1.0)
    with pytest.raises(RuntimeError, match="broken"):
        players.expire(3.0)
    assert players.give_up() == "a"
    assert players.give_up() == ""
    out = players.resume(3.0)
    assert [call for call, said in out if said == FollowKey("1")] == ["b", "c"]
    assert not any(players.counts().values())
