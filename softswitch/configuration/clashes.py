"""Numbers that lead to two places, found in the file as it is written.

They are found whatever else is wrong with it, so that everything is said in one round.
"""

from collections.abc import Iterator
from typing import Final

from softswitch.configuration.document import Document, Route, Value
from softswitch.routing.numbers import normal

EMERGENCY: Final = frozenset({"112", "911", "999"})
"""Numbers that people in need dial without thinking; nothing may stand in their way."""


def complain_of_clashes(document: Document, usual_echo: str) -> None:
    """Complain of every number that is taken already.

    usual_echo  the code of the echo test in a file that sets none
    """
    taken = dict.fromkeys(EMERGENCY, "an emergency number")
    for number, owner, route in _numbers(_mapping(document.root), usual_echo):
        if number in taken:
            where = ".".join(str(part) for part in route)
            document.complain(f"{where}: {number} is {taken[number]}", document.key_position(route))
        taken.setdefault(number, owner)


def _numbers(root: dict[str, Value], usual_echo: str) -> Iterator[tuple[str, str, Route]]:
    """Yield each number that can be dialled, what it is for others, and where it stands."""
    for extension in _mapping(root.get("employees")):
        yield extension.strip(), "an employee already", ("employees", extension)
    echo = _mapping(root.get("features")).get("echo", usual_echo)
    if isinstance(echo, str) and echo.strip() != "off":
        yield echo.strip(), "the code of echo already", ("features", "echo")
    for name, department in _mapping(root.get("departments")).items():
        number = _mapping(department).get("number")
        if isinstance(number, str):
            owner = f"the number of department {name} already"
            yield number.strip(), owner, ("departments", name, "number")
    for number in _mapping(root.get("numbers")):
        yield normal(number), f"the same number as {number!r}", ("numbers", number)


def _mapping(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}
