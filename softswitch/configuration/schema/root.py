"""The whole file."""

from typing import Annotated

from pydantic import Field

from softswitch.configuration.schema.menus import Menu, Voicemail
from softswitch.configuration.schema.network import NetworkSection
from softswitch.configuration.schema.numbers import Number, Schedule
from softswitch.configuration.schema.people import Department, Employee
from softswitch.configuration.schema.recording import Recording
from softswitch.configuration.schema.section import AsMapping, Section
from softswitch.configuration.schema.security import Security
from softswitch.configuration.values import CodeOrOff, Digits, Line, Name, PublicNumber


class Features(Section):
    echo: CodeOrOff = Field(default="*43", description="Echo test: you hear yourself")


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
    recording: Recording = Field(default=Recording())
    state: Line = Field(
        default="/var/lib/softswitch",
        description="Folder of what must survive a restart; from the folder of this file",
    )
