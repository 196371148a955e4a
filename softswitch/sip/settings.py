"""What an operator can choose about SIP, as the endpoint reads it."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from softswitch.sip.message import MOST_BODY_BYTES, MOST_HEADER_BYTES

LONGEST_DATAGRAM: Final = 65_535
LONGEST_MESSAGE: Final = MOST_HEADER_BYTES + MOST_BODY_BYTES
"""Bytes: what there can be, by UDP and by a stream."""


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
    """The same for peers within `nearby`; empty for `advertised`."""

    nearby: tuple[str, ...] = ()
    """Networks, such as `192.168.0.0/16`, whose peers reach us without our router."""

    algorithms: tuple[str, ...] = ("MD5",)
    """Digest algorithms that are offered, most wanted first."""

    allow: tuple[str, ...] = ()
    """Networks whose hosts are heard; empty for all."""

    deny: tuple[str, ...] = ()
    """Networks whose hosts are not, even if they are in `allow`."""

    is_proxy: bool = False
    """Calls to extensions that come in here are passed on: their dialogs are the phones' own."""

    is_trusted: bool = False
    """Its peers are `trusted`, wherever they are."""


class RegistrarSettings(Struct, frozen=True):
    """Bounds of a registration; times in seconds."""

    default_expires: int = 3600
    minimum_expires: int = 60
    maximum_expires: int = 86400
    maximum_contacts: int = 10
    """Of one extension: phones, each of which may have several flows."""

    contacts_of: Mapping[str, int] = {}
    """The same, of extensions that have a number of their own."""

    replaces_oldest: bool = True
    """One more takes the place of the one refreshed longest ago; or else it gets 403."""

    service_route: tuple[str, ...] = ()
    """Values of Service-Route: through whom phones are to send their requests (RFC 3608)."""


class QualifySettings(Struct, frozen=True):
    """Which phones are asked whether they are there; times in seconds."""

    period: float = 60.0
    """Between two questions to a phone; 0 to ask nobody."""

    everybody: bool = False
    """Or else only phones over UDP behind a router, whose way in closes when it is not used."""

    exceptions: Mapping[str, bool] = {}
    """Extensions whose phones are asked in any case, or in none."""

    misses: int = 3
    """Questions without an answer, after which a phone is not called any more."""


SCANNERS = (
    "friendly-scanner",
    "sipvicious",
    "sipcli",
    "sip-scan",
    "sundayddr",
    "iwar",
    "vaxsipuseragent",
    "pplsip",
)
"""What programs call themselves that look for switches to break into."""


class BanSettings(Struct, frozen=True):
    """When passwords are guessed too often; times in seconds."""

    failures: int = 10
    """Wrong passwords that are answered, from one address and port."""

    failures_of_host: int = 200
    """The same from one host, with all its ports."""

    failures_of_host_in_hour: int = 600
    """The same within an hour, whatever `within` is: five phones with a wrong password, each of
    which tries again every half a minute, are no guesser."""

    within: float = 60.0
    """In which they are counted."""

    first: float = 60.0
    """That a first ban takes."""

    longest: float = 86400.0
    decay: float = 3600.0
    """Of quiet, after which one ban less counts."""

    never: tuple[str, ...] = ()
    """Networks whose hosts are never banned."""


class PaceSettings(Struct, frozen=True):
    """New calls a second, and what else is asked for; one more gets 503."""

    in_all: int = 1000
    of_extension: int = 20
    seconds: int = 3
    """That a burst may last at twice the pace."""

    requests_of_extension: int = 50
    """Of any other method, out of dialogs; ten times as many at once, such as the lamps of all its
    telephones after a power cut."""


class OverloadSettings(Struct, frozen=True):
    """When new calls are refused because the process is behind; strangers are at half of it."""

    lag: float = 0.25
    """Seconds; 0 for never."""

    backlog: float = 0.75
    """Of a queue that holds 1. Queues are short where the kernel grants no more, and bursts fill
    them for a moment."""

    looks: int = 5
    """In a row that must find so much; or one that finds so many times the lag."""

    quiet: float = 1.0
    """Seconds at less than half, until new calls are taken again."""


class ProxySettings(Struct, frozen=True):
    """How requests are passed on; times in seconds."""

    maximum_contexts: int = 10_000
    """Requests that wait for an answer at a time; one more gets 503."""

    maximum_contexts_of_extension: int = 200
    """Of these, those that one extension has sent out of dialogs."""

    maximum_contexts_of_host: int = 1000
    """And those within dialogs from one host, behind which there may be a whole office."""

    maximum_calls: int = 10_000
    """Calls at a time, with the switch's own, for one more to be passed on."""

    longest_call: float = 4 * 3600.0
    """That a call counts whose end is not seen."""

    maximum_branches: int = 30
    """Phones that one request is sent to, with those that others have forwarded it to."""

    timer_c: float = 185.0
    """That a phone may ring, from its last word (RFC 3261, section 16.6, step 11)."""

    patience: float = 20.0
    """That phones ring while there are others of a lower preference."""

    follows_redirects: bool = False
    """A phone that forwards its calls to another extension has that called at once."""

    leads_outside: bool = False
    """Extensions may reach addresses of other domains, and not each other alone."""


class SubscriptionSettings(Struct, frozen=True):
    """How many subscriptions there may be; one more gets 503."""

    most: int = 10_000
    """In all, with the transfers that are reported."""

    most_of_extension: int = 200


class EndpointSettings(Struct, frozen=True):
    realm: str = "softswitch"
    listeners: tuple[ListenerSettings, ...] = ()
    """A flow by a listener that is not named here gets the defaults."""

    domain: str = ""
    """Host of the addresses in From and To towards phones; empty for the listener's own."""

    trusted: tuple[str, ...] = ()
    """Networks whose hosts are believed what they say of callers, and told it (RFC 3325)."""

    agent: str = "softswitch"
    """In Server and User-Agent; strangers do not see it."""

    registrar: RegistrarSettings = RegistrarSettings()
    qualify: QualifySettings = QualifySettings(period=0.0)
    subscriptions: SubscriptionSettings = SubscriptionSettings()
    proxy: ProxySettings = ProxySettings()
    maximum_legs: int = 10_000
    """One more INVITE gets 503."""

    session_timer: int = 1800
    """Seconds after which a call of which nothing is heard ends (RFC 4028); 0 to ask no peer to
    show that it is there. At least 90."""

    maximum_datagram: int = LONGEST_DATAGRAM
    """Bytes of a message by UDP; of a longer one the beginning alone is read, for an answer."""

    maximum_message: int = LONGEST_MESSAGE
    """The same of one by a stream, which may be longer."""

    maximum_legs_of_extension: int = 200
    """Calls of one extension at a time; one more INVITE gets 503."""

    bans: BanSettings = BanSettings()
    pace: PaceSettings = PaceSettings()
    overload: OverloadSettings = OverloadSettings()
    strangers: int = 500
    """Messages a second that are read of a host without a right password; four times as many at
    once."""

    phone: int = 500
    """The same of one flow with a right password, unless it is of a trusted side."""

    scanners: tuple[str, ...] = SCANNERS
    """Parts of the User-Agent of whom nothing is read."""
