"""A schema's complaint as words for people, at its place in the file."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from softswitch.configuration.document import Document, Route
from softswitch.configuration.values import nearest
from softswitch.routing.finding import Finding, Severity

_KEY = "[key]"
"""How pydantic marks an error in a key."""


def finding_of(error: ErrorDetails, document: Document, schema: type[BaseModel]) -> Finding:
    """Return what `error` says about the file."""
    route, is_key = _route(error["loc"], document)
    if error["type"] == "extra_forbidden":
        message = _unknown(str(error["loc"][-1]), known_keys(schema, error["loc"][:-1]))
        is_key = True
    elif error["type"] == "missing":
        missing = str(error["loc"][-1])
        message = f"{missing!r} is missing here"
        route, is_key = route[:-1] if route and route[-1] == missing else route, True
    else:
        message = _message(error)
    position = document.key_position(route) if is_key else document.position(route)
    where = ".".join(str(part) for part in route)
    return Finding(
        Severity.ERROR, f"{where}: {message}" if where else message, document.file, *position
    )


def _unknown(key: str, known: list[str]) -> str:
    return f"unknown key; expected {', '.join(known)}{nearest(key, known)}"


def _message(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "expected a mapping (lines 'key: value', indented)"
    if kind == "list_type":
        return "expected a list"
    if kind == "too_short":
        return "expected at least one"
    return error["msg"][:1].lower() + error["msg"][1:]


def _route(location: tuple[int | str, ...], document: Document) -> tuple[Route, bool]:
    """Return the place in the document: pydantic also names branches of unions."""
    is_key = bool(location) and location[-1] == _KEY
    route: Route = ()
    for part in location[:-1] if is_key else location:
        longer = (*route, part)
        if longer in document.values or longer == location:
            route = longer
    return route, is_key


def known_keys(schema: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the section at `location` may have."""
    model: type[BaseModel] = schema
    for part in location:
        field = model.model_fields.get(str(part))
        if field is not None:
            model = next(sections_of(field), model)
    return list(model.model_fields)


def sections_of(field: FieldInfo) -> Iterator[type[BaseModel]]:
    """Yield the sections that a field holds, in a dict, list or union as it may be."""
    waiting: list[Any] = [field.annotation]
    while waiting:
        annotation = waiting.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        else:
            waiting += get_args(annotation)
