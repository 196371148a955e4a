"""Limits, and who may do what."""

from typing import Annotated

from pydantic import Field

from softswitch.configuration.network_values import MorePhones, Network
from softswitch.configuration.schema.section import AsList, Section
from softswitch.configuration.values import (
    Count,
    Duration,
    DurationOrOff,
    Line,
    SessionTimeOrOff,
)
from softswitch.sip.settings import LONGEST_DATAGRAM, LONGEST_MESSAGE, SCANNERS


class Bans(Section):
    failures: Count = Field(
        default=10, description="Wrong passwords from one address and port, and it is banned"
    )
    failures_of_host: Count = Field(
        default=200, description="The same from all ports of an address together"
    )
    failures_of_host_in_hour: Count = Field(
        default=600, description="The same within an hour: who guesses slowly"
    )
    within: Duration = Field(default=60.0, description="Time in which they count; default 60s")
    first: Duration = Field(
        default=60.0, description="The first ban; each further one is twice as long; default 1m"
    )
    longest: Duration = Field(default=86400.0, description="The longest ban; default 24h")


class Security(Section):
    calls: Count = Field(default=1000, description="Calls at a time in the whole switch")
    call_duration: Duration = Field(default=14400.0, description="Longest call; default 4h")
    silence: Duration = Field(
        default=300.0, description="A call without packets ends; default 300s"
    )
    silence_on_hold: Duration = Field(default=1800.0, description="The same on hold; default 1800s")
    session_timer: SessionTimeOrOff = Field(
        default=1800.0,
        description="A telephone that does not show in this time that it is there is hung up; "
        "default 30m",
    )
    connections: Count = Field(
        default=4096, description="Connections at a time, of each listener but udp"
    )
    connections_of_address: Count = Field(
        default=1024, description="Those of one address; an office has one for all its phones"
    )
    connection_silence: Duration = Field(
        default=7200.0, description="A connection without a byte ends; default 2h"
    )
    stranger: Duration = Field(
        default=20.0, description="A connection that proves no password in time ends; default 20s"
    )
    calls_per_second: Count = Field(
        default=1000, description="New calls a second in the whole switch"
    )
    extension_calls: Count = Field(
        default=200, description="Calls at a time that one extension makes"
    )
    extension_calls_per_second: Count = Field(
        default=20, description="New calls a second of one extension"
    )
    extension_requests_per_second: Count = Field(
        default=50, description="What one extension asks for a second, apart from calls"
    )
    extension_phones: Count = Field(default=10, description="Phones that one extension has")
    more_phones: MorePhones = Field(
        default="replace the oldest",
        description="What happens to one more: it takes the place of the one not heard of for "
        "longest, or is refused",
    )
    subscriptions: Count = Field(
        default=10_000, description="Lamps that show the lines of others, in the whole switch"
    )
    extension_subscriptions: Count = Field(
        default=200, description="Those on all telephones of one extension"
    )
    strangers_per_second: Count = Field(
        default=500,
        description="Messages a second that are read of an address that has shown no password",
    )
    phone_messages_per_second: Count = Field(
        default=500,
        description="Messages a second that are read of one telephone; a gateway in "
        "`network.trusted` has no such limit",
    )
    datagram_size: Count = Field(
        default=LONGEST_DATAGRAM, description="Bytes of the longest message that is read by UDP"
    )
    message_size: Count = Field(
        default=LONGEST_MESSAGE,
        description="Bytes of the longest message that is read by TCP, TLS and WebSocket",
    )
    bans: Bans = Field(default=Bans(), description="When passwords are guessed")
    never_ban: Annotated[list[Network], AsList] = Field(
        default=[], description="Networks that are never banned"
    )
    scanners: Annotated[list[Line], AsList] = Field(
        default=list(SCANNERS), description="Parts of the User-Agent of whom nothing is read"
    )
    overload: DurationOrOff = Field(
        default=0.25, description="New calls are refused when the switch is so late; default 250ms"
    )
