"""What all sections of the file have in common."""

from typing import Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from softswitch.configuration.values import Line, Text


def _list(value: object) -> object:
    """Let one thing stand for a list of one."""
    return [value] if isinstance(value, str | dict) else [] if value is None else value


def _mapping(value: object) -> object:
    return {} if value is None else value


AsList = BeforeValidator(_list)
AsMapping = BeforeValidator(_mapping)


class Section(BaseModel):
    """A mapping with known keys. Nothing written means nothing set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_set(cls, value: Any) -> Any:
        return _mapping(value)


class Short(Section):
    """A section that may be written as the value of its first key alone."""

    @model_validator(mode="before")
    @classmethod
    def _first_key(cls, value: Any) -> Any:
        return {next(iter(cls.model_fields)): value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = handler.resolve_ref_schema(handler(core_schema))
        first = whole["properties"][next(iter(cls.model_fields))]
        return {"anyOf": [first, whole]}


class Spoken(Section):
    """What callers hear: one of the two."""

    say: Text | None = Field(default=None, description="A text that is spoken")
    play: Line | None = Field(
        default=None, description="An audio file, from the folder of this file"
    )

    @model_validator(mode="after")
    def _one(self) -> "Spoken":
        if (self.say is None) == (self.play is None):
            raise ValueError("expected either say or play")
        return self
