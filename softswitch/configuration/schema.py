"""The shape of the file: every key that there is.

What a key means stands in its description, which the JSON schema shows in an editor.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from softswitch.configuration.values import (
    Address,
    Code,
    Count,
    Delay,
    Digits,
    Duration,
    Extension,
    Flag,
    HoursLine,
    Key,
    Line,
    ListenAddress,
    MenuTo,
    Name,
    Network,
    PortRange,
    PublicNumber,
    RingStrategy,
    ScheduleName,
    Text,
    To,
    Zone,
    line_of,
    one_of,
    text_of,
)


def _list(value: object) -> object:
    """Let one thing stand for a list of one."""
    return [value] if isinstance(value, str) else [] if value is None else value


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


class NoAnswer(Section):
    after: Duration | None = Field(default=None, description="How long it rings")
    to: To | None = Field(default=None, description="Where the call goes then")


def _secret(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("expected a password, as text, !env NAME or !file PATH")
    return line_of(value)


class Employee(Section):
    name: Line = Field(default="", description="Shown on the phones of others")
    password: Annotated[str, BeforeValidator(_secret), WithJsonSchema({})] = Field(
        description="What the phone registers with: text, !env NAME or !file PATH", repr=False
    )
    calls: Count = Field(default=1, description="Calls at a time, before the person is busy")
    no_answer: NoAnswer = Field(
        default=NoAnswer(), description="Default: 20s, then the own voicemail"
    )
    busy: To | None = Field(default=None, description="Where calls go while the person is busy")
    not_registered: To | None = Field(
        default=None, description="Where calls go when no phone is there"
    )
    refused: To | None = Field(default=None, description="Where a call goes that was declined")
    hours: ScheduleName | None = Field(
        default=None, description="When the phone rings; default: always"
    )
    closed: To | None = Field(default=None, description="Where calls go outside these hours")


class Member(Short):
    employee: Extension = Field(description="Who")
    delay: Delay | None = Field(default=None, description="From the start; in turn: pause before")
    timeout: Duration | None = Field(default=None, description="How long this member rings")


class Department(Section):
    number: Digits | None = Field(default=None, description="Its internal number")
    ring: RingStrategy = Field(
        default="all at once", description="How the members ring", validate_default=True
    )
    members: Annotated[list[Member], AsList] = Field(
        default=[], description="Who rings, in this order"
    )
    delay: Delay | None = Field(default=None, description="Between one member and the next")
    timeout: Duration | None = Field(default=None, description="How long each member rings")
    no_answer: NoAnswer = Field(
        default=NoAnswer(), description="How long the department rings, and then"
    )
    busy: To | None = Field(default=None, description="Where calls go when all are busy")
    not_registered: To | None = Field(
        default=None, description="Where calls go when nobody has a phone"
    )
    refused: To | None = Field(default=None, description="Where calls go when all have declined")
    skip_busy: Flag = Field(default=True, description="Leave members out who are in a call")
    hours: ScheduleName | None = Field(default=None, description="When it rings; default: always")
    closed: To | None = Field(default=None, description="Where calls go outside these hours")
    default: Flag = Field(default=False, description="Numbers that lead nowhere else ring this one")


class Number(Short):
    open: To | None = Field(
        default=None, description="Where calls go; default: the default department"
    )
    hours: ScheduleName | None = Field(
        default=None, description="When `open` holds; default: always"
    )
    closed: To | None = Field(default=None, description="Where calls go outside these hours")
    limit: Count | None = Field(default=None, description="Calls at a time")
    full: To | None = Field(
        default=None, description="Where calls above the limit go; default: busy"
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


class Menu(Section):
    greeting: Spoken | None = Field(default=None, description="What the caller hears first")
    keys: Annotated[dict[Key, MenuTo], AsMapping] = Field(
        default={}, description="Where each key leads"
    )
    dial: Annotated[list[Digits] | Literal["extensions", "none"], BeforeValidator(_dial)] = Field(
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


class Schedule(Section):
    zone: Zone = Field(description="Time zone of the hours")
    open: Annotated[list[HoursLine], AsList] = Field(
        description="Such as mon-fri 09:00-18:00", min_length=1
    )


class Features(Section):
    echo: Code | Literal["off"] = Field(default="*43", description="Echo test: you hear yourself")


def _algorithm(value: object) -> object:
    return one_of(text_of(value).lower(), ("md5", "sha-256"), "digest")


class Listener(Short):
    on: ListenAddress = Field(description="Such as udp 0.0.0.0:5060")
    digest: Annotated[Literal["md5", "sha-256"], BeforeValidator(_algorithm)] = Field(
        default="md5", description="How passwords are proven"
    )


class NetworkSection(Section):
    listen: Annotated[list[Listener], AsList] = Field(
        default=["udp 0.0.0.0:5060", "tcp 0.0.0.0:5060"],
        description="Where phones reach the switch",
        min_length=1,
        validate_default=True,
    )
    advertise: Address | None = Field(
        default=None, description="The switch's address as seen from outside"
    )
    local: Annotated[list[Network], AsList] = Field(
        default=[], description="Networks on this side of the router"
    )
    rtp: PortRange = Field(
        default="10000-20000", description="Ports for speech", validate_default=True
    )
    realm: Line = Field(default="softswitch", description="Part of every password's hash")


class Security(Section):
    calls: Count = Field(default=1000, description="Calls at a time in the whole switch")
    call_duration: Duration = Field(default=14400.0, description="Longest call; default 4h")
    silence: Duration = Field(
        default=300.0, description="A call without packets ends; default 300s"
    )
    silence_on_hold: Duration = Field(default=1800.0, description="The same on hold; default 1800s")


class Root(Section):
    """The whole file."""

    employees: Annotated[dict[Digits, Employee], AsMapping] = Field(
        description="People, by extension", min_length=1
    )
    departments: Annotated[dict[Name, Department], AsMapping] = Field(
        default={}, description="Groups of people; default: sales, with everybody"
    )
    numbers: Annotated[dict[PublicNumber, Number], AsMapping] = Field(
        default={}, description="Public numbers, and where each leads"
    )
    menus: Annotated[dict[Name, Menu], AsMapping] = Field(default={}, description="Voice menus")
    voicemail: Annotated[dict[Name, Voicemail], AsMapping] = Field(
        default={}, description="Mailboxes"
    )
    schedules: Annotated[dict[Name, Schedule], AsMapping] = Field(
        default={}, description="Opening hours"
    )
    features: Features = Field(default=Features())
    network: NetworkSection = Field(default=NetworkSection(), validate_default=True)
    security: Security = Field(default=Security())
    state: Line = Field(
        default="/var/lib/softswitch",
        description="Folder of what must survive a restart; from the folder of this file",
    )
