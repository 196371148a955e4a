"""Stepping a coroutine without an event loop."""

from softswitch.applications.control import (
    TYPED_AHEAD,
    CallControl,
    CallerGone,
    Key,
    Leaving,
    Pressed,
    TimeUp,
)
from softswitch.applications.performance import FINISHING, Performance
from softswitch.calls.instructions import (
    ApplicationWanted,
    CallEnded,
    HangUpCall,
    KeyPressed,
    SaveMessage,
)
from softswitch.routing.plan import EnterEcho


def control() -> CallControl:
    return CallControl(ApplicationWanted("c1", EnterEcho(1.0), "101", "", "*43"), 0.0)


def test_keys_typed_ahead_are_given_to_the_first_who_waits() -> None:
    seen: list[Pressed | TimeUp] = []

    async def application(call: CallControl) -> Leaving:
        await call.first(call.within(1.0))
        for _ in range(3):
            happened = await call.first(Key(), call.within(1.0))
            assert isinstance(happened, Pressed | TimeUp)
            seen.append(happened)
        return HangUpCall("finished")

    call = control()
    performance = Performance(call, application(call))
    performance.begin(0.0)
    performance.hear(KeyPressed("1"), 0.25)
    performance.hear(KeyPressed("2"), 0.5)
    performance.expire(1.0)
    assert seen == [Pressed("1", 0.25), Pressed("2", 0.5)]
    assert performance.deadline == 2.0
    assert performance.expire(2.0) == [HangUpCall("finished")]
    assert performance.over


def test_no_more_keys_are_kept_than_anybody_types() -> None:
    call = control()
    for number in range(TYPED_AHEAD + 5):
        call.keep_key(Pressed("1", float(number)))
    kept = 0
    while call.typed_ahead() is not None:
        kept += 1
    assert kept == TYPED_AHEAD


def test_a_wait_counts_from_where_it_is_made() -> None:
    async def application(call: CallControl) -> Leaving:
        end = call.within(10.0)
        await call.first(call.within(4.0))
        await call.first(end)
        return HangUpCall("finished")

    call = control()
    performance = Performance(call, application(call))
    performance.begin(0.0)
    performance.expire(4.0)
    assert performance.deadline == 10.0


def test_after_the_caller_only_messages_are_saved() -> None:
    async def application(call: CallControl) -> Leaving:
        try:
            await call.first(Key())
        except CallerGone:
            call.stop_playing()
            call.save_message("box", "m.wav", 1.0)
            await call.first(call.within(1.0))
            raise
        return HangUpCall("finished")

    call = control()
    performance = Performance(call, application(call))
    performance.begin(0.0)
    assert performance.hear(CallEnded(), 0.0) == [SaveMessage("box", "m.wav", "101", "", 1.0)]
    assert not performance.over


def test_whoever_does_not_finish_is_ended() -> None:
    async def application(call: CallControl) -> Leaving:
        try:
            await call.first(Key())
        except CallerGone:
            while True:
                await call.first(Key(), call.within(7.0))
        return HangUpCall("finished")

    call = control()
    performance = Performance(call, application(call))
    performance.begin(0.0)
    performance.hear(CallEnded(), 0.0)
    now = 0.0
    while performance.deadline is not None:
        now = performance.deadline
        assert performance.expire(now) == []
    assert performance.over
    assert now == FINISHING
