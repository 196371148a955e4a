"""Continuations: from a destination in the configuration to one on the way of a call."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from softswitch.routing.model import Configuration, Destination, Dialled, Hours, Menu, Source
from softswitch.routing.plan import Forwarded, Next, Outcome, RoutePlan, Step, Why

STATUS = {
    Outcome.BUSY: 486,
    Outcome.NO_ANSWER: 480,
    Outcome.NOT_REGISTERED: 480,
    Outcome.REFUSED: 603,
}
"""What a caller who is not answered yet hears of an outcome (RFC 3261, section 21)."""

FULL, CLOSED, UNKNOWN, FORBIDDEN, OTHERWISE = 486, 480, 404, 403, 480
"""The same for what is no outcome of a step."""


class Because(Struct):
    """The explanation of a plan, while it grows."""

    whys: tuple[Why, ...]
    numbers: tuple[str, ...] = ()
    """Public numbers that let the call in on the way."""

    alert: str = ""
    """Of the last of them that has one."""

    forwarded: tuple[Forwarded, ...] = ()
    """Who has sent the call on, on the way."""

    def append(self, why: Why) -> None:
        self.whys += (why,)

    def plan(self, step: Step) -> RoutePlan:
        """Return the plan to which all of this has led."""
        return RoutePlan(step, self.whys, self.numbers, self.alert, self.forwarded)

    def forward(self, by: str, why: str) -> None:
        """Note that the call does not stay with `by`."""
        if by:
            self.forwarded += (Forwarded(by, why),)


def because_of(source: Source, verdict: str, *arguments: str) -> Why:
    return Why(source.rule, verdict, arguments, source.line, source.file)


def because_of_next(following: Next, verdict: str, *arguments: str) -> Why:
    return Why(following.rule, verdict, arguments, following.line, following.file)


def label(following: Next) -> str:
    """Return the destination as `visited` keeps it."""
    return f"{following.kind} {following.name}"


def been(following: Next) -> tuple[str, ...]:
    """Return what is visited once `following` is entered."""
    return (*following.visited, label(following))


def towards(
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


def outcomes(on: Mapping[Outcome, Destination], following: Next) -> dict[Outcome, Next]:
    """Return the continuations of a step that `following` led to."""
    visited, hops = been(following), following.hops + 1
    return {
        outcome: towards(destination, STATUS[outcome], visited, hops)
        for outcome, destination in on.items()
    }


def is_open(config: Configuration, hours: Hours, call: Dialled, because: Because) -> bool:
    answer = config.schedules[hours.schedule].week.is_open(call.at)
    moment = call.at.isoformat(timespec="minutes")
    because.append(because_of(hours.source, "open" if answer else "closed", hours.schedule, moment))
    return answer


def chosen(destination: Destination, menu: Menu, following: Next) -> Next:
    """Return where a key of `menu` leads.

    A caller may ask for the same thing twice: nothing that a key names counts as visited.
    """
    if destination.kind == "back":
        return back(destination, menu, following)
    visited = _before(f"{destination.kind} {destination.name}", been(following))
    return towards(destination, OTHERWISE, visited, following.hops + 1)


def back(destination: Destination, menu: Menu, following: Next) -> Next:
    """Return the way to the menu before `menu`, or to its own beginning where it is the first."""
    name, visited = menu.name, following.visited
    for place in range(len(visited) - 1, -1, -1):
        if visited[place].startswith("menu "):
            name, visited = visited[place].removeprefix("menu "), visited[:place]
            break
    return towards(
        Destination("menu", name, destination.source), OTHERWISE, visited, following.hops + 1
    )


def _before(name: str, visited: tuple[str, ...]) -> tuple[str, ...]:
    return visited[: visited.index(name)] if name in visited else visited


class Dialling(Mapping[str, Next]):
    """Where the extensions of a menu lead, made when one is dialled: a company may have many."""

    __slots__ = ("_config", "_following", "_menu")

    def __init__(self, config: Configuration, menu: Menu, following: Next) -> None:
        self._config = config
        self._menu = menu
        self._following = following

    def __getitem__(self, extension: str) -> Next:
        if extension not in self._menu.extensions:
            raise KeyError(extension)
        found = self._config.directory[extension]
        return chosen(
            Destination(found.kind, found.name, self._menu.dial), self._menu, self._following
        )

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._menu.extensions))

    def __len__(self) -> int:
        return len(self._menu.extensions)
