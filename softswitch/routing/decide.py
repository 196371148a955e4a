"""The decision: from a call to its plan, and from each outcome to the next step.

Pure: what it reads are its arguments, what it does is its return value. Every path ends, for two
reasons: a destination that a call has been sent to is not entered again, unless the caller asks
for it with a key; and no path is longer than `HOP_LIMIT`.
"""

from collections.abc import Callable, Iterator, Mapping

from softswitch.routing.model import (
    Configuration,
    Department,
    Destination,
    Dialled,
    GroupMember,
    Hours,
    Menu,
    Snapshot,
)
from softswitch.routing.numbers import normal
from softswitch.routing.plan import (
    EnterEcho,
    EnterMenu,
    EnterVoicemail,
    HangUp,
    Member,
    Next,
    Outcome,
    Ring,
    RoutePlan,
    Step,
    Strategy,
    Why,
)

HOP_LIMIT = 10
"""Destinations that one call is sent to, at most."""

MEMBER_RINGS = 15.0
"""Seconds that a member of a department rings where nothing is said."""

ECHO_LASTS = 300.0
"""Seconds."""

STATUS = {
    Outcome.BUSY: 486,
    Outcome.NO_ANSWER: 480,
    Outcome.NOT_REGISTERED: 480,
    Outcome.REFUSED: 603,
}
"""What a caller who is not answered yet hears of an outcome (RFC 3261, section 21)."""

FULL, CLOSED, UNKNOWN, OTHERWISE = 486, 480, 404, 480


def decide(config: Configuration, call: Dialled, state: Snapshot) -> RoutePlan:
    """Return the plan for `call`. Never raises, never waits, never logs."""
    number = normal(call.number)
    destination = config.directory.get(number)
    if destination is None:
        return RoutePlan(HangUp(UNKNOWN, "unknown-number"), (Why("", "unknown", (number,)),))
    source = destination.source
    why = Why(source.rule, "dialled", (number,), source.line, source.file)
    return _enter(config, _towards(destination, OTHERWISE), call, state, [why])


def follow(config: Configuration, following: Next, call: Dialled, state: Snapshot) -> RoutePlan:
    """Return the plan for a continuation, read against the live state of now."""
    why = Why(
        following.rule,
        "continues",
        (_label(following.kind, following.name),),
        following.line,
        following.file,
    )
    return _enter(config, following, call, state, [why])


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

    `visited` and `hops` are those of any continuation of the step that rang the phone.
    """
    number = normal(to)
    moved = Why(f"employees.{by}", "moved", (by, number))
    destination = config.directory.get(number)
    if destination is None:
        return RoutePlan(HangUp(UNKNOWN, "unknown-number"), (moved, Why("", "unknown", (number,))))
    been = f"employee {by}"
    tried = visited if been in visited else (*visited, been)
    return _enter(config, _towards(destination, OTHERWISE, tried, hops + 1), call, state, [moved])


_Because = list[Why]
_Found = Step | Next
"""A handler's result: a step, or where to look instead."""


def _enter(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: _Because
) -> RoutePlan:
    while True:
        if following.hops > HOP_LIMIT:
            because.append(_why(following, "too far", str(HOP_LIMIT)))
            return RoutePlan(HangUp(following.status, "loop"), tuple(because))
        if following.visited and _label(following.kind, following.name) in following.visited:
            because.append(_why(following, "loop", _label(following.kind, following.name)))
            return RoutePlan(HangUp(following.status, "loop"), tuple(because))
        found = _HANDLERS[following.kind](config, following, call, state, because)
        if not isinstance(found, Next):
            return RoutePlan(found, tuple(because))
        following = found


def _employee(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: _Because
) -> _Found:
    employee = config.employees[following.name]
    source = employee.source
    been = _been(following)
    if employee.hours is not None and not _open(config, employee.hours, call, because):
        return _onward(employee.hours.closed, CLOSED, been, following)
    extension = employee.extension
    outcome: Outcome | None = None
    if call.caller == extension:
        outcome, verdict = Outcome.BUSY, "self"
    elif not state.registered(extension):
        outcome, verdict = Outcome.NOT_REGISTERED, "not registered"
    elif state.busy(extension):
        outcome, verdict = Outcome.BUSY, "busy"
    if outcome is not None:
        because.append(Why(source.rule, verdict, (extension,), source.line, source.file))
        return _onward(employee.on[outcome], STATUS[outcome], been, following)
    because.append(
        Why(
            source.rule,
            "rings",
            (extension, f"{employee.timeout:g}"),
            source.line,
            source.file,
        )
    )
    return Ring(
        f"employee {extension}",
        Strategy.ALL_AT_ONCE,
        (Member(extension, 0.0, employee.timeout),),
        employee.timeout,
        _outcomes(employee.on, been, following.hops + 1),
    )


def _department(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: _Because
) -> _Found:
    department = config.departments[following.name]
    source = department.source
    been = _been(following)
    if department.hours is not None and not _open(config, department.hours, call, because):
        return _onward(department.hours.closed, CLOSED, been, following)
    present: list[GroupMember] = []
    left_out: dict[str, Outcome] = {}
    for member in department.members:
        verdict = _absence(department, member.extension, call, state)
        if verdict is None:
            present.append(member)
            continue
        outcome = Outcome.NOT_REGISTERED if verdict == "not registered" else Outcome.BUSY
        left_out[member.extension] = outcome
        origin = member.source
        because.append(Why(origin.rule, verdict, (member.extension,), origin.line, origin.file))
    if not present:
        outcome = Outcome.BUSY if Outcome.BUSY in left_out.values() else Outcome.NOT_REGISTERED
        because.append(
            Why(source.rule, "nobody", (department.name, outcome), source.line, source.file)
        )
        return _onward(department.on[outcome], STATUS[outcome], been, following)
    members = _members(department, present)
    timeout = department.patience or _whole(department, members)
    because.append(
        Why(
            source.rule,
            "rings group",
            (
                department.name,
                department.strategy,
                " ".join(member.extension for member in members),
                f"{timeout:g}",
            ),
            source.line,
            source.file,
        )
    )
    return Ring(
        f"department {department.name}",
        department.strategy,
        members,
        timeout,
        _outcomes(department.on, been, following.hops + 1),
        left_out,
    )


def _absence(department: Department, extension: str, call: Dialled, state: Snapshot) -> str | None:
    if extension == call.caller:
        return "self"
    if not state.registered(extension):
        return "not registered"
    if department.skip_busy and state.busy(extension):
        return "skipped"
    return None


def _members(department: Department, present: list[GroupMember]) -> tuple[Member, ...]:
    """Return those who ring, with the times of the department's strategy.

    Nobody waits for a phone that is not there: where the first ones are left out, the earliest of
    the others rings at once.
    """
    if department.strategy is Strategy.IN_TURN:
        rings = department.timeout or MEMBER_RINGS
        return tuple(
            Member(
                member.extension,
                member.delay if member.delay is not None else department.delay if place else 0.0,
                member.timeout or rings,
            )
            for place, member in enumerate(present)
        )
    delays: list[float] = []
    for member in present:
        step = department.delay if department.strategy is Strategy.INCREASING else 0.0
        usual = delays[-1] + step if delays else 0.0
        delays.append(usual if member.delay is None else member.delay)
    if len(present) < len(department.members):
        earliest = delays.index(min(delays))
        delays[earliest] = 0.0
    lasts = department.patience or max(delays) + MEMBER_RINGS
    return tuple(
        Member(
            member.extension,
            delay,
            member.timeout or department.timeout or max(lasts - delay, 0.0),
        )
        for member, delay in zip(present, delays, strict=True)
    )


def _whole(department: Department, members: tuple[Member, ...]) -> float:
    """Return the seconds after which the last member has had its time."""
    if department.strategy is Strategy.IN_TURN:
        return sum(member.delay + member.timeout for member in members)
    return max(member.delay + member.timeout for member in members)


def _menu(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: _Because
) -> _Found:
    menu = config.menus[following.name]
    because.append(_why(following, "menu", menu.name))
    visited, been, hops = following.visited, _been(following), following.hops + 1
    return EnterMenu(
        menu.name,
        menu.greeting,
        {
            key: _chosen(destination, menu, visited, been, hops)
            for key, destination in menu.keys.items()
        },
        menu.extensions,
        _Dialling(config, menu, been, hops),
        menu.nothing_pressed_after,
        menu.between_digits,
        menu.tries,
        menu.invalid,
        {
            outcome: (
                _back(destination, menu, visited, hops)
                if destination.kind == "back"
                else _towards(destination, OTHERWISE, been, hops)
            )
            for outcome, destination in menu.on.items()
        },
    )


def _chosen(
    destination: Destination, menu: Menu, visited: tuple[str, ...], been: tuple[str, ...], hops: int
) -> Next:
    """Return where a key leads. A caller may ask for the same thing twice: nothing that a key
    names counts as visited."""
    if destination.kind == "back":
        return _back(destination, menu, visited, hops)
    return _towards(destination, OTHERWISE, _before(str(destination), been), hops)


def _back(destination: Destination, menu: Menu, visited: tuple[str, ...], hops: int) -> Next:
    """Return the way to the menu before `menu`, or to its own beginning where it is the first."""
    name, tried = menu.name, visited
    for place in range(len(visited) - 1, -1, -1):
        if visited[place].startswith("menu "):
            name, tried = visited[place].removeprefix("menu "), visited[:place]
            break
    source = destination.source
    return Next("menu", name, tried, hops, source.rule, source.line, source.file, OTHERWISE)


def _before(label: str, visited: tuple[str, ...]) -> tuple[str, ...]:
    return visited[: visited.index(label)] if label in visited else visited


class _Dialling(Mapping[str, Next]):
    """Where the extensions of a menu lead, made when one is dialled: a company may have many."""

    __slots__ = ("_been", "_config", "_hops", "_menu")

    def __init__(self, config: Configuration, menu: Menu, been: tuple[str, ...], hops: int) -> None:
        self._config = config
        self._menu = menu
        self._been = been
        self._hops = hops

    def __getitem__(self, extension: str) -> Next:
        if extension not in self._menu.extensions:
            raise KeyError(extension)
        destination = self._config.directory[extension]
        visited = _before(str(destination), self._been)
        following = _towards(destination, OTHERWISE, visited, self._hops)
        source = self._menu.source
        return Next(
            following.kind,
            following.name,
            visited,
            self._hops,
            f"{source.rule}.dial",
            source.line,
            source.file,
            OTHERWISE,
        )

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._menu.extensions))

    def __len__(self) -> int:
        return len(self._menu.extensions)


def _voicemail(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: _Because
) -> _Found:
    box = config.mailboxes[following.name]
    because.append(_why(following, "voicemail", box.name))
    source = box.source
    failed = Next(
        "hang up",
        "failed",
        _been(following),
        following.hops + 1,
        source.rule,
        source.line,
        source.file,
        OTHERWISE,
    )
    return EnterVoicemail(
        box.name, box.greeting, box.maximum, box.silence, {Outcome.FAILED: failed}
    )


def _number(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: _Because
) -> _Found:
    number = config.numbers[following.name]
    been = _been(following)
    if number.limit and state.calls_to(number.number) >= number.limit:
        source = number.source
        because.append(
            Why(
                f"{source.rule}.limit",
                "full",
                (number.number, str(number.limit)),
                source.line,
                source.file,
            )
        )
        return _onward(number.full, FULL, been, following)
    if number.hours is not None and not _open(config, number.hours, call, because):
        return _onward(number.hours.closed, CLOSED, been, following)
    destination = number.open
    source = destination.source
    because.append(Why(source.rule, "leads to", (str(destination),), source.line, source.file))
    return _onward(destination, OTHERWISE, been, following)


def _echo(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: _Because
) -> _Found:
    because.append(_why(following, "echo"))
    return EnterEcho(ECHO_LASTS)


def _hang_up(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: _Because
) -> _Found:
    because.append(_why(following, "hang up", following.name))
    return HangUp(following.status, following.name or "hang-up")


_HANDLERS: Mapping[str, Callable[[Configuration, Next, Dialled, Snapshot, _Because], _Found]] = {
    "employee": _employee,
    "department": _department,
    "menu": _menu,
    "voicemail": _voicemail,
    "number": _number,
    "echo": _echo,
    "hang up": _hang_up,
}


def _open(config: Configuration, hours: Hours, call: Dialled, because: _Because) -> bool:
    is_open = config.schedules[hours.schedule].week.is_open(call.at)
    source = hours.source
    verdict = "open" if is_open else "closed"
    because.append(
        Why(
            source.rule,
            verdict,
            (hours.schedule, call.at.isoformat(timespec="minutes")),
            source.line,
            source.file,
        )
    )
    return is_open


def _label(kind: str, name: str) -> str:
    return f"{kind} {name}"


def _been(following: Next) -> tuple[str, ...]:
    return (*following.visited, _label(following.kind, following.name))


def _why(following: Next, verdict: str, *arguments: str) -> Why:
    return Why(following.rule, verdict, arguments, following.line, following.file)


def _towards(
    destination: Destination, status: int, visited: tuple[str, ...] = (), hops: int = 0
) -> Next:
    source = destination.source
    return Next(
        destination.kind,
        destination.name,
        visited,
        hops,
        source.rule,
        source.line,
        source.file,
        status,
    )


def _onward(
    destination: Destination, status: int, visited: tuple[str, ...], following: Next
) -> Next:
    return _towards(destination, status, visited, following.hops + 1)


def _outcomes(
    on: Mapping[Outcome, Destination], visited: tuple[str, ...], hops: int
) -> dict[Outcome, Next]:
    return {
        outcome: _towards(destination, STATUS[outcome], visited, hops)
        for outcome, destination in on.items()
    }
