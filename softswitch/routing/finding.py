"""What is wrong, or looks wrong, in a configuration."""

from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    ERROR = "error"
    """The configuration cannot be used."""

    WARNING = "warning"
    """It can, but somebody will be surprised."""


class Finding(Struct, frozen=True, gc=False):
    severity: Severity
    message: str
    """A sentence without its full stop: what was found, what was expected."""

    file: str = ""
    line: int = 0
    """Counted from 1, as is `column`; 0 for the file as a whole."""

    column: int = 0

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.severity}: {self.message}"
