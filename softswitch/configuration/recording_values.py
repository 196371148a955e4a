"""Texts about recordings: who is recorded, ages and sizes."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

from softswitch.configuration.values import one_of, text_of

_FORMS = ("wav", "flac", "ogg")
_WHEN = ("always", "never")
_AGE = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)\s*(h|d|w|y)", re.ASCII)
_AGE_UNITS = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0, "y": 365 * 86400.0}
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(MB|GB|TB)", re.IGNORECASE | re.ASCII)
_SIZE_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}


def parse_age(text: str) -> float:
    """Return the seconds of `90d`, `2w`, `1y` or `12h`."""
    found = _AGE.fullmatch(text)
    seconds = 0.0 if found is None else float(found[1]) * _AGE_UNITS[found[2]]
    if not seconds:
        raise ValueError(f"expected an age such as '90d', '2w' or '1y', not {text!r}")
    return seconds


def parse_size(text: str) -> int:
    """Return the octets of `500 MB`, `2 GB` or `1.5 TB`."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError(f"expected a size such as '500 MB' or '2 GB', not {text!r}")
    return round(float(found[1]) * _SIZE_UNITS[found[2].upper()])


def _form(value: object) -> str:
    return one_of(text_of(value).lower(), _FORMS, "form of recordings")


def _when(value: object) -> str:
    return one_of(text_of(value).lower(), _WHEN, "rule for recording")


def _described(pattern: str, description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "description": description})


RecordingForm = Annotated[
    Literal["wav", "flac", "ogg"], BeforeValidator(_form), WithJsonSchema({"enum": list(_FORMS)})
]
RecordRule = Annotated[
    Literal["always", "never"], BeforeValidator(_when), WithJsonSchema({"enum": list(_WHEN)})
]
Age = Annotated[
    float,
    BeforeValidator(lambda value: parse_age(text_of(value))),
    _described(r"^\d{1,5}(\.\d{1,3})?\s*(h|d|w|y)$", "An age, such as 90d or 1y"),
]
Size = Annotated[
    int,
    BeforeValidator(lambda value: parse_size(text_of(value))),
    _described(r"^\d{1,9}(\.\d{1,3})?\s*([MmGgTt][Bb])$", "A size, such as 500 MB or 2 GB"),
]
