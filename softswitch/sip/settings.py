"""What an operator can choose about SIP, as the endpoint reads it."""

from msgspec import Struct


class ListenerSettings(Struct, frozen=True):
    """One listening address, and what its peers are told about it."""

    transport: str
    """As in Flow."""

    local: tuple[str, int]
    """As in Flow."""

    advertised: str = ""
    """Host, or `host:port`, for Via and Contact; empty for `local` itself. A wildcard `local`
    needs one."""

    advertised_nearby: str = ""
    """The same for peers within `EndpointSettings.nearby`; empty for `advertised`."""

    algorithms: tuple[str, ...] = ("MD5",)
    """Digest algorithms that are offered, most wanted first."""


class RegistrarSettings(Struct, frozen=True):
    """Bounds of a registration; times in seconds."""

    default_expires: int = 3600
    minimum_expires: int = 60
    maximum_expires: int = 86400
    maximum_contacts: int = 10
    """Per extension. One more takes the place of the one refreshed longest ago."""


class EndpointSettings(Struct, frozen=True):
    realm: str = "softswitch"
    listeners: tuple[ListenerSettings, ...] = ()
    """A flow by a listener that is not named here gets the defaults."""

    nearby: tuple[str, ...] = ()
    """Networks, such as `192.168.0.0/16`, whose peers reach us without our router."""

    domain: str = ""
    """Host of the addresses in From and To towards phones; empty for the listener's own."""

    agent: str = "softswitch"
    """In Server and User-Agent; strangers do not see it."""

    registrar: RegistrarSettings = RegistrarSettings()
    maximum_legs: int = 10_000
    """One more INVITE gets 503."""

    maximum_message: int = 65_535
    """Bytes; a longer message is dropped."""

    failures: int = 10
    """Wrong passwords that are answered, from one address and port."""

    failures_of_host: int = 200
    """The same from one host, with all its ports."""

    failures_within: float = 60.0
    """Seconds in which they are counted, and for which nothing is answered then."""
