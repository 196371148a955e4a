"""The way to one URI: transport, port and addresses (RFC 3263, section 4)."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from softswitch.sip.errors import Refusal
from softswitch.sip.locate.places import PORTS, Hop, literal
from softswitch.sip.locate.records import Naptr, Resolve, Resolved, Srv
from softswitch.sip.locate.srv_order import in_order
from softswitch.sip.message import Uri

_SERVICES = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}
_PREFIXES = {"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}
_KINDS = ((4, "A"), (6, "AAAA"))
"""In this order: an exchange that listens on IPv6 need not have a way out by it, and over UDP
nobody says so."""

_MOST_SERVICES = 3
_MOST_SITES = 8
_MOST_HOPS = 12


class _Site(NamedTuple):
    """A host whose addresses are wanted."""

    transport: str
    host: str
    port: int


class Location:
    """Asks until it knows where a URI leads.

    reach  transports and IP versions that we have listeners of
    draw   chance, for weights
    """

    __slots__ = (
        "_answers",
        "_draw",
        "_open",
        "_reach",
        "_services",
        "_sites",
        "_stage",
        "_transports",
        "_uri",
        "failure",
        "hops",
    )

    def __init__(
        self, uri: Uri, reach: Collection[tuple[str, int]], draw: Callable[[], float]
    ) -> None:
        """Raises Refusal when there can be no way."""
        self.hops: list[Hop] = []
        """The way, best first, once `is_done`."""

        self.failure = ""
        """Why the DNS could not tell something that was asked; the last reason of several."""

        self._uri = uri
        self._reach = reach
        self._draw = draw
        self._transports = _transports(uri, reach)
        self._services: list[tuple[str, Resolve]] = []
        self._sites: list[_Site] = []
        self._open: set[Resolve] = set()
        self._answers: dict[Resolve, Resolved] = {}
        self._stage: Callable[[], list[Resolve]] = self._choose_sites

    @property
    def is_done(self) -> bool:
        return not self._open

    @property
    def status(self) -> int:
        """What a request gets when there are no hops."""
        if self.failure:
            return 503
        return 480 if self._uri.scheme == "sips" else 404

    def begin(self) -> list[Resolve]:
        """Return the first questions; none when no name has to be asked about.

        Raises Refusal when the address is one that no listener of ours leads to.
        """
        uri, host, first = self._uri, self._host, self._transports[0]
        if (address := literal(host)) is not None:
            fitting = [one for one in self._transports if (one, address.version) in self._reach]
            if not fitting:
                raise Refusal(502, "No Listener for That Address")
            port = uri.port or PORTS[fitting[0]]
            self.hops = [Hop(fitting[0], host.strip("[]"), port)]
            return []
        if uri.port is not None:
            self._sites = [_Site(first, host, uri.port)]
            return self._ask_addresses()
        if "transport" in uri.parameters:
            return self._ask_services([(first, _PREFIXES[first] + host)])
        return self._ask({Resolve(host, "NAPTR")}, self._choose_services)

    def receive(self, answer: Resolved) -> list[Resolve]:
        """Take an answer; return what is to be asked now."""
        if answer.question not in self._open:
            return []
        self._open.discard(answer.question)
        self._answers[answer.question] = answer
        self.failure = answer.failure or self.failure
        return [] if self._open else self._stage()

    def give_up(self) -> None:
        """Take it that what was asked is never answered."""
        self._open.clear()
        self.failure = self.failure or "the DNS has not answered in time"

    # One stage after the other

    def _choose_services(self) -> list[Resolve]:
        """Read the NAPTR records; without any of use, ask for each transport (section 4.1)."""
        usable = [
            record
            for record in self._found(Resolve(self._host, "NAPTR"))
            if isinstance(record, Naptr) and record.flags.lower() == "s" and self._has(record)
        ]
        usable.sort(key=lambda record: (record.order, record.preference))
        names = [
            (_SERVICES[record.service.upper()], record.replacement)
            for record in usable
            if record.order == usable[0].order
        ]
        return self._ask_services(
            names or [(one, _PREFIXES[one] + self._host) for one in self._offered()]
        )

    def _has(self, record: Naptr) -> bool:
        transport = _SERVICES.get(record.service.upper(), "")
        return transport in self._offered() and bool(record.replacement)

    def _offered(self) -> list[str]:
        """Return what the domain may choose from: a sip URI may be reached by TLS as well."""
        if self._uri.scheme == "sips":
            return ["tls"]
        return [one for one in PORTS if any((one, version) in self._reach for version, _ in _KINDS)]

    def _ask_services(self, names: list[tuple[str, str]]) -> list[Resolve]:
        self._services = [(one, Resolve(name, "SRV")) for one, name in names[:_MOST_SERVICES]]
        return self._ask({question for _, question in self._services}, self._choose_sites)

    def _choose_sites(self) -> list[Resolve]:
        """Read the SRV records; without any, the name itself is the host (section 4.2)."""
        is_denied = False
        for transport, question in self._services:
            records = [one for one in self._found(question) if isinstance(one, Srv)]
            is_denied = is_denied or any(not record.host for record in records)
            self._sites += [
                _Site(transport, record.host, record.port)
                for record in in_order((one for one in records if one.host), self._draw)
            ]
        if not self._sites and not is_denied:
            first = self._transports[0]
            self._sites = [_Site(first, self._host, PORTS[first])]
        return self._ask_addresses()

    def _ask_addresses(self) -> list[Resolve]:
        del self._sites[_MOST_SITES:]
        questions = {
            Resolve(site.host, kind)
            for site in self._sites
            for version, kind in _KINDS
            if (site.transport, version) in self._reach and literal(site.host) is None
        }
        return self._ask(questions, self._choose_hops)

    def _choose_hops(self) -> list[Resolve]:
        hops: dict[Hop, None] = {}
        for site in self._sites:
            for version, kind in _KINDS:
                if (site.transport, version) in self._reach:
                    for address in self._addresses(site.host, version, kind):
                        hops[Hop(site.transport, address, site.port, self._host)] = None
        self.hops = list(hops)[:_MOST_HOPS]
        return []

    # Inside

    @property
    def _host(self) -> str:
        return self._uri.parameters.get("maddr") or self._uri.host

    def _ask(self, questions: set[Resolve], stage: Callable[[], list[Resolve]]) -> list[Resolve]:
        self._open, self._stage = set(questions), stage
        return sorted(questions, key=lambda one: (one.kind, one.name)) if questions else stage()

    def _found(self, question: Resolve) -> tuple[Naptr | Srv | str, ...]:
        answer = self._answers.get(question)
        return () if answer is None else answer.records

    def _addresses(self, host: str, version: int, kind: str) -> list[str]:
        """Return the addresses of a host; an address in the place of its name is one as well."""
        own = literal(host)
        found = (host.strip("[]"),) if own is not None else self._found(Resolve(host, kind))
        addresses = (one for one in found if isinstance(one, str))
        return [
            one
            for one in addresses
            if (address := literal(one)) is not None and address.version == version
        ]


def _transports(uri: Uri, reach: Collection[tuple[str, int]]) -> list[str]:
    """Return the transports that may be used where the DNS has no opinion, best first.

    Raises Refusal: 416 where a scheme cannot be served, 502 where a transport cannot.
    """
    ours = {transport for transport, _ in reach}
    asked = (uri.parameters.get("transport") or "").lower()
    if not uri.is_sip:
        raise Refusal(416, "")
    if uri.scheme == "sips":
        if "tls" not in ours:
            raise Refusal(416, "No Listener with TLS")
        if asked in ("", "tcp", "tls"):
            return ["tls"]
    elif asked in ours and asked in PORTS:
        return [asked]
    elif not asked:
        usual = [transport for transport in PORTS if transport in ours and transport != "tls"]
        if usual:
            return usual
    raise Refusal(502, "No Listener for That Transport")
