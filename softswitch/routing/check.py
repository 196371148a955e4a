"""What a valid configuration says that nobody can have meant.

Only what is certain: a warning that may be wrong is one that nobody reads.
"""

from collections.abc import Iterable, Iterator, Mapping

from softswitch.routing.finding import Finding, Severity
from softswitch.routing.model import (
    Configuration,
    Department,
    Destination,
    Employee,
    Hours,
    Menu,
    Number,
    Source,
)
from softswitch.routing.plan import Strategy
from softswitch.routing.ringing import MEMBER_RINGS

_Graph = Mapping[str, tuple[Destination, ...]]


def check(config: Configuration) -> list[Finding]:
    """Return the warnings that `config` deserves."""
    return [
        *_unreachable(config),
        *_circles(config),
        *_departments(config.departments.values()),
        *_menus(config.menus.values()),
    ]


def _warning(source: Source, message: str) -> Finding:
    return Finding(
        Severity.WARNING, f"{source.rule}: {message}", source.file, source.line, source.column
    )


def _unreachable(config: Configuration) -> Iterator[Finding]:
    graph = _edges(config, with_choices=True)
    seen: set[str] = set()
    waiting = [str(destination) for destination in config.directory.values()]
    while waiting:
        label = waiting.pop()
        if label not in seen:
            seen.add(label)
            waiting += [str(destination) for destination in graph.get(label, ())]
    for menu in config.menus.values():
        if f"menu {menu.name}" not in seen:
            yield _warning(menu.source, "no call comes here")
    for box in config.mailboxes.values():
        if f"voicemail {box.name}" not in seen:
            yield _warning(box.source, "no call comes here")
    for department in config.departments.values():
        if f"department {department.name}" not in seen and department.source.line:
            yield _warning(department.source, "has no number and no call comes here")
    used = {hours.schedule for hours in _all_hours(config)}
    for schedule in config.schedules.values():
        if schedule.name not in used:
            yield _warning(schedule.source, "is used nowhere")


def _all_hours(config: Configuration) -> Iterator[Hours]:
    rules: tuple[Iterable[Employee | Department | Number], ...] = (
        config.employees.values(),
        config.departments.values(),
        config.numbers.values(),
    )
    for group in rules:
        for rule in group:
            if rule.hours is not None:
                yield rule.hours


def _edges(config: Configuration, *, with_choices: bool) -> dict[str, tuple[Destination, ...]]:
    """Return where each destination can send a call; with what callers choose, or without."""
    edges: dict[str, tuple[Destination, ...]] = {}
    for employee in config.employees.values():
        edges[f"employee {employee.extension}"] = (
            *employee.on.values(),
            *_closed(employee.hours),
        )
    for department in config.departments.values():
        edges[f"department {department.name}"] = (
            *department.on.values(),
            *_closed(department.hours),
        )
    for number in config.numbers.values():
        full = (number.full,) if number.limit else ()
        edges[f"number {number.number}"] = (number.open, *_closed(number.hours), *full)
    for menu in config.menus.values():
        chosen = tuple(menu.keys.values()) if with_choices else ()
        edges[f"menu {menu.name}"] = (*menu.on.values(), *chosen)
    return edges


def _closed(hours: Hours | None) -> tuple[Destination, ...]:
    return () if hours is None else (hours.closed,)


def _circles(config: Configuration) -> Iterator[Finding]:
    """Find where calls that nobody takes come back to, unless a caller has asked for it."""
    graph = _edges(config, with_choices=False)
    done: set[str] = set()
    for start in graph:
        yield from _walk(graph, start, [], done)


def _walk(graph: _Graph, label: str, path: list[str], done: set[str]) -> Iterator[Finding]:
    """Yield each edge that leads back into `path`. Without recursion: chains may be long."""
    if label in done:
        return
    path.append(label)
    branches = [iter(_distinct(graph[label]))]
    while branches:
        destination = next(branches[-1], None)
        if destination is None:
            branches.pop()
            done.add(path.pop())
            continue
        following = str(destination)
        if following in path:
            circle = " -> ".join([*path[path.index(following) :], following])
            yield _warning(
                destination.source, f"calls that nobody takes go in a circle, and end: {circle}"
            )
        elif following in graph and following not in done:
            path.append(following)
            branches.append(iter(_distinct(graph[following])))


def _distinct(destinations: Iterable[Destination]) -> list[Destination]:
    return list({str(destination): destination for destination in destinations}.values())


def _departments(departments: Iterable[Department]) -> Iterator[Finding]:
    for department in departments:
        if not department.members:
            yield _warning(department.source, "has no members, so nobody rings")
        if department.patience is None:
            continue
        clock = 0.0
        for place, member in enumerate(department.members):
            usual = department.delay if place else 0.0
            delay = usual if member.delay is None else member.delay
            if department.strategy is Strategy.IN_TURN:
                start = clock + delay
                clock = start + (member.timeout or department.timeout or MEMBER_RINGS)
            elif department.strategy is Strategy.INCREASING and member.delay is None:
                start = clock = clock + usual
            else:
                start = clock = member.delay or 0.0
            if start >= department.patience:
                yield _warning(
                    member.source,
                    f"{member.extension} rings only when others refuse: its turn comes after "
                    f"{start:g} s and the department has {department.patience:g} s",
                )


def _menus(menus: Iterable[Menu]) -> Iterator[Finding]:
    for menu in menus:
        if not (menu.greeting.say or menu.greeting.play):
            yield _warning(menu.source, "has no greeting, so callers hear nothing")
        if not (menu.keys or menu.extensions):
            yield _warning(menu.source, "has no keys, and no extension can be dialled")
        for key, destination in menu.keys.items():
            if key in menu.extensions:
                yield _warning(
                    destination.source,
                    f"the key {key} is an extension too; only one of them is reached",
                )
