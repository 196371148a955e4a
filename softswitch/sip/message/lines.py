"""The header lines of a message as text, each beside the small id of its name.

Change lines through the methods: they refuse line breaks and keep what was read in step.
"""

from collections.abc import Callable, Container, Iterable

from softswitch.sip.message.grammar import refuse_line_breaks, split_commas
from softswitch.sip.message.headers import NAMES, Header, header_of

OTHER = Header.OTHER

_WHOLE = frozenset(
    {
        Header.FROM,
        Header.TO,
        Header.CALL_ID,
        Header.CSEQ,
        Header.AUTHORIZATION,
        Header.PROXY_AUTHORIZATION,
        Header.WWW_AUTHENTICATE,
        Header.PROXY_AUTHENTICATE,
        Header.AUTHENTICATION_INFO,
        Header.DATE,
        Header.SUBJECT,
        Header.USER_AGENT,
        Header.SERVER,
        Header.ORGANIZATION,
    }
)
"""Headers in whose values a comma is no separator."""


class HeaderLines:
    """What a message has between its start line and its body.

    lines  unfolded, in order
    ids    the id of each line's name; same length as `lines`
    """

    __slots__ = ("_firsts", "ids", "lines")

    lines: list[str]
    ids: list[Header]
    _firsts: dict[Header, str] | None
    """The first value of each name; None until somebody asks, and after some changes."""

    def firsts(self) -> dict[Header, str]:
        """Return the value of the first line of each name, for looking only: one look-up is then
        all that finding a header costs. Of the names that are OTHER it has just one."""
        firsts = self._firsts
        if firsts is None:
            pairs = zip(reversed(self.ids), reversed(self.lines), strict=True)
            firsts = {name: line.partition(":")[2].strip(" \t") for name, line in pairs}
            self._firsts = firsts
        return firsts

    def first(self, header: Header) -> str | None:
        """Return the value of the first line of that name."""
        return (self._firsts or self.firsts()).get(header)

    def values(self, header: Header) -> list[str]:
        """Return every value, of all lines, in order; comma lists are taken apart."""
        firsts = self._firsts or self.firsts()
        first = firsts.get(header)
        if first is None:
            return []
        found = [first]
        if len(firsts) < len(self.ids):  # a name came twice, and it may be this one
            pairs = zip(self.lines, self.ids, strict=True)
            found = [line.partition(":")[2].strip(" \t") for line, name in pairs if name is header]
        values: list[str] = []
        for value in found:
            if "," in value and header not in _WHOLE:
                values += split_commas(value, NAMES.get(header, "header"))
            elif value or header in _WHOLE:
                values.append(value)
        return values

    def named(self, name: str) -> str | None:
        """Return the first value of any header, known or not, by its name in any case."""
        header = header_of(name)
        if header is not OTHER:
            return self.first(header)
        at = self._find_other(name)
        return None if at is None else self.lines[at].partition(":")[2].strip(" \t")

    def count(self, header: Header) -> int:
        """Return how many lines have that name."""
        return self.ids.count(header)

    # Editing, by line

    def set(self, header: Header | str, value: str) -> None:
        """Put this value in the place of the first such line, and drop the others."""
        header, name = named(header)
        line = line_of(name, value)
        at = self._at(header, name)
        if at is None:
            self.lines.append(line)
            self.ids.append(header)
        else:
            self.lines[at] = line
            while (more := self._at(header, name, at + 1)) is not None:
                del self.lines[more], self.ids[more]
        self._firsts = None
        self._forget(header)

    def append(self, header: Header | str, value: str) -> None:
        """Add a line behind the others."""
        header, name = named(header)
        self.lines.append(line_of(name, value))
        self.ids.append(header)
        self._firsts = None
        self._forget(header)

    def prepend(self, header: Header | str, value: str) -> None:
        """Add a line before all others: where a Via or Record-Route goes."""
        header, name = named(header)
        self.lines.insert(0, line_of(name, value))
        self.ids.insert(0, header)
        self._firsts = None
        self._forget(header)

    def remove(self, header: Header | str) -> None:
        """Drop every line of that name."""
        header, name = named(header)
        while (at := self._at(header, name)) is not None:
            del self.lines[at], self.ids[at]
        self._firsts = None
        self._forget(header)

    def remove_where(self, headers: Container[Header], is_meant: Callable[[str], object]) -> None:
        """Drop the lines of these names for whose text `is_meant` is true."""
        for at in range(len(self.ids) - 1, -1, -1):
            header = self.ids[at]
            if header in headers and is_meant(self.lines[at]):
                del self.lines[at], self.ids[at]
                self._forget(header)
        self._firsts = None

    def replace_first(self, header: Header, value: str | None) -> None:
        """Put `value` in the place of the first value alone, or (None) drop that value.

        What else stands in the same line, after a comma, stays.
        """
        at = self.ids.index(header)
        line = self.lines[at]
        after = []
        if "," in line:
            after = split_commas(line[line.index(":") + 1 :].strip(" \t"), NAMES[header])[1:]
        new = after if value is None else [value, *after]
        if new:
            text = ", ".join(new)
            self.lines[at] = line_of(NAMES[header], text)
            if self._firsts is not None:
                self._firsts[header] = text
        else:
            del self.lines[at], self.ids[at]
            self._firsts = None
        self._forget(header)

    # Inside

    def _forget(self, header: Header) -> None:
        """Drop what was parsed of a header that has changed."""

    def _at(self, header: Header, name: str, start: int = 0) -> int | None:
        if header is OTHER:
            return self._find_other(name, start)
        try:
            return self.ids.index(header, start)
        except ValueError:
            return None

    def _find_other(self, name: str, start: int = 0) -> int | None:
        wanted = name.lower()
        for at in range(start, len(self.ids)):
            if self.ids[at] is OTHER:
                line = self.lines[at]
                if line[: line.index(":")].rstrip().lower() == wanted:
                    return at
        return None


def add_lines(
    lines: list[str], ids: list[Header], headers: Iterable[tuple[Header | str, str]]
) -> None:
    """Append a line per pair; raises ParseError where a value would break its line."""
    for header, value in headers:
        if type(header) is Header:
            known, name = header, NAMES[header]
        else:
            known, name = named(header)
        if "\n" in value or "\r" in value:
            refuse_line_breaks(name, value)
        lines.append(f"{name}: {value}")
        ids.append(known)


def add_content_type(lines: list[str], ids: list[Header], content_type: str) -> None:
    """Append the Content-Type of a body, unless one is there already."""
    if Header.CONTENT_TYPE not in ids:
        lines.append(line_of("Content-Type", content_type))
        ids.append(Header.CONTENT_TYPE)


def lines_of(
    headers: Iterable[tuple[Header | str, str]], body: bytes, content_type: str
) -> tuple[list[str], list[Header]]:
    lines: list[str] = []
    ids: list[Header] = []
    add_lines(lines, ids, headers)
    if body:
        add_content_type(lines, ids, content_type)
    return lines, ids


def named(header: Header | str) -> tuple[Header, str]:
    if isinstance(header, Header):
        return header, NAMES[header]
    known = header_of(header)
    return known, NAMES.get(known, header)


def line_of(name: str, value: str) -> str:
    if "\n" in value or "\r" in value:
        refuse_line_breaks(name, value)
    return f"{name}: {value}"
