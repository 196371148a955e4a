"""The file, read: a routing model, settings and warnings, or every error that it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from softswitch.configuration.build import DEFAULT_DEPARTMENT, Build
from softswitch.configuration.clashes import complain_of_clashes
from softswitch.configuration.document import Document, read
from softswitch.configuration.document import parse as parse_document
from softswitch.configuration.errors import ConfigurationError
from softswitch.configuration.problems import finding_of
from softswitch.configuration.schema import Features, NetworkSection, Root
from softswitch.configuration.settings import Settings
from softswitch.configuration.values import Names
from softswitch.configuration.warnings import warnings_of
from softswitch.routing.finding import Finding
from softswitch.routing.model import Configuration
from softswitch.routing.numbers import normal


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be used."""

    configuration: Configuration
    settings: Settings
    warnings: tuple[Finding, ...]


def load(path: Path, environment: Mapping[str, str]) -> Loaded:
    """Read the file at `path`. Raises ConfigurationError with all that is wrong."""
    return from_document(read(path, environment), path.absolute().parent)


def parse(text: str, folder: Path, environment: Mapping[str, str], file: str = "") -> Loaded:
    """The same for a text, as if it were a file in `folder`."""
    return from_document(parse_document(text, file, folder, environment), folder)


def from_document(document: Document, folder: Path) -> Loaded:
    """The same for what has been read already."""
    root: Root | None = None
    complain_of_clashes(document, Features().echo)
    if document.root is not None or not document.errors:
        try:
            root = Root.model_validate(document.root, context=_names(document))
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
            document.errors += [finding_of(detail, document, Root) for detail in details]
    if root is None:
        raise ConfigurationError(document.errors)
    build = Build(root, document, folder)
    configuration, settings = build.configuration(), build.settings()
    if document.errors:
        raise ConfigurationError(document.errors)
    return Loaded(configuration, settings, warnings_of(configuration, settings, document))


class _NetworkAlone(BaseModel):
    model_config = ConfigDict(extra="ignore")

    network: NetworkSection = Field(default=NetworkSection(), validate_default=True)


def load_network(path: Path, environment: Mapping[str, str]) -> NetworkSection:
    """Read of a file what it says of the network. What is wrong or missing elsewhere, such as the
    password that is about to be written there, does not matter. Raises ConfigurationError.
    """
    document = read(path, environment)
    if document.root is None and document.errors:
        raise ConfigurationError(document.errors)
    root = {} if document.root is None else document.root
    sections = {place: route[0] for route, place in document.keys.items() if len(route) == 1}
    found = []
    for error in document.errors:
        before = [place for place in sections if place <= (error.line, error.column)]
        if not before or sections[max(before)] == "network":
            found.append(error)
    try:
        network = _NetworkAlone.model_validate(root).network
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        found += [finding_of(detail, document, _NetworkAlone) for detail in details]
    if found:
        raise ConfigurationError(found)
    return network


def _names(document: Document) -> Names:
    """Return what the file defines, right or wrong, so that one error does not cause others."""
    root = document.root if isinstance(document.root, dict) else {}

    def keys(section: str) -> frozenset[str]:
        entries = root.get(section)
        return frozenset(entries) if isinstance(entries, dict) else frozenset()

    return Names(
        employee=keys("employees"),
        department=keys("departments") or frozenset((DEFAULT_DEPARTMENT,)),
        menu=keys("menus"),
        voicemail=keys("voicemail"),
        number=frozenset(normal(number) for number in keys("numbers")),
        schedule=keys("schedules"),
    )
