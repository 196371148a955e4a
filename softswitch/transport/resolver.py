"""Asks the DNS: what a machine wants to know, by dnspython, each thing once at a time."""

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import ip_address

from dns.asyncresolver import Resolver as Asker
from dns.exception import DNSException, Timeout
from dns.name import from_text
from dns.nameserver import Do53Nameserver
from dns.rdatatype import RdataType
from dns.rdtypes.IN.NAPTR import NAPTR
from dns.rdtypes.IN.SRV import SRV
from dns.resolver import (
    NXDOMAIN,
    Answer,
    LRUCache,
    NoAnswer,
    NoNameservers,
    NoResolverConfiguration,
)
from msgspec import Struct

from softswitch.sip.locate import Naptr, Record, Resolve, Resolved, Srv
from softswitch.transport.hosts import Hosts

_VERSIONS = {"A": 4, "AAAA": 6}


class ResolverLimits(Struct, frozen=True):
    """Times in seconds."""

    attempt: float = 1.0
    """That one server has for an answer."""

    whole: float = 3.0
    """For an answer from any of them."""

    failure: float = 5.0
    """That a failure is told again before it is tried again."""

    remembered: int = 10_000
    """Answers that are kept, as long as the DNS allows: that there is nothing is one as well."""

    running: int = 500
    """Questions that are on their way; one more gets none."""


class Resolver:
    """Answers questions, never before `ask` has returned.

    servers  address and port of each that is asked; empty for those of the system
    tell     is told each answer
    """

    def __init__(
        self,
        servers: Sequence[tuple[str, int]],
        tell: Callable[[Resolved], None],
        loop: asyncio.AbstractEventLoop,
        limits: ResolverLimits = ResolverLimits(),  # noqa: B008  (frozen)
        hosts: Hosts | None = None,
    ) -> None:
        self._tell = tell
        self._loop = loop
        self._limits = limits
        self._hosts = hosts or Hosts()
        self._asker = _asker(servers, limits)
        self._running: dict[Resolve, asyncio.Task[None]] = {}
        self._failures: dict[Resolve, tuple[float, str]] = {}

    def ask(self, question: Resolve) -> None:
        """Find the answer. A question that is on its way already is not asked again."""
        if question in self._running:
            return
        known = self._known(question)
        if known is None and len(self._running) >= self._limits.running:
            known = Resolved(question, failure="too many questions at a time")
        if known is not None:
            self._loop.call_soon(self._tell, known)
            return
        self._running[question] = self._loop.create_task(self._find(question))

    async def close(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _known(self, question: Resolve) -> Resolved | None:
        """Return what can be said without asking anybody."""
        own = self._hosts.addresses(question.name)
        if own is not None:
            version = _VERSIONS.get(question.kind)
            fitting = [one for one in own if ip_address(one).version == version]
            return Resolved(question, tuple(fitting))
        until, reason = self._failures.get(question, (0.0, ""))
        if reason and self._loop.time() < until:
            return Resolved(question, failure=reason)
        return None

    async def _find(self, question: Resolve) -> None:
        try:
            answer = await self._ask(question)
        finally:
            del self._running[question]  # it may be asked again by whoever is told
        if answer.failure:
            while len(self._failures) >= self._limits.running:
                del self._failures[next(iter(self._failures))]
            until = self._loop.time() + self._limits.failure
            self._failures[question] = until, answer.failure
        else:
            self._failures.pop(question, None)
        self._tell(answer)

    async def _ask(self, question: Resolve) -> Resolved:
        try:
            name = from_text(question.name, idna_codec=None)
            found = await self._asker.resolve(name, question.kind, search=False)
        except (NXDOMAIN, NoAnswer):
            return Resolved(question)
        except Timeout:
            whole = f"{self._limits.whole:g}"
            return Resolved(question, failure=f"no name server has answered within {whole} s")
        except NoNameservers:
            return Resolved(question, failure="no name server has a usable answer")
        except (DNSException, OSError, UnicodeError) as error:
            return Resolved(question, failure=str(error) or type(error).__name__)
        return Resolved(question, _records(found))


def _asker(servers: Sequence[tuple[str, int]], limits: ResolverLimits) -> Asker:
    try:
        asker = Asker(configure=not servers)
    except NoResolverConfiguration:
        asker = Asker(configure=False)  # every question will say so
    if servers:
        asker.nameservers = [Do53Nameserver(host, port) for host, port in servers]
    asker.timeout, asker.lifetime = limits.attempt, limits.whole
    asker.cache = LRUCache(limits.remembered)
    return asker


def _records(answer: Answer) -> tuple[Record, ...]:
    records: list[Record] = []
    for data in answer:
        if isinstance(data, SRV):
            host = data.target.to_text(omit_final_dot=True)
            at = "" if host == "." else host
            records.append(Srv(data.priority, data.weight, data.port, at))
        elif isinstance(data, NAPTR):
            records.append(
                Naptr(
                    data.order,
                    data.preference,
                    data.flags.decode("ascii", "replace"),
                    data.service.decode("ascii", "replace"),
                    data.replacement.to_text(omit_final_dot=True).rstrip("."),
                )
            )
        elif data.rdtype in (RdataType.A, RdataType.AAAA):
            records.append(data.to_text())
    return tuple(records)
