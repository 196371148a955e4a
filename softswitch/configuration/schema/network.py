"""Where phones reach the switch."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from softswitch.configuration.schema.section import AsList, Section, Short
from softswitch.configuration.values import (
    Address,
    Line,
    ListenAddress,
    Network,
    PortRange,
    one_of,
    text_of,
)


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
