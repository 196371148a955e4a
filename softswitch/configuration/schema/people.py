"""Employees and departments."""

from enum import Enum
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from softswitch.configuration.call_values import (
    Alert,
    CodecName,
    Dtmf,
    EarlyMedia,
    Encryption,
    MediaPath,
)
from softswitch.configuration.network_values import Network
from softswitch.configuration.recording_values import RecordRule
from softswitch.configuration.schema.section import AsList, Section, Short
from softswitch.configuration.values import (
    Count,
    Delay,
    Digits,
    Duration,
    Extension,
    Flag,
    Hashes,
    Line,
    RingStrategy,
    ScheduleName,
    To,
    line_of,
)


class NoAnswer(Section):
    after: Duration | None = Field(default=None, description="How long it rings")
    to: To | None = Field(default=None, description="Where the call goes then")


class _Known(Enum):
    """Stands where a password would, in an employee who has hashes."""

    BY_HASH = "by hash"


def _secret(value: object) -> str | None:
    if value is _Known.BY_HASH:
        return None
    if not isinstance(value, str) or not value:
        raise ValueError("expected a password, as text, !env NAME or !file PATH")
    return line_of(value)


def _either_secret(schema: dict[str, Any]) -> None:
    schema.pop("required", None)
    schema["oneOf"] = [{"required": ["password"]}, {"required": ["ha1"]}]


class Employee(Section):
    model_config = ConfigDict(json_schema_extra=_either_secret)

    name: Line = Field(default="", description="Shown on the phones of others")
    password: Annotated[str | None, BeforeValidator(_secret), WithJsonSchema({})] = Field(
        description="What the phone registers with: text, !env NAME or !file PATH", repr=False
    )
    ha1: Hashes | None = Field(
        default=None,
        description="In place of a password its hashes, as `softswitch password` prints them",
        repr=False,
    )
    allow: Annotated[list[Network], AsList] = Field(
        default=[], description="Networks that the phone may be in; default: all"
    )
    deny: Annotated[list[Network], AsList] = Field(
        default=[], description="Networks that the phone may not be in"
    )
    phones: Count | None = Field(
        default=None, description="Phones at a time; default that of security"
    )
    qualify: Flag | None = Field(
        default=None,
        description="Whether the phones are asked if they are there; default that of the network",
    )
    calls: Count = Field(default=1, description="Calls at a time, before the person is busy")
    codecs: Annotated[list[CodecName], AsList] | None = Field(
        default=None,
        description="What the phone may speak, the best first; default that of the network",
        min_length=1,
    )
    media: MediaPath | None = Field(
        default=None,
        description="Whether speech goes through the switch or, with another such phone, directly; "
        "default that of the network",
    )
    srtp: Encryption | None = Field(
        default=None,
        description="Whether the phone's speech is encrypted; default that of the network",
    )
    early_media: EarlyMedia = Field(
        default="through",
        description="What callers hear while the phone rings: what it plays, or their own ringing",
    )
    dtmf: Dtmf | None = Field(
        default=None,
        description="How the phone sends and takes digits; default that of the network",
    )
    record: RecordRule = Field(
        default="never", description="Whether calls of this person are recorded: always or never"
    )
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

    @model_validator(mode="before")
    @classmethod
    def _hashes_suffice(cls, value: Any) -> Any:
        if isinstance(value, dict) and "ha1" in value and "password" not in value:
            return {**value, "password": _Known.BY_HASH}
        return value

    @model_validator(mode="after")
    def _one_secret(self) -> "Employee":
        if self.password is not None and self.ha1 is not None:
            raise ValueError("expected either password or ha1, not both")
        return self


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
    early_media: EarlyMedia | None = Field(
        default=None,
        description="What callers hear meanwhile: what a phone plays, or their own ringing; "
        "default that of each member",
    )
    alert: Alert | None = Field(
        default=None,
        description="How the phones ring: a word that they know (info=...), a URI, or all of "
        "Alert-Info",
    )
    skip_busy: Flag = Field(default=True, description="Leave members out who are in a call")
    hours: ScheduleName | None = Field(default=None, description="When it rings; default: always")
    closed: To | None = Field(default=None, description="Where calls go outside these hours")
    default: Flag = Field(default=False, description="Numbers that lead nowhere else ring this one")
