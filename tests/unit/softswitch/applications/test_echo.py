"""The echo test."""

from softswitch.calls.instructions import EchoBack, HangUpCall, PlayTo
from softswitch.routing.plan import EnterEcho
from tests.unit.softswitch.applications.stage import Stage


def test_a_beep_and_then_the_echo() -> None:
    stage = Stage(EnterEcho(60.0))
    assert stage.said == [PlayTo(("tone:beep",), 1)]
    assert stage.finish_playing() == [EchoBack()]


def test_the_echo_ends_in_time() -> None:
    stage = Stage(EnterEcho(60.0))
    stage.finish_playing()
    assert stage.wait(59.9) == []
    assert stage.wait(0.1) == [HangUpCall("finished")]
    assert stage.is_over


def test_a_caller_who_hangs_up_ends_it() -> None:
    stage = Stage(EnterEcho(60.0))
    assert stage.hang_up() == []
    assert stage.is_over
