"""The menu, key by key."""

import pytest

from softswitch.calls.instructions import (
    FollowExtension,
    FollowKey,
    FollowOutcome,
    Note,
    PlayTo,
    StopPlaying,
)
from softswitch.routing.plan import Outcome
from tests.unit.softswitch.applications.stage import Stage, menu

NOTHING_PRESSED = FollowOutcome(Outcome.NOTHING_PRESSED)
INVALID = FollowOutcome(Outcome.INVALID)


def test_the_greeting_is_played_at_once() -> None:
    stage = Stage(menu())
    assert stage.said == [PlayTo(("welcome.wav",), 1)]


def test_a_key_leads_on() -> None:
    stage = Stage(menu())
    stage.finish_playing()
    assert stage.press("1")[-1] == FollowKey("1")
    assert stage.is_over


def test_a_key_during_the_greeting_stops_it() -> None:
    stage = Stage(menu())
    assert stage.press("2") == [StopPlaying(), Note("entered", "2"), FollowKey("2")]


def test_the_star_is_a_key_like_any_other() -> None:
    assert Stage(menu()).press("*")[-1] == FollowKey("*")


def test_five_seconds_are_counted_from_the_end_of_the_greeting() -> None:
    stage = Stage(menu())
    stage.wait(30.0)
    stage.finish_playing()
    assert stage.wait(4.9) == []
    assert stage.wait(0.1)[-1] == NOTHING_PRESSED
    assert stage.is_over


def test_without_a_greeting_they_are_counted_from_the_start() -> None:
    stage = Stage(menu(greeting=""))
    assert stage.said == []
    assert stage.wait(5.0)[-1] == NOTHING_PRESSED


def test_a_greeting_that_cannot_be_played_is_noted_and_the_menu_goes_on() -> None:
    stage = Stage(menu())
    assert stage.finish_playing("failed: no such file") == [
        Note("prompt-failed", "failed: no such file")
    ]
    assert stage.press("1")[-1] == FollowKey("1")


def test_a_wrong_key_is_said_to_be_wrong_and_the_greeting_begins_again() -> None:
    stage = Stage(menu())
    stage.finish_playing()
    assert stage.press("9") == [Note("entered", "9"), PlayTo(("wrong.wav", "welcome.wav"), 2)]
    assert stage.press("1")[-1] == FollowKey("1")


def test_the_third_wrong_key_goes_to_the_fallback() -> None:
    stage = Stage(menu())
    stage.press("9")
    stage.press("8")
    assert stage.press("7")[-1] == INVALID
    assert stage.is_over


def test_after_a_wrong_key_nothing_pressed_counts_from_the_end_of_the_repeat() -> None:
    stage = Stage(menu())
    stage.press("9")
    stage.wait(20.0)
    stage.finish_playing()
    assert stage.wait(5.0)[-1] == NOTHING_PRESSED


def test_an_extension_may_be_dialled() -> None:
    stage = Stage(menu(extensions=("201", "202")))
    assert stage.press("202", gap=0.5)[-1] == FollowExtension("202")


def test_a_key_that_begins_an_extension_waits_for_more() -> None:
    stage = Stage(menu(keys="2", extensions=("201",)))
    assert stage.press("2") == [StopPlaying()]
    assert stage.wait(1.9) == []
    assert stage.wait(0.1)[-1] == FollowKey("2")


def test_a_hash_ends_the_entry_at_once() -> None:
    stage = Stage(menu(keys="2", extensions=("201",)))
    assert stage.press("2#")[-1] == FollowKey("2")


def test_a_hash_can_be_a_key_of_its_own() -> None:
    assert Stage(menu(keys="#")).press("#")[-1] == FollowKey("#")


def test_a_hash_alone_is_wrong_where_it_is_no_key() -> None:
    assert Stage(menu()).press("#")[-1] == PlayTo(("wrong.wav", "welcome.wav"), 2)


def test_each_digit_gives_time_for_the_next() -> None:
    stage = Stage(menu(extensions=("201",)))
    assert stage.press("201", gap=1.9)[-1] == FollowExtension("201")


def test_an_extension_that_begins_another_waits_for_it() -> None:
    stage = Stage(menu(keys="", extensions=("20", "201")))
    stage.press("20")
    assert stage.wait(2.0)[-1] == FollowExtension("20")


def test_an_unfinished_extension_is_wrong() -> None:
    stage = Stage(menu(keys="", extensions=("201",)))
    stage.press("20")
    assert stage.wait(2.0)[-1] == PlayTo(("wrong.wav", "welcome.wav"), 2)


def test_the_rest_of_a_wrong_number_is_not_another_try() -> None:
    stage = Stage(menu(extensions=("201",)))
    stage.press("999", gap=0.4)
    assert stage.said[-1] == PlayTo(("wrong.wav", "welcome.wav"), 2)
    stage.wait(1.0)
    assert stage.press("1")[-1] == FollowKey("1")


def test_two_wrong_keys_apart_are_two_tries() -> None:
    stage = Stage(menu(extensions=("201",)))
    assert stage.press("999", gap=1.5)[-1] == INVALID


@pytest.mark.parametrize("tries", [1, 2])
def test_the_number_of_tries_is_that_of_the_menu(tries: int) -> None:
    stage = Stage(menu(tries=tries))
    assert stage.press("9" * tries)[-1] == INVALID


def test_a_caller_who_hangs_up_ends_the_menu() -> None:
    stage = Stage(menu())
    assert stage.hang_up() == []
    assert stage.is_over
