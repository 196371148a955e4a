"""Employees and departments."""

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from softswitch.configuration.schema.section import AsList, Section, Short
from softswitch.configuration.values import (
    Count,
    Delay,
    Digits,
    Duration,
    Extension,
    Flag,
    Line,
    RingStrategy,
    ScheduleName,
    To,
    line_of,
)


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
