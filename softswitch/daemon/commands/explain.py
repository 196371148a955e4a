"""`softswitch explain`: where a call would go, without making one."""

import os
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from softswitch.configuration.errors import ConfigurationError
from softswitch.configuration.load import load
from softswitch.configuration.values import nearest
from softswitch.routing import render
from softswitch.routing.explain import explain as unfold
from softswitch.routing.model import Configuration, Dialled

FORMATS = {"text": render.text, "json": render.as_json, "mermaid": render.mermaid}


class Misstated(Exception):
    """What was asked cannot be meant; `option` says where."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(problem)
        self.option = option


class Supposed:
    """A live state as somebody supposes it: a `routing.model.Snapshot`."""

    def __init__(self, busy: Collection[str], unregistered: Collection[str]) -> None:
        self._busy = busy
        self._unregistered = unregistered

    def registered(self, extension: str) -> bool:
        return extension not in self._unregistered

    def busy(self, extension: str) -> bool:
        return extension in self._busy

    def calls_to(self, number: str) -> int:
        return 0


def explain(
    file: Path,
    caller: str,
    number: str,
    at: str | None,
    busy: Collection[str],
    unregistered: Collection[str],
    form: str,
) -> tuple[str, bool]:
    """Return what to print, and whether the configuration can be used.

    caller  an extension, or an outside number: `+` and digits
    at      ISO 8601; None for now. Without a zone it is in that of the first schedule.

    Raises Misstated.
    """
    try:
        configuration = load(file, os.environ).configuration
    except ConfigurationError as error:
        return str(error), False
    if not (caller.startswith("+") and caller[1:].isdecimal()):
        _require(configuration, "--from", (caller,))
    _require(configuration, "--busy", busy)
    _require(configuration, "--unregistered", unregistered)
    try:
        call = Dialled(number, caller, moment(configuration, at))
    except ValueError as error:
        raise Misstated("--at", str(error)) from error
    return FORMATS[form](unfold(configuration, call, Supposed(busy, unregistered))), True


def _require(configuration: Configuration, option: str, extensions: Collection[str]) -> None:
    """Raises Misstated when one of `extensions` is nobody's."""
    known = configuration.employees
    for extension in extensions:
        if extension not in known:
            hint = nearest(extension, known)
            raise Misstated(option, f"{extension!r} is no extension of this office{hint}")


def moment(configuration: Configuration, at: str | None) -> datetime:
    """Return the time that is meant, in the zone of the first schedule where none is said. Raises
    ValueError."""
    schedule = next(iter(configuration.schedules.values()), None)
    if at is None:
        now = datetime.now(UTC)
        return now if schedule is None else now.astimezone(schedule.week.zone)
    try:
        time = datetime.fromisoformat(at)
    except ValueError:
        raise ValueError(f"expected a time such as 2026-12-24T18:30, not {at!r}") from None
    if time.tzinfo is not None:
        return time
    return time.astimezone() if schedule is None else time.replace(tzinfo=schedule.week.zone)
