"""Who would ring: an employee, or the members of a department who are there."""

from softswitch.routing.continuation import (
    CLOSED,
    Because,
    because_of,
    been,
    is_open,
    outcomes,
    towards,
)
from softswitch.routing.model import (
    Configuration,
    Department,
    Dialled,
    Employee,
    GroupMember,
    Snapshot,
)
from softswitch.routing.plan import Member, Next, Outcome, Ring, Strategy, Why

MEMBER_RINGS = 15.0
"""Seconds that a member of a department rings where nothing is said."""

_OUTCOME = {
    "self": Outcome.BUSY,
    "forwarder": Outcome.BUSY,
    "busy": Outcome.BUSY,
    "not registered": Outcome.NOT_REGISTERED,
}
"""What an absence counts as."""


def _absence(extension: str, call: Dialled, state: Snapshot, *, busy_counts: bool) -> str | None:
    """Return why `extension` cannot ring, or None."""
    if extension == call.caller:
        return "self"
    if extension == call.forwarder:
        return "forwarder"
    if not state.registered(extension):
        return "not registered"
    if busy_counts and state.busy(extension):
        return "busy"
    return None


def ring_employee(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: Because
) -> Ring | Next:
    employee = config.employees[following.name]
    extension, source = employee.extension, employee.source
    if employee.hours is not None and not is_open(config, employee.hours, call, because):
        because.forward(extension, "closed")
        return towards(employee.hours.closed, CLOSED, been(following), following.hops + 1)
    absence = _absence(extension, call, state, busy_counts=True)
    if absence is not None:
        because.append(because_of(source, absence, extension))
        if absence != "self":
            because.forward(extension, _OUTCOME[absence])
        return outcomes(employee.on, following)[_OUTCOME[absence]]
    if following.visited or following.hops:  # what comes next depends on the way here
        why, ring = _ring_of(employee, following)
    else:
        if extension not in config.rung:
            config.rung[extension] = _ring_of(employee, following)
        why, ring = config.rung[extension]
    because.append(why)
    return ring


def _ring_of(employee: Employee, following: Next) -> tuple[Why, Ring]:
    extension = employee.extension
    why = because_of(employee.source, "rings", extension, f"{employee.timeout:g}")
    ring = Ring(
        f"employee {extension}",
        Strategy.ALL_AT_ONCE,
        (Member(extension, 0.0, employee.timeout),),
        employee.timeout,
        outcomes(employee.on, following),
        number=extension,
        title=employee.name,
    )
    return why, ring


def ring_department(
    config: Configuration, following: Next, call: Dialled, state: Snapshot, because: Because
) -> Ring | Next:
    department = config.departments[following.name]
    if department.hours is not None and not is_open(config, department.hours, call, because):
        because.forward(department.number, "closed")
        return towards(department.hours.closed, CLOSED, been(following), following.hops + 1)
    present: list[GroupMember] = []
    left_out: dict[str, Outcome] = {}
    for member in department.members:
        absence = _absence(member.extension, call, state, busy_counts=department.skip_busy)
        if absence is None:
            present.append(member)
        else:
            left_out[member.extension] = _OUTCOME[absence]
            because.append(because_of(member.source, absence, member.extension))
    if not present:
        busy = Outcome.BUSY in left_out.values()
        outcome = Outcome.BUSY if busy else Outcome.NOT_REGISTERED
        because.append(because_of(department.source, "nobody", department.name, outcome))
        because.forward(department.number, outcome)
        return outcomes(department.on, following)[outcome]
    members, timeout = _times(department, present)
    because.append(
        because_of(
            department.source,
            "rings group",
            department.name,
            department.strategy,
            " ".join(member.extension for member in members),
            f"{timeout:g}",
        )
    )
    return Ring(
        f"department {department.name}",
        department.strategy,
        members,
        timeout,
        outcomes(department.on, following),
        left_out,
        department.skip_busy,
        department.number,
        department.name,
        department.alert,
        department.early_media,
    )


def _times(department: Department, present: list[GroupMember]) -> tuple[tuple[Member, ...], float]:
    """Return those who ring, with their times, and the seconds of the whole step."""
    if department.strategy is Strategy.IN_TURN:
        members = tuple(
            Member(
                member.extension,
                _pause(department, member, first=place == 0),
                member.timeout or department.timeout or MEMBER_RINGS,
            )
            for place, member in enumerate(present)
        )
        needed = sum(member.delay + member.timeout for member in members)
        return members, department.patience or needed
    delays = _delays(department, present)
    limits = [member.timeout or department.timeout for member in present]
    needed = max(
        delay + (limit or MEMBER_RINGS) for delay, limit in zip(delays, limits, strict=True)
    )
    whole = department.patience or needed
    members = tuple(
        Member(member.extension, delay, limit or whole)  # without a limit, until the step's end
        for member, delay, limit in zip(present, delays, limits, strict=True)
    )
    return members, whole


def _pause(department: Department, member: GroupMember, *, first: bool) -> float:
    if member.delay is not None:
        return member.delay
    return 0.0 if first else department.delay


def _delays(department: Department, present: list[GroupMember]) -> list[float]:
    """Return the seconds from the start of the step to each member's start.

    Nobody waits for a phone that is not there: where some are left out and nobody is due at once,
    the earliest of the others is.
    """
    step = department.delay if department.strategy is Strategy.INCREASING else 0.0
    delays: list[float] = []
    for member in present:
        usual = delays[-1] + step if delays else 0.0
        delays.append(usual if member.delay is None else member.delay)
    if len(present) < len(department.members):
        delays[delays.index(min(delays))] = 0.0
    return delays
