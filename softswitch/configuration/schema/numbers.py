"""Public numbers and opening hours."""

from typing import Annotated

from pydantic import Field

from softswitch.configuration.call_values import Alert
from softswitch.configuration.schema.section import AsList, Section, Short
from softswitch.configuration.values import Count, HoursLine, ScheduleName, To, Zone


class Number(Short):
    open: To | None = Field(
        default=None, description="Where calls go; default: the default department"
    )
    hours: ScheduleName | None = Field(
        default=None, description="When `open` holds; default: always"
    )
    closed: To | None = Field(default=None, description="Where calls go outside these hours")
    alert: Alert | None = Field(
        default=None,
        description="How phones ring for its calls, where their department does not say",
    )
    limit: Count | None = Field(default=None, description="Calls at a time")
    full: To | None = Field(
        default=None, description="Where calls above the limit go; default: busy"
    )


class Schedule(Section):
    zone: Zone = Field(description="Time zone of the hours")
    open: Annotated[list[HoursLine], AsList] = Field(
        description="Such as mon-fri 09:00-18:00", min_length=1
    )
