"""The menu: a greeting, keys, extensions dialled on the spot (features F2, F3, F8 and F116)."""

from softswitch.applications.control import (
    CallControl,
    Key,
    Leaving,
    PlayingOver,
    Pressed,
    Prompts,
    TimeUp,
    Wait,
)
from softswitch.calls.instructions import FollowExtension, FollowKey, FollowOutcome
from softswitch.routing.plan import EnterMenu, Outcome

BURST = 1.0
"""Seconds: digits closer together than this were dialled as one number."""

END_OF_ENTRY = "#"


async def menu(call: CallControl, step: EnterMenu, prompts: Prompts) -> Leaving:
    """Let the caller choose. Any key stops the greeting, which begins again after a wrong entry.

    prompts  finds what to play; asked each time, for a prompt may have been spoken meanwhile
    """
    tries = 0
    sources = prompts(step.greeting)
    wrong_at: float | None = None
    while True:
        first = await _first_key(call, step, sources, wrong_at)
        if first is None:
            call.note("nothing-pressed", step.name)
            return FollowOutcome(Outcome.NOTHING_PRESSED)
        entry, last_at = await _entry(call, step, first)
        leaving = _choose(step, entry)
        call.note("entered", entry)
        if leaving is not None:
            return leaving
        tries += 1
        if tries >= step.tries:
            call.note("invalid", entry)
            return FollowOutcome(Outcome.INVALID)
        # Whoever dials an extension that does not exist presses on after its first wrong digit.
        wrong_at = last_at if step.extensions else None
        sources = prompts(step.invalid) + prompts(step.greeting)


async def _first_key(
    call: CallControl, step: EnterMenu, sources: tuple[str, ...], wrong_at: float | None
) -> Pressed | None:
    """Play, and return the key that was pressed meanwhile or in time after; None for none.

    wrong_at  when the last key of a wrong number was pressed: what follows at once is its rest
    """
    playing = bool(sources)
    wait: Wait = call.play(sources) if playing else call.within(step.nothing_pressed_after)
    while True:
        match await call.first(Key(), wait):
            case Pressed() as pressed:
                if wrong_at is not None and pressed.at - wrong_at < BURST:
                    wrong_at = pressed.at
                    continue
                if playing:
                    call.stop_playing()
                return pressed
            case PlayingOver(reason=reason):
                playing = False
                if reason.startswith("failed"):
                    call.note("prompt-failed", reason)
                wait = call.within(step.nothing_pressed_after)
            case _:
                return None


async def _entry(call: CallControl, step: EnterMenu, first: Pressed) -> tuple[str, float]:
    """Return the digits entered from `first` on, and when the last one was pressed."""
    entry, at = first.key, first.at
    while _may_grow(step, entry):
        match await call.first(Key(), call.within(step.between_digits)):
            case Pressed(key=key, at=at):
                if key == END_OF_ENTRY:
                    break
                entry += key
            case TimeUp():
                break
    return entry, at


def _may_grow(step: EnterMenu, entry: str) -> bool:
    """Whether a longer number begins with `entry`."""
    return any(
        len(extension) > len(entry) and extension.startswith(entry) for extension in step.extensions
    )


def _choose(step: EnterMenu, entry: str) -> FollowKey | FollowExtension | None:
    if entry in step.keys:
        return FollowKey(entry)
    if entry in step.extensions:
        return FollowExtension(entry)
    return None
