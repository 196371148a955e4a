"""The decision: from a call to its plan, and from each outcome to the next step.

Pure: what it reads are its arguments, what it does is its return value. Every path ends, for two
reasons: a destination that a call has been sent to is not entered again, unless the caller asks
for it with a key; and no path is longer than `HOP_LIMIT`.
"""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from softswitch.routing.continuation import (
    CLOSED,
    FORBIDDEN,
    FULL,
    OTHERWISE,
    UNKNOWN,
    Because,
    Dialling,
    back,
    because_of,
    because_of_next,
    been,
    chosen,
    is_open,
    label,
    towards,
)
from softswitch.routing.model import Configuration, Dialled, Snapshot
from softswitch.routing.numbers import normal
from softswitch.routing.plan import (
    EnterEcho,
    EnterMenu,
    EnterVoicemail,
    HangUp,
    Next,
    Outcome,
    RoutePlan,
    Step,
    Why,
)
from softswitch.routing.ringing import ring_department, ring_employee

HOP_LIMIT = 10
"""Destinations that one call is sent to, at most, after its first."""

ECHO_LASTS = 300.0
"""Seconds."""


def decide(config: Configuration, call: Dialled, state: Snapshot) -> RoutePlan:
    """Return the plan for `call`. Never raises, never waits, never logs."""
    number = call.number
    if number not in config.begun:
        number = normal(number)
        destination = config.directory.get(number)
        if destination is None:
            return RoutePlan(HangUp(UNKNOWN, "unknown-number"), (Why("", "unknown", (number,)),))
        dialled = because_of(destination.source, "dialled", number)
        config.begun[number] = dialled, towards(destination, OTHERWISE)
    dialled, following = config.begun[number]
    if call.hops:
        following = replace(following, hops=call.hops)
    return _enter(config, following, call, state, Because((dialled,)))


def follow(config: Configuration, following: Next, call: Dialled, state: Snapshot) -> RoutePlan:
    """Return the plan for a continuation, read against the live state of now."""
    continues = because_of_next(following, "continues", following.kind, following.name)
    return _enter(config, following, call, state, Because((continues,)))


def redirected(
    config: Configuration,
    call: Dialled,
    by: str,
    to: str,
    visited: tuple[str, ...],
    hops: int,
    state: Snapshot,
) -> RoutePlan:
    """Return the plan for a call that the phone of extension `by` sent on to the number `to`.

    It is decided as a call that `by` makes for somebody else: it may lead wherever `by` may call,
    which is whatever the directory has, and it rings neither the caller nor `by`.

    `visited` and `hops` are those of any continuation of the step that rang the phone.
    """
    number = normal(to)
    moved = Why(f"employees.{by}", "moved", (by, number))
    destination = config.directory.get(number)
    if destination is None:
        barred = Why(f"employees.{by}", "may not", (by, number))
        return RoutePlan(HangUp(FORBIDDEN, "not-allowed"), (moved, barred))
    if f"employee {by}" not in visited:
        visited = (*visited, f"employee {by}")
    following = towards(destination, OTHERWISE, visited, hops + 1)
    sent_on = Dialled(number, call.caller, call.at, by)
    return _enter(config, following, sent_on, state, Because((moved,)))


def transferred(
    config: Configuration,
    call: Dialled,
    by: str,
    to: str,
    transfers: int,
    state: Snapshot,
) -> RoutePlan:
    """Return the plan for a caller whom extension `by` hands on to the number `to`.

    It is decided as a call that `by` makes: it may lead wherever `by` may call, which is whatever
    the directory has, and it rings neither `by` nor who is handed on.

    call       who is handed on, as its caller
    transfers  of the same call before; they count as hops
    """
    number = normal(to)
    moved = Why(f"employees.{by}", "transferred", (by, number))
    destination = config.directory.get(number)
    if destination is None:
        return RoutePlan(HangUp(UNKNOWN, "unknown-number"), (moved, Why("", "unknown", (number,))))
    visited = (f"employee {by}", f"employee {call.caller}")
    following = towards(destination, OTHERWISE, visited, transfers)
    handed = Dialled(number, call.caller, call.at, by)
    return _enter(config, following, handed, state, Because((moved,)))


def returned(config: Configuration, call: Dialled, to: str, state: Snapshot) -> RoutePlan:
    """Return the plan for a caller who comes back to extension `to`, because nobody was found to
    whom `to` could hand him on."""
    back_to = Why(f"employees.{to}", "returned", (to,))
    destination = config.directory.get(to)
    if destination is None:
        return RoutePlan(HangUp(UNKNOWN, "unknown-number"), (back_to, Why("", "unknown", (to,))))
    return _enter(config, towards(destination, OTHERWISE), call, state, Because((back_to,)))


def _enter(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: Because
) -> RoutePlan:
    while True:
        if following.hops > HOP_LIMIT:
            because.append(because_of_next(following, "too far", str(HOP_LIMIT)))
            return because.plan(HangUp(following.status, "loop"))
        if following.visited and label(following) in following.visited:
            because.append(because_of_next(following, "loop", label(following)))
            return because.plan(HangUp(following.status, "loop"))
        found = _HANDLERS[following.kind](config, following, call, state, because)
        if not isinstance(found, Next):
            return because.plan(found)
        following = found


def _menu(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: Because
) -> Step | Next:
    menu = config.menus[following.name]
    because.append(because_of_next(following, "menu", menu.name))
    visited, hops = been(following), following.hops + 1
    return EnterMenu(
        menu.name,
        menu.greeting,
        {key: chosen(destination, menu, following) for key, destination in menu.keys.items()},
        menu.extensions,
        Dialling(config, menu, following),
        menu.nothing_pressed_after,
        menu.between_digits,
        menu.tries,
        menu.invalid,
        {
            outcome: (
                back(destination, menu, following)
                if destination.kind == "back"
                else towards(destination, OTHERWISE, visited, hops)
            )
            for outcome, destination in menu.on.items()
        },
    )


def _voicemail(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: Because
) -> Step | Next:
    box = config.mailboxes[following.name]
    because.append(because_of_next(following, "voicemail", box.name))
    failed = towards(box.failed, OTHERWISE, been(following), following.hops + 1)
    return EnterVoicemail(
        box.name, box.greeting, box.maximum, box.silence, {Outcome.FAILED: failed}
    )


def _number(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: Because
) -> Step | Next:
    number = config.numbers[following.name]
    visited, hops = been(following), following.hops + 1
    if number.limit and state.calls_to(number.number) >= number.limit:
        because.append(because_of(number.source, "full", number.number, str(number.limit)))
        return towards(number.full, FULL, visited, hops)
    because.numbers += (number.number,)
    because.alert = number.alert or because.alert
    if number.hours is not None and not is_open(config, number.hours, call, because):
        return towards(number.hours.closed, CLOSED, visited, hops)
    because.append(because_of(number.open.source, "leads to", str(number.open)))
    return towards(number.open, OTHERWISE, visited, hops)


def _echo(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: Because
) -> Step | Next:
    because.append(because_of_next(following, "echo"))
    return EnterEcho(ECHO_LASTS)


def _hang_up(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: Because
) -> Step | Next:
    because.append(because_of_next(following, "hang up", following.name))
    return HangUp(following.status, following.name)


_Handler = Callable[[Configuration, Next, Dialled, Snapshot, Because], Step | Next]

_HANDLERS: Mapping[str, _Handler] = {
    "employee": ring_employee,
    "department": ring_department,
    "menu": _menu,
    "voicemail": _voicemail,
    "number": _number,
    "echo": _echo,
    "hang up": _hang_up,
}
