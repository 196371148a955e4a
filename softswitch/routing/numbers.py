"""Numbers as people write and dial them."""

from collections.abc import Iterable

from softswitch.routing.model import Department, Destination, Employee, Number, Source

_SEPARATORS = str.maketrans("", "", " \t-./()\N{NO-BREAK SPACE}")


def normal(number: str) -> str:
    """Return `number` without what is written for the eye: `+48 (22) 123-45` is `+482212345`."""
    return number if number.isalnum() else number.translate(_SEPARATORS)


def directory(
    employees: Iterable[Employee],
    departments: Iterable[Department],
    numbers: Iterable[Number],
    codes: Iterable[tuple[str, str, Source]] = (),
) -> dict[str, Destination]:
    """Return what each number that can be dialled leads to.

    codes  (code, kind of destination, source), such as `*43` and `echo`
    """
    found = {code: Destination(kind, "", source) for code, kind, source in codes}
    for number in numbers:
        found[number.number] = Destination("number", number.number, number.source)
    for department in departments:
        if department.number:
            found[department.number] = Destination("department", department.name, department.source)
    for employee in employees:
        found[employee.extension] = Destination("employee", employee.extension, employee.source)
    return found
