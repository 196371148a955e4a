"""Texts that mean something: durations, digits, times, addresses, destinations.

Each type turns a text of the file into a value, or says in words what was expected. Names are
looked up among those of the file (`Names`, the context of the validation), so that a wrong name is
found in the same pass as a wrong word.
"""

import difflib
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Literal, NamedTuple, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from softswitch.routing.hours import parse as parse_hours
from softswitch.routing.numbers import normal
from softswitch.routing.plan import Strategy

T = TypeVar("T")


class Names(NamedTuple):
    """What destinations of the file may name, by kind."""

    employee: frozenset[str]
    department: frozenset[str]
    menu: frozenset[str]
    voicemail: frozenset[str]
    number: frozenset[str]
    schedule: frozenset[str]


class Target(NamedTuple):
    """A destination as it is written."""

    kind: str
    name: str = ""


KINDS: Mapping[str, str] = {
    "employee": "employees",
    "department": "departments",
    "menu": "menus",
    "voicemail": "voicemail",
    "number": "numbers",
}
"""Kinds of destination that have a name, and the section where it is defined."""

ALONE = ("echo", "hang up", "back")
"""Destinations without a name."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean ...?` when one of `known` is close to `word`, else nothing."""
    close = difflib.get_close_matches(word.lower(), sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def text_of(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    if value is None or value == "":
        raise ValueError("nothing is written here")
    if isinstance(value, str):
        raise ValueError("only spaces are written here")
    raise ValueError("expected a single value, not a list or a mapping")


def _reads(parse: Callable[[str], T]) -> BeforeValidator:
    return BeforeValidator(lambda value: parse(text_of(value)))


def _text(description: str, pattern: str = "", *, digits: bool = False) -> WithJsonSchema:
    """Describe a text to an editor, where YAML's numbers are no texts."""
    schema: dict[str, object] = {"type": ["string", "integer"] if digits else "string"}
    if pattern:
        schema["pattern"] = pattern
    return WithJsonSchema(schema | {"description": description})


def or_off(parse: Callable[[str], object]) -> BeforeValidator:
    """Say in one sentence what is expected where `off` may stand for a value that `parse` reads."""

    def look(value: object) -> str:
        text = text_of(value)
        if text != "off":
            try:
                parse(text)
            except ValueError as error:
                raise ValueError(f"{error}; or off") from None
        return text

    return BeforeValidator(look)


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")


def parse_duration(text: str) -> float:
    """Return the seconds of `20s`, `1m`, `1.5h` or `500ms`."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"expected a duration such as '20s' or '1m', not {text!r}")
    seconds = float(found[1]) * _UNITS[found[2]]
    if seconds > _UNITS["d"]:
        raise ValueError(f"expected at most a day, not {text!r}")
    return seconds


def _parse_positive(text: str) -> float:
    seconds = parse_duration(text)
    if not seconds:
        raise ValueError("expected more than no time at all")
    return seconds


_DURATION_PATTERN = r"^\d+(\.\d+)?\s*(ms|s|m|h|d)$"
Duration = Annotated[
    float, _reads(_parse_positive), _text("A time, such as 20s or 1m", _DURATION_PATTERN)
]


def _parse_session(text: str) -> float:
    seconds = parse_duration(text)
    if seconds < SHORTEST_SESSION or seconds != int(seconds):
        raise ValueError(f"expected whole seconds, and {SHORTEST_SESSION} at least, not {text!r}")
    return seconds


SHORTEST_SESSION = 90
"""Seconds. No telephone may be asked to show more often that it is there (RFC 4028)."""

SessionTime = Annotated[
    float, _reads(_parse_session), _text("A time of 90s or more, such as 30m", _DURATION_PATTERN)
]
SessionTimeOrOff = Annotated[SessionTime | Literal["off"], or_off(_parse_session)]
DurationOrOff = Annotated[Duration | Literal["off"], or_off(_parse_positive)]
Delay = Annotated[
    float, _reads(parse_duration), _text("A time, such as 0s or 10s", _DURATION_PATTERN)
]
Text = Annotated[str, _reads(str), _text("A text", digits=True)]


def line_of(text: str) -> str:
    if "\t" in text or text.splitlines() != [text]:
        raise ValueError("expected a text of one line")
    return text


Line = Annotated[str, _reads(line_of), _text("A text of one line", digits=True)]


def _digits(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise ValueError(f"expected digits, such as 101, not {text!r}")
    return text


def _public(text: str) -> str:
    number = normal(text)
    digits = number.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise ValueError(f"expected a telephone number such as '+48 22 123 45 67', not {text!r}")
    return number


def _code(text: str) -> str:
    if not re.fullmatch(r"[*#0-9]{1,15}", text):
        raise ValueError(f"expected digits, * and #, such as '*43', not {text!r}")
    return text


def _key(text: str) -> str:
    if not re.fullmatch(r"[0-9*#]", text):
        raise ValueError(f"expected one key, 0-9, '*' or '#', not {text!r}")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[\w][\w .-]{0,63}", text) or text != " ".join(text.split()):
        raise ValueError(f"expected a name of letters and digits, not {text!r}")
    return text


Digits = Annotated[str, _reads(_digits), _text("Digits, such as 101", digits=True)]
PublicNumber = Annotated[str, _reads(_public), _text("A telephone number", digits=True)]
Code = Annotated[str, _reads(_code), _text("Digits, * and #", r"^[*#0-9]{1,15}$", digits=True)]
CodeOrOff = Annotated[Code | Literal["off"], or_off(_code)]
Key = Annotated[str, _reads(_key), _text("One key", r"^[0-9*#]$", digits=True)]
Name = Annotated[str, _reads(_name), _text("A name", digits=True)]


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= 100_000):
        raise ValueError(f"expected a number from 1 to 100000, not {text!r}")
    return int(text)


Count = Annotated[
    int, _reads(_count), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 100_000})
]

_TRUTH = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


def _flag(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError(f"expected yes or no, not {text!r}{nearest(text, _TRUTH)}")
    return _TRUTH[text.lower()]


Flag = Annotated[
    bool,
    _reads(_flag),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no", "on", "off"]}]}),
]


def one_of(word: str, known: Iterable[str], what: str) -> str:
    known = list(known)
    if word not in known:
        choice = ", ".join(known[:8]) + (" ..." if len(known) > 8 else "")
        listed = f"expected {choice}" if known else "there is none"
        raise ValueError(f"{word!r} is no {what}{nearest(word, known) or '; ' + listed}")
    return word


_STRATEGIES = [str(strategy) for strategy in Strategy]
RingStrategy = Annotated[
    Strategy,
    _reads(lambda text: Strategy(one_of(text, _STRATEGIES, "way to ring"))),
    WithJsonSchema({"enum": _STRATEGIES}),
]


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()  # reads folders, so only now
        raise ValueError(f"{text!r} is no time zone{nearest(text, known)}") from None


def _hours(text: str) -> str:
    parse_hours([text])
    return text


Zone = Annotated[ZoneInfo, _reads(_zone), _text("A time zone, such as Europe/Warsaw")]
HoursLine = Annotated[str, _reads(_hours), _text("Such as mon-fri 09:00-18:00")]


ALGORITHMS = ("md5", "sha-256", "sha-512-256")
"""Of digest authentication, as they are written."""


def parse_algorithm(text: str) -> str:
    name = one_of(text.lower(), ALGORITHMS, "digest")
    if name == "sha-512-256" and "sha512_256" not in hashlib.algorithms_available:
        raise ValueError("the cryptographic library of this machine has no sha-512-256")
    return name


Algorithm = Annotated[
    str, _reads(parse_algorithm), WithJsonSchema({"enum": list(ALGORITHMS), "type": "string"})
]
_HEX = {"md5": 32, "sha-256": 64, "sha-512-256": 64}


def _hashes(value: object) -> dict[str, str]:
    """Take hashes by algorithm; one alone is told by its length."""
    if isinstance(value, str):
        value = {"sha-256" if len(value.strip()) == _HEX["sha-256"] else "md5": value}
    if not isinstance(value, dict) or not value:
        raise ValueError("expected a hash, or a mapping such as {md5: ..., sha-256: ...}")
    found: dict[str, str] = {}
    for name, written in value.items():
        algorithm, made = parse_algorithm(text_of(name)), text_of(written).lower()
        if not re.fullmatch(f"[0-9a-f]{{{_HEX[algorithm]}}}", made):
            raise ValueError(f"expected {_HEX[algorithm]} hexadecimal digits for {algorithm}")
        found[algorithm] = made
    return found


Hashes = Annotated[
    dict[str, str],
    BeforeValidator(_hashes),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {name: {"type": "string"} for name in ALGORITHMS},
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


def _target(text: str, names: Names | None, *, in_menu: bool) -> Target:
    text = " ".join(text.split())
    if text in ALONE:
        if text == "back" and not in_menu:
            raise ValueError("'back' leads to the menu before, so it stands inside a menu only")
        return Target(text)
    kind, _, name = text.partition(" ")
    if kind not in KINDS:
        words = [*KINDS, *ALONE]
        raise ValueError(
            f"{text!r} is no destination: expected 'kind name' with one of {', '.join(KINDS)}, "
            f"or {' or '.join(ALONE if in_menu else ALONE[:2])}{nearest(kind, words)}"
        )
    name = _unquoted(name)
    if not name:
        raise ValueError(f"expected a name after {kind!r}, such as '{kind} {_example(kind)}'")
    if kind == "number":
        name = normal(name)
    known: frozenset[str] = getattr(names, kind) if names else frozenset((name,))
    if name not in known:
        listed = "" if known else f"; the file has no {KINDS[kind]}"
        raise ValueError(f"there is no {kind} {name!r}{nearest(name, known) or listed}")
    return Target(kind, name)


def _unquoted(name: str) -> str:
    """Return a name without the quotes that YAML leaves to us, as they stand within a text."""
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        return name[1:-1].strip()
    return name


def _example(kind: str) -> str:
    return {"employee": "101", "number": "'+48 22 123 45 67'"}.get(kind, "main")


def _destination(value: object, info: ValidationInfo) -> Target:
    return _target(text_of(value), info.context, in_menu=False)


def _menu_destination(value: object, info: ValidationInfo) -> Target:
    return _target(text_of(value), info.context, in_menu=True)


_TARGET_PATTERN = f"^(({'|'.join(KINDS)}) .+|echo|hang up)$"
_MENU_TARGET_PATTERN = f"^(({'|'.join(KINDS)}) .+|echo|hang up|back)$"
To = Annotated[
    Target, BeforeValidator(_destination), _text("Such as employee 101", _TARGET_PATTERN)
]
MenuTo = Annotated[
    Target, BeforeValidator(_menu_destination), _text("Such as employee 101", _MENU_TARGET_PATTERN)
]


def _known(kind: str, section: str) -> BeforeValidator:
    def look_up(value: object, info: ValidationInfo) -> str:
        name = text_of(value)
        names: Names | None = info.context
        known: frozenset[str] = getattr(names, kind) if names else frozenset((name,))
        if name not in known:
            listed = "" if known else f"; the file has no {section}"
            raise ValueError(f"there is no {kind} {name!r}{nearest(name, known) or listed}")
        return name

    return BeforeValidator(look_up)


ScheduleName = Annotated[str, _known("schedule", "schedules"), _text("Name of a schedule")]
Extension = Annotated[
    str, _known("employee", "employees"), _text("Extension of an employee", digits=True)
]
