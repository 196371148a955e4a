"""Opening hours as people write them: `mon-fri 09:00-18:00`."""

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60
_WEEK = 7 * _DAY

_LINE = re.compile(r"(?:(?P<days>[a-z ,-]+?)\s+)?(?P<spans>\d[\d:,\s-]*)")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


class Week(Struct, frozen=True, gc=False):
    """A week of opening hours in one time zone."""

    zone: ZoneInfo
    spans: tuple[tuple[int, int], ...]
    """Minutes since Monday 00:00, from the first that is open to the first that is not. A span
    that runs over the end of the week is two."""

    def is_open(self, at: datetime) -> bool:
        """Tell whether the moment `at`, which has a zone, lies within the hours."""
        local = at.astimezone(self.zone)
        minute = local.weekday() * _DAY + local.hour * 60 + local.minute
        return any(opens <= minute < closes for opens, closes in self.spans)


def parse(lines: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Return the spans of lines such as `mon-fri 09:00-13:00, 14:00-18:00`.

    Without days a line holds for all seven. A span that ends before its beginning runs over
    midnight. Raises ValueError with words for people.
    """
    return tuple(sorted(span for line in lines for span in _parse_line(line)))


def _parse_line(line: str) -> list[tuple[int, int]]:
    found = _LINE.fullmatch(line.strip().lower())
    if found is None:
        raise ValueError(f"expected hours such as 'mon-fri 09:00-18:00', not {line!r}")
    days = _parse_days(found["days"]) if found["days"] else list(range(7))
    spans = []
    for text in found["spans"].split(","):
        opens, closes = _parse_span(text.strip())
        for day in days:
            start, end = day * _DAY + opens, day * _DAY + closes
            spans.append((start, min(end, _WEEK)))
            if end > _WEEK:
                spans.append((0, end - _WEEK))
    return spans


def _parse_span(text: str) -> tuple[int, int]:
    """Return minutes of the day; the end may lie on the next one."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"expected a time such as '09:00-18:00', not {text!r}")
    hours, minutes, end_hours, end_minutes = map(int, found.groups())
    opens, closes = hours * 60 + minutes, end_hours * 60 + end_minutes
    if max(minutes, end_minutes) > 59 or opens >= _DAY or closes > _DAY:
        raise ValueError(f"{text!r} is not a time of the day (00:00 to 24:00)")
    if opens == closes:
        raise ValueError(
            f"{text!r} ends where it begins; round the clock is '00:00-24:00', and a day that is "
            "closed is left out"
        )
    return opens, closes if closes > opens else closes + _DAY


def _parse_days(text: str) -> list[int]:
    days: list[int] = []
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        start = _day(first)
        end = _day(last) if dash else start
        days += [(start + step) % 7 for step in range((end - start) % 7 + 1)]
    return sorted(set(days))


def _day(word: str) -> int:
    if len(word) >= 3:
        for number, short in enumerate(DAYS):
            if word == short or word == _FULL[number]:
                return number
    raise ValueError(f"{word!r} is no day of the week; write {', '.join(DAYS)}")


_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
