"""Voice menus and mailboxes."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from softswitch.configuration.schema.section import AsMapping, Section, Spoken
from softswitch.configuration.values import (
    Count,
    Digits,
    Duration,
    Key,
    Line,
    MenuTo,
    Text,
    one_of,
    text_of,
)


class NothingPressed(Section):
    after: Duration | None = Field(
        default=None, description="From the end of the greeting; default 5s"
    )
    to: MenuTo | None = Field(default=None, description="Default: the default department")


class Invalid(Section):
    tries: Count = Field(default=3, description="The wrong key that ends the patience")
    to: MenuTo | None = Field(default=None, description="Default: as when nothing is pressed")
    say: Text | None = Field(default=None, description="Said after a wrong key")
    play: Line | None = Field(default=None, description="The same from a file")

    @model_validator(mode="after")
    def _one(self) -> "Invalid":
        if self.say is not None and self.play is not None:
            raise ValueError("expected either say or play, not both")
        return self


def _dial(value: object) -> object:
    if isinstance(value, list):
        return value
    return one_of(text_of(value), ("extensions", "none"), "choice; a list of numbers is one")


Dial = Annotated[
    Annotated[list[Digits], Tag("list")] | Annotated[Literal["extensions", "none"], Tag("word")],
    Discriminator(lambda value: "list" if isinstance(value, list) else "word"),
    BeforeValidator(_dial),
]


class Menu(Section):
    greeting: Spoken | None = Field(default=None, description="What the caller hears first")
    keys: Annotated[dict[Key, MenuTo], AsMapping] = Field(
        default={}, description="Where each key leads"
    )
    dial: Dial = Field(
        default="extensions", description="What may be dialled: extensions, none or a list"
    )
    nothing_pressed: NothingPressed = Field(default=NothingPressed())
    invalid: Invalid = Field(default=Invalid())
    between_digits: Duration = Field(
        default=2.0, description="Patience for the next digit; default 2s"
    )


class Voicemail(Section):
    greeting: Spoken | None = Field(
        default=None, description="What the caller hears before the tone"
    )
    maximum: Duration = Field(default=300.0, description="Length of a message; default 300s")
    silence: Duration = Field(default=10.0, description="Silence that ends a message; default 10s")
