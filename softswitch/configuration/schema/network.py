"""Where phones reach the switch."""

from typing import Annotated

from pydantic import Field

from softswitch.configuration.call_values import (
    Agent,
    CodecName,
    Country,
    Domain,
    Dtmf,
    Encryption,
    MediaPath,
)
from softswitch.configuration.network_values import (
    Advertised,
    ListenAddress,
    MediaBackend,
    Mode,
    NameServer,
    Network,
    PortRange,
    Qualified,
    ServiceRoute,
)
from softswitch.configuration.schema.section import AsList, Section, Short
from softswitch.configuration.stream_values import ClientCertificates, Origin, UrlPath
from softswitch.configuration.values import Algorithm, Count, Duration, Flag, Line


class Listener(Short):
    on: ListenAddress = Field(description="Such as udp 0.0.0.0:5060")
    advertise: Advertised | None = Field(
        default=None, description="Its address as seen from outside; default that of the network"
    )
    local: Annotated[list[Network], AsList] | None = Field(
        default=None,
        description="Networks on this side of the router; default: the network's",
    )
    mode: Mode = Field(
        default="switch",
        description="Whether calls are taken by the switch, or passed on as by a proxy",
    )
    digest: Annotated[list[Algorithm], AsList] = Field(
        default=["md5"], description="How passwords are proven, the most wanted first", min_length=1
    )
    allow: Annotated[list[Network], AsList] = Field(
        default=[], description="Networks whose messages are read; default: all"
    )
    deny: Annotated[list[Network], AsList] = Field(
        default=[], description="Networks whose messages are not read"
    )
    trusted: Flag = Field(
        default=False,
        description="Whether everybody there is believed in whose name they call, and told it",
    )
    certificate: Line | None = Field(
        default=None, description="Of tls and wss: a PEM file; default that of the network"
    )
    key: Line | None = Field(
        default=None, description="Of tls and wss: the PEM file of the certificate's key"
    )
    client_certificates: ClientCertificates = Field(
        default="none", description="Of tls and wss: whether phones show a certificate"
    )
    authority: Line | None = Field(
        default=None,
        description="Of tls and wss: a PEM file, who signs the phones' certificates",
    )
    path: UrlPath = Field(default="/ws", description="Of ws and wss: where pages connect to")
    origins: Annotated[list[Origin], AsList] = Field(
        default=[], description="Of ws and wss: sites whose pages may connect; default: all"
    )


class NetworkSection(Section):
    listen: Annotated[list[Listener], AsList] = Field(
        default=["udp 0.0.0.0:5060", "tcp 0.0.0.0:5060"],
        description="Where phones reach the switch",
        min_length=1,
        validate_default=True,
    )
    follow_redirects: Flag = Field(
        default=False,
        description="Of listeners with mode proxy: whether a phone that forwards its calls to "
        "another extension has that called at once, and not by the caller's own phone",
    )
    other_domains: Flag = Field(
        default=False,
        description="Whether texts, and calls by listeners with mode proxy, may go to addresses of "
        "other domains, such as bob@example.org, and not to extensions alone",
    )
    dns: Annotated[list[NameServer], AsList] = Field(
        default=[], description="Name servers to ask; default: those of the system"
    )
    advertise: Advertised | None = Field(
        default=None, description="The switch's address as seen from outside, or who knows it"
    )
    local: Annotated[list[Network], AsList] = Field(
        default=[], description="Networks on this side of the router"
    )
    trusted: Annotated[list[Network], AsList] = Field(
        default=[],
        description="Networks whose hosts are believed in whose name they call, and told it",
    )
    domain: Domain | None = Field(
        default=None, description="In the addresses of callers; default: the switch's address"
    )
    agent: Agent = Field(default="softswitch", description="What the switch calls itself")
    country: Country = Field(
        default="eu",
        description="Whose tones callers hear, such as ringing: a code such as de; default: eu, "
        "what most of Europe has",
    )
    codecs: Annotated[list[CodecName], AsList] | None = Field(
        default=None,
        description="What phones may speak, the best first; default: all, as the caller has them",
        min_length=1,
    )
    media: MediaPath = Field(
        default="through",
        description="Whether speech goes through the switch, or directly between phones",
    )
    dtmf: Dtmf = Field(
        default="auto",
        description="How phones send and take digits: as named events (rfc4733), as tones in the "
        "audio (inband), by INFO (info); auto: as events where that is agreed, else by INFO or as "
        "tones",
    )
    srtp: Encryption = Field(
        default="off",
        description="Whether speech of the phones is encrypted (SRTP, keys in SDP): never, with "
        "those that can, or always. Keys are safe only where signalling is: by tls or wss",
    )
    certificate: Line | None = Field(
        default=None, description="A PEM file, for all listeners with tls or wss"
    )
    key: Line | None = Field(default=None, description="The PEM file of the certificate's key")
    authority: Line | None = Field(
        default=None,
        description="A PEM file: who signs the certificates of others; default: the system's",
    )
    rtp: PortRange = Field(
        default="10000-20000", description="Ports for speech", validate_default=True
    )
    media_backend: MediaBackend = Field(
        default="auto",
        description="How packets of speech are read and written: by io_uring where the kernel has "
        "and allows it, else by epoll; `softswitch status` shows which, and why",
    )
    realm: Line = Field(default="softswitch", description="Part of every password's hash")
    qualify: Qualified = Field(
        default="behind a router",
        description="Which phones are asked whether they are there: those over udp behind a "
        "router, whose way in closes when it is not used, or all, or none. Of those that are asked "
        "`softswitch status` shows how soon they answer",
    )
    qualify_every: Duration = Field(
        default=60.0, description="Time between two questions to a phone; default 60s"
    )
    qualify_misses: Count = Field(
        default=3,
        description="Questions in a row without an answer, and the phone is not rung any more "
        "until it is there again",
    )
    contact_timeout: Duration = Field(
        default=15.0,
        description="How long phones ring that name a higher preference (q) than others of the "
        "same extension, until those ring; default 15s, or their part of the whole time",
    )
    service_route: Annotated[list[ServiceRoute], AsList] = Field(
        default=[], description="Proxies through which phones are told to send their requests"
    )
