"""A YAML file as plain values, all of them text, and the place of each in the file.

Text, because an extension 007 is not the number 7, and `12:30` is a time and not 750. What a text
means is the schema's business.
"""

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from softswitch.routing.finding import Finding, Severity

Value = str | None | list["Value"] | dict[str, "Value"]
Route = tuple[str | int, ...]
"""From the root to a value: keys and places in lists."""

MAXIMUM_BYTES = 4 << 20
MAXIMUM_VALUES = 200_000
"""Counts what aliases repeat, so that a small file cannot become a large one."""

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_STANDARD = "tag:yaml.org,2002:"


class Position(NamedTuple):
    """Both counted from 1."""

    line: int
    column: int


class Document:
    """What a file holds; `errors` says what of it could not be read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Value = None
        self.errors: list[Finding] = []
        self.values: dict[Route, Position] = {}
        self.keys: dict[Route, Position] = {}

    def position(self, route: Route) -> Position:
        """Return where the value at `route` stands, or the nearest thing around it."""
        while route and route not in self.values:
            route = route[:-1]
        return self.values.get(route, Position(1, 1))

    def key_position(self, route: Route) -> Position:
        """Return where the key of `route` stands, for a list where its item does."""
        return self.keys.get(route) or self.position(route)

    def complain(self, message: str, position: Position) -> None:
        self.errors.append(Finding(Severity.ERROR, message, self.file, *position))


def read(path: Path, environment: Mapping[str, str]) -> Document:
    """Read the file at `path`, with `!env` from `environment` and `!file` from beside it."""
    document = Document(str(path))
    try:
        data = _octets(path)
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        document.errors.append(Finding(Severity.ERROR, message, document.file))
        return document
    if len(data) > MAXIMUM_BYTES:
        message = f"is larger than {MAXIMUM_BYTES} bytes"
        document.errors.append(Finding(Severity.ERROR, message, document.file))
        return document
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        document.complain("this byte is not UTF-8", Position(line, column))
        return document
    return parse(text, document.file, path.parent, environment)


def parse(
    text: str,
    file: str,
    folder: Path,
    environment: Mapping[str, str],
    maximum: int = MAXIMUM_VALUES,
) -> Document:
    """The same for a text of at most `maximum` values; `!file` paths are relative to `folder`."""
    document = Document(file)
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        if root is not None:
            _Reader(document, folder, environment, maximum).read(root)
    except MarkedYAMLError as error:
        document.complain(_words(error), _mark(error.problem_mark or error.context_mark))
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        document.complain("this character is not allowed in YAML", Position(line, column))
    except YAMLError as error:
        document.complain(str(error), Position(1, 1))
    except RecursionError:
        document.complain("is nested too deeply", Position(1, 1))
    except _TooManyValues as error:
        document.complain(str(error), error.position)
    return document


def _octets(path: Path) -> bytes:
    """Return what a file holds, or its beginning: more than MAXIMUM_BYTES, if there is more.

    Raises OSError, also for what is no file: a device has no end, and a pipe waits for a writer.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("it is a folder" if path.is_dir() else "it is a device or a pipe, no file")
    with path.open("rb") as file:
        return file.read(MAXIMUM_BYTES + 1)


def _mark(mark: StringMark | None) -> Position:
    return Position(1, 1) if mark is None else Position(mark.line + 1, mark.column + 1)


def _words(error: MarkedYAMLError) -> str:
    problem = error.problem or "this is not YAML"
    if "alias" in problem:
        return f"{problem}; a text that begins with * is written in quotes"
    return f"{problem} ({error.context})" if error.context else str(problem)


class _TooManyValues(Exception):
    """Nothing that comes after it is read: of a file that is cut off, all would seem wrong."""

    def __init__(self, maximum: int, position: Position) -> None:
        super().__init__(f"more than {maximum} values, and each alias counts as all it names")
        self.position = position


class _Reader:
    """Turns nodes into values; complains and goes on where it cannot."""

    def __init__(
        self, document: Document, folder: Path, environment: Mapping[str, str], maximum: int
    ) -> None:
        self._document = document
        self._folder = folder
        self._environment = environment
        self._maximum = maximum
        self._count = 0

    def read(self, root: Node) -> None:
        self._document.root = self._value(root, (), ())

    def _value(self, node: Node, route: Route, within: tuple[Node, ...]) -> Value:
        position = _mark(node.start_mark)
        self._document.values[route] = position
        self._count += 1
        if self._count > self._maximum:
            raise _TooManyValues(self._maximum, position)
        if any(node is outer for outer in within):
            self._document.complain("an alias of something that it is part of", position)
            return None
        tag = str(node.tag)
        if isinstance(node, ScalarNode):
            return self._scalar(node, tag, position)
        if tag.startswith("!"):
            self._document.complain(f"{tag} stands before a text only", position)
        if isinstance(node, SequenceNode):
            return [
                self._value(item, (*route, place), (*within, node))
                for place, item in enumerate(node.value)
            ]
        if isinstance(node, MappingNode):
            return dict(self._items(node, route, within))
        return None

    def _items(
        self, node: MappingNode, route: Route, within: tuple[Node, ...]
    ) -> Iterator[tuple[str, Value]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            position = _mark(key.start_mark)
            if not isinstance(key, ScalarNode):
                self._document.complain("a key is a single word or number", position)
                continue
            name = self._allowed(str(key.value), position)
            if name in seen:
                self._document.complain(
                    f"{name!r} is there twice, first in line {seen[name]}", position
                )
                continue
            seen[name] = position.line
            self._document.keys[(*route, name)] = position
            yield name, self._value(value, (*route, name), (*within, node))

    def _scalar(self, node: ScalarNode, tag: str, position: Position) -> str | None:
        text = self._allowed(str(node.value), position)
        if tag == f"{_STANDARD}null":
            return None
        if tag.startswith(_STANDARD):
            return text
        if tag == "!env":
            return self._allowed(self._from_environment(text, position), position)
        if tag == "!file":
            return self._allowed(self._from_file(text, position), position)
        self._document.complain(f"{tag} is unknown; expected !env or !file", position)
        return None

    def _allowed(self, text: str, position: Position) -> str:
        """Complain of characters that YAML can write in escapes and nothing can use: they would end
        a header, or have no UTF-8. Lines and tabs are for texts that are spoken."""
        found = _FORBIDDEN.search(text)
        if found is None:
            return text
        self._document.complain(f"the character {found[0]!a} is not allowed", position)
        return _FORBIDDEN.sub("?", text)

    def _from_environment(self, name: str, position: Position) -> str:
        if not self._environment.get(name):
            self._document.complain(f"the environment has no variable {name}", position)
            return name  # stands in, so that one error does not cause another
        return self._environment[name]

    def _from_file(self, name: str, position: Position) -> str:
        path = self._folder / name
        try:
            text = _octets(path).decode().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            why = "it is not UTF-8" if isinstance(error, ValueError) else error.strerror or error
            self._document.complain(f"the file {path} cannot be read: {why}", position)
            return name
        if not text:
            self._document.complain(f"the file {path} is empty", position)
        return text or name
