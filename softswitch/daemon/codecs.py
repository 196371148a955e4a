"""Codecs that the file asks for and this machine does not have."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from media.codecs.libopus import PACKAGE, find
from softswitch.routing.model import Configuration, Employee

OPUS = "opus"


def missing_codecs(configuration: Configuration, library: str | None = None) -> Iterator[str]:
    """Yield what is to be said of codecs that phones will not be offered.

    library  libopus, nothing for none; looked for by default
    """
    asking = [one.extension for one in configuration.employees.values() if OPUS in one.codecs]
    if asking and not (find() if library is None else library):
        whose = asking[0] if len(asking) == 1 else f"{asking[0]} and {len(asking) - 1} more"
        yield (
            f"opus is left out of the codecs of {whose}, because its library is not installed: "
            f"install the package {PACKAGE}"
        )


def with_codecs_there(configuration: Configuration, library: str | None = None) -> Configuration:
    """Return the configuration without codecs that are not there. Who has no other one may speak
    all that are usual."""
    if (find() if library is None else library) or not any(
        OPUS in one.codecs for one in configuration.employees.values()
    ):
        return configuration
    return replace(configuration, employees=_without_opus(configuration.employees))


def _without_opus(employees: Mapping[str, Employee]) -> dict[str, Employee]:
    return {
        extension: replace(one, codecs=tuple(codec for codec in one.codecs if codec != OPUS))
        for extension, one in employees.items()
    }
