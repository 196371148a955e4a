"""The resolver against a name server of ours."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from softswitch.sip.locate import Naptr, Resolve, Resolved, Srv
from softswitch.transport.hosts import Hosts
from softswitch.transport.resolver import Resolver, ResolverLimits
from tests.support.name_server import NameServer
from tests.support.ports import free_port

pytestmark = pytest.mark.interop

ZONE = (
    'a.example. 60 IN NAPTR 10 20 "s" "SIP+D2U" "" _sip._udp.a.example.',
    "_sip._udp.a.example. 60 IN SRV 10 5 5070 One.a.example.",
    "_sip._tcp.a.example. 60 IN SRV 0 0 0 .",
    "one.a.example. 60 IN A 127.0.0.1",
    "one.a.example. 60 IN A 127.0.0.2",
    "one.a.example. 60 IN AAAA 2001:db8::1",
    "brief.example. 0 IN A 127.0.0.3",
)
LIMITS = ResolverLimits(attempt=0.2, whole=0.4, failure=0.3)


class Asker:
    def __init__(self, server: tuple[str, int], hosts: Path, limits: ResolverLimits) -> None:
        self.answers: list[Resolved] = []
        self._told = asyncio.Event()
        loop = asyncio.get_running_loop()
        self.resolver = Resolver([server], self._tell, loop, limits, Hosts(hosts))

    def _tell(self, answer: Resolved) -> None:
        self.answers.append(answer)
        self._told.set()

    async def ask(self, name: str, kind: str) -> Resolved:
        self._told.clear()
        self.resolver.ask(Resolve(name, kind))
        async with asyncio.timeout(5.0):
            await self._told.wait()
        return self.answers[-1]


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer(*ZONE) as server:
        yield server


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    path = tmp_path / "hosts"
    path.write_text("192.168.1.9 pbx.local PBX # the old one\n::1 six\nnonsense here\n")
    return path


async def test_every_kind_of_record_is_read(server: NameServer, hosts: Path) -> None:
    asker = Asker(server.address, hosts, LIMITS)
    assert (await asker.ask("a.example", "NAPTR")).records == (
        Naptr(10, 20, "s", "SIP+D2U", "_sip._udp.a.example"),
    )
    assert (await asker.ask("_sip._udp.a.example", "SRV")).records == (
        Srv(10, 5, 5070, "One.a.example"),
    )
    assert (await asker.ask("_sip._tcp.a.example", "SRV")).records == (Srv(0, 0, 0, ""),)
    found = (await asker.ask("one.a.example", "A")).records
    assert set(found) == {"127.0.0.1", "127.0.0.2"}
    assert (await asker.ask("one.a.example", "AAAA")).records == ("2001:db8::1",)


async def test_what_is_not_there_is_no_failure(server: NameServer, hosts: Path) -> None:
    asker = Asker(server.address, hosts, LIMITS)
    for name, kind in (("nobody.example", "A"), ("a.example", "A"), ("x" * 64 + ".example", "SRV")):
        answer = await asker.ask(name, kind)
        assert answer.records == ()
    assert asker.answers[0].failure == asker.answers[1].failure == ""


async def test_answers_are_kept_as_long_as_the_dns_allows(server: NameServer, hosts: Path) -> None:
    asker = Asker(server.address, hosts, LIMITS)
    for name in ("one.a.example", "nobody.example", "brief.example"):
        for _ in range(3):
            await asker.ask(name, "A")
    assert server.asked == {
        "one.a.example. A": 1,
        "nobody.example. A": 1,
        "brief.example. A": 3,
    }


async def test_the_same_question_is_not_asked_twice_at_a_time(
    server: NameServer, hosts: Path
) -> None:
    asker = Asker(server.address, hosts, LIMITS)
    for _ in range(5):
        asker.resolver.ask(Resolve("brief.example", "A"))
    await asker.ask("one.a.example", "A")
    assert server.asked["brief.example. A"] == 1


async def test_a_broken_server_is_told_in_words_and_asked_again_later(
    server: NameServer, hosts: Path
) -> None:
    asker = Asker(server.address, hosts, LIMITS)
    server.is_broken = True
    assert (await asker.ask("one.a.example", "A")).failure == "no name server has a usable answer"
    asked = server.asked.total()
    server.is_broken = False
    assert (await asker.ask("one.a.example", "A")).failure
    assert server.asked.total() == asked
    async with asyncio.timeout(5.0):
        while (await asker.ask("one.a.example", "A")).failure:
            pass
    assert set(asker.answers[-1].records) == {"127.0.0.1", "127.0.0.2"}


async def test_a_silent_server_is_not_waited_for(server: NameServer, hosts: Path) -> None:
    asker = Asker(server.address, hosts, LIMITS)
    server.is_silent = True
    answer = await asker.ask("one.a.example", "A")
    assert answer.failure == "no name server has answered within 0.4 s"


async def test_a_server_that_is_not_there_is_a_failure(hosts: Path) -> None:
    asker = Asker(("127.0.0.1", free_port()), hosts, LIMITS)
    assert (await asker.ask("one.a.example", "A")).failure


async def test_the_hosts_file_comes_first(server: NameServer, hosts: Path) -> None:
    asker = Asker(server.address, hosts, LIMITS)
    assert (await asker.ask("PBX", "A")).records == ("192.168.1.9",)
    assert (await asker.ask("pbx.local", "SRV")).records == ()
    assert (await asker.ask("six", "AAAA")).records == ("::1",)
    await asyncio.to_thread(hosts.write_text, "192.168.1.10 pbx.local\n")
    assert (await asker.ask("pbx.local", "A")).records == ("192.168.1.10",)
    assert server.asked.total() == 0


async def test_there_are_only_so_many_questions_at_a_time(server: NameServer, hosts: Path) -> None:
    asker = Asker(server.address, hosts, ResolverLimits(attempt=0.2, whole=0.4, running=1))
    server.is_silent = True
    asker.resolver.ask(Resolve("one.a.example", "A"))
    answer = await asker.ask("a.example", "A")
    assert answer.failure == "too many questions at a time"
    await asker.resolver.close()
