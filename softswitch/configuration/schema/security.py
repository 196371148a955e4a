"""Limits, and who may do what."""

from pydantic import Field

from softswitch.configuration.schema.section import Section
from softswitch.configuration.values import Count, Duration


class Security(Section):
    calls: Count = Field(default=1000, description="Calls at a time in the whole switch")
    call_duration: Duration = Field(default=14400.0, description="Longest call; default 4h")
    silence: Duration = Field(
        default=300.0, description="A call without packets ends; default 300s"
    )
    silence_on_hold: Duration = Field(default=1800.0, description="The same on hold; default 1800s")
