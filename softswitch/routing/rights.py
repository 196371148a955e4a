"""What an extension may do to the calls of others."""

from softswitch.routing.model import Configuration


def may_pick_up(config: Configuration, by: str, of: str) -> bool:
    """Return whether extension `by` may take a call that rings at `of`: its own calls, and those
    of a department that both belong to."""
    if not by:
        return False
    if by == of:
        return True
    return any(
        {by, of} <= {member.extension for member in department.members}
        for department in config.departments.values()
    )
