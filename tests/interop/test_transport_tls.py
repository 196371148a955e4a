"""Listeners of TLS on real sockets of this machine, and connections of ours in TLS."""

import asyncio
import contextlib
import itertools
import socket
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from softswitch.sip.flow import Flow
from softswitch.transport.certificates import Certificates, ClientCertificates, TlsFiles
from softswitch.transport.limits import StreamLimits
from softswitch.transport.stream import StreamWire, tls
from tests.support.authority import Authority
from tests.support.inbox import Inbox, message

pytestmark = pytest.mark.interop

LOOPBACK = ("127.0.0.1", 0)
REQUIRED = ClientCertificates.REQUIRED


class Side:
    """A listener, and what it tells."""

    def __init__(self, files: TlsFiles, limits: StreamLimits) -> None:
        self.inbox = Inbox()
        self.drops: Counter[str] = Counter()
        self.told: list[str] = []
        self.files = files
        self.wire = StreamWire(
            tls(Certificates(files, lambda slug, _: self.told.append(slug), time.monotonic())),
            LOOPBACK,
            self.inbox,
            self.drops,
            itertools.count(1000),
            limits,
            asyncio.get_running_loop(),
        )

    async def drops_of_next_lost(self) -> Counter[str]:
        """Return what has been counted when the next connection has ended."""
        await self.inbox.next_lost()
        return self.drops


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


Listen = Callable[..., Awaitable[Side]]


@pytest.fixture
async def listen(authority: Authority) -> AsyncIterator[Listen]:
    sides: list[Side] = []

    async def listen(files: TlsFiles | None = None, limits: StreamLimits | None = None) -> Side:
        side = Side(files or authority.files(), limits or StreamLimits())
        await side.wire.start()
        sides.append(side)
        return side

    yield listen
    for side in sides:
        side.wire.close()
    await asyncio.sleep(0.01)


def client(authority: Authority, files: TlsFiles | None = None) -> ssl.SSLContext:
    """Return what a telephone is set up with that believes `authority`."""
    context = ssl.create_default_context(cafile=authority.path)
    if files is not None:
        context.load_cert_chain(files.certificate, files.key)
    return context


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[Side, ssl.SSLContext], Awaitable[Streams]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    writers: list[asyncio.StreamWriter] = []

    async def connect(side: Side, context: ssl.SSLContext) -> Streams:
        opening = asyncio.open_connection(*side.wire.local, ssl=context)
        reader, writer = await asyncio.wait_for(opening, 5.0)
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()


async def test_a_connection_is_used_in_both_directions(
    listen: Listen, connect: Connect, authority: Authority
) -> None:
    side = await listen()
    reader, writer = await connect(side, client(authority))
    whole = message(b"x" * 40_000)
    writer.write(whole + b"\r\n\r\n")
    data, flow = await side.inbox.next_message()
    assert data == whole
    assert flow == Flow("tls", side.wire.local, writer.get_extra_info("sockname"), 1000)
    assert await asyncio.wait_for(reader.readexactly(2), 5.0) == b"\r\n"
    side.wire.send(whole, flow)
    assert await asyncio.wait_for(reader.readexactly(len(whole)), 5.0) == whole
    writer.close()
    assert await side.inbox.next_lost() == flow
    assert side.drops == {}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_both_versions_in_use_are_spoken(
    listen: Listen, connect: Connect, authority: Authority, version: ssl.TLSVersion
) -> None:
    side = await listen()
    context = client(authority)
    context.minimum_version = context.maximum_version = version
    _, writer = await connect(side, context)
    writer.write(message())
    assert (await side.inbox.next_message())[0] == message()


@pytest.mark.parametrize(
    ("said", "slug"),
    [
        (b"REGISTER sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n", "tls-not-tls"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "tls-not-tls"),
        (bytes(200), "tls-not-tls"),
    ],
)
async def test_what_is_no_tls_is_closed_and_counted(listen: Listen, said: bytes, slug: str) -> None:
    side = await listen()
    reader, writer = await asyncio.open_connection(*side.wire.local)
    writer.write(said)
    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 5.0)
    writer.close()
    await side.inbox.next_lost()
    assert side.drops == {slug: 1}


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01"])
async def test_hands_that_are_not_shaken_in_time_end_the_connection(
    listen: Listen, said: bytes
) -> None:
    side = await listen(limits=StreamLimits(handshake=0.05))
    reader, writer = await asyncio.open_connection(*side.wire.local)
    writer.write(said)
    with contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), 5.0) == b""
    writer.close()
    await side.inbox.next_lost()
    assert side.drops == {"tls-handshake-unfinished": 1}


async def test_who_hangs_up_within_the_handshake_is_counted(listen: Listen) -> None:
    side = await listen()
    _, writer = await asyncio.open_connection(*side.wire.local)
    writer.write(b"\x16\x03")
    writer.close()
    await side.inbox.next_lost()
    assert side.drops == {"tls-handshake-broken-off": 1}


async def test_unfinished_handshakes_make_room_for_a_phone(
    listen: Listen, connect: Connect, authority: Authority
) -> None:
    side = await listen(limits=StreamLimits(connections=2))
    idlers = [await asyncio.open_connection(*side.wire.local) for _ in range(4)]
    _, phone = await connect(side, client(authority))
    phone.write(message())
    assert (await side.inbox.next_message())[0] == message()
    assert side.drops == {"tls-stranger-displaced": 3}
    for _, writer in idlers:
        writer.close()


async def test_a_client_that_does_not_believe_us_is_counted(listen: Listen, tmp_path: Path) -> None:
    side = await listen()
    doubting = client(Authority(tmp_path / "other"))

    def doubt() -> None:
        with (
            socket.create_connection(side.wire.local, 5.0) as phone,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            doubting.wrap_socket(phone, server_hostname="127.0.0.1")

    await asyncio.to_thread(doubt)
    assert await side.drops_of_next_lost() == {"tls-certificate-refused": 1}


async def test_a_phone_with_the_right_certificate_comes_in_where_one_is_required(
    listen: Listen, connect: Connect, authority: Authority
) -> None:
    side = await listen(authority.files(client_certificates=REQUIRED))
    _, writer = await connect(side, client(authority, authority.files("phone")))
    writer.write(message())
    assert (await side.inbox.next_message())[0] == message()


async def test_a_phone_without_a_certificate_is_refused_where_one_is_required(
    listen: Listen, connect: Connect, authority: Authority
) -> None:
    side = await listen(authority.files(client_certificates=REQUIRED))
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        reader, _ = await connect(side, client(authority))
        await asyncio.wait_for(reader.read(), 5.0)
    assert await side.drops_of_next_lost() == {"tls-certificate-missing": 1}
    assert side.inbox.messages.empty()


@pytest.mark.parametrize("policy", [REQUIRED, ClientCertificates.OPTIONAL])
async def test_a_certificate_of_another_authority_is_refused_where_any_is_looked_at(
    listen: Listen,
    connect: Connect,
    authority: Authority,
    tmp_path: Path,
    policy: ClientCertificates,
) -> None:
    side = await listen(authority.files(client_certificates=policy))
    forged = Authority(tmp_path / "other").files("phone")
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        reader, _ = await connect(side, client(authority, forged))
        await asyncio.wait_for(reader.read(), 5.0)
    assert await side.drops_of_next_lost() == {"tls-certificate-not-trusted": 1}
    assert side.inbox.messages.empty()


async def test_a_phone_without_a_certificate_comes_in_where_one_is_optional(
    listen: Listen, connect: Connect, authority: Authority
) -> None:
    side = await listen(authority.files(client_certificates=ClientCertificates.OPTIONAL))
    _, writer = await connect(side, client(authority))
    writer.write(message())
    assert (await side.inbox.next_message())[0] == message()


def shown(writer: asyncio.StreamWriter) -> bytes:
    """Return the certificate that the switch has shown."""
    certificate: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return certificate


async def test_a_new_certificate_is_shown_to_new_connections_and_old_ones_go_on(
    listen: Listen, connect: Connect, authority: Authority
) -> None:
    side = await listen()
    reader, old = await connect(side, client(authority))
    authority.sign("switch")
    await asyncio.sleep(1.05)  # the files are looked at once a second
    _, new = await connect(side, client(authority))
    assert shown(old) != shown(new)
    assert side.told == ["certificate-renewed"]
    old.write(message(b"old"))
    data, flow = await side.inbox.next_message()
    assert data == message(b"old")
    side.wire.send(b"still here", flow)
    assert await asyncio.wait_for(reader.readexactly(10), 5.0) == b"still here"


async def test_a_broken_certificate_is_reported_and_the_old_one_shown(
    listen: Listen, connect: Connect, authority: Authority
) -> None:
    side = await listen()
    _, old = await connect(side, client(authority))
    side.files.certificate.write_text("broken")
    await asyncio.sleep(1.05)
    _, new = await connect(side, client(authority))
    assert shown(old) == shown(new)
    assert side.told == ["certificate-unusable"]


def to(side: Side, other: Side, name: str = "") -> Flow:
    return Flow("tls", side.wire.local, other.wire.local, 0, name)


@pytest.mark.parametrize("name", ["", "switch.example", "SWITCH.example"])
async def test_a_server_is_believed_whose_certificate_names_it(
    listen: Listen, authority: Authority, name: str
) -> None:
    ours = await listen()
    theirs = await listen(authority.files("their", names=["switch.example"]))
    ours.wire.send(message(b"hello"), to(ours, theirs, name))
    data, flow = await theirs.inbox.next_message()
    assert data == message(b"hello")
    theirs.wire.send(message(b"and back"), flow)
    data, back = await ours.inbox.next_message()
    assert data == message(b"and back")
    assert back == Flow("tls", ours.wire.local, theirs.wire.local, 1000)


async def test_a_server_of_another_name_is_told_nothing(
    listen: Listen, authority: Authority
) -> None:
    ours = await listen()
    theirs = await listen(authority.files("their", names=["other.example"]))
    flow = to(ours, theirs, "switch.example")
    ours.wire.send(message(), flow)
    assert flow in {await ours.inbox.next_lost(), await ours.inbox.next_lost()}
    assert ours.drops == {"tls-certificate-for-another": 1}
    await theirs.inbox.next_lost()
    assert theirs.inbox.messages.empty()


async def test_a_server_of_another_authority_is_told_nothing(
    listen: Listen, tmp_path: Path
) -> None:
    ours = await listen()
    theirs = await listen(Authority(tmp_path / "other").files("their"))
    flow = to(ours, theirs)
    ours.wire.send(message(), flow)
    assert flow in {await ours.inbox.next_lost(), await ours.inbox.next_lost()}
    assert ours.drops == {"tls-certificate-not-trusted": 1}
    assert await theirs.drops_of_next_lost() == {"tls-certificate-refused": 1}
    assert theirs.inbox.messages.empty()


async def test_we_show_our_certificate_to_a_server_that_requires_one(
    listen: Listen, authority: Authority
) -> None:
    ours = await listen()
    theirs = await listen(authority.files("their", REQUIRED))
    ours.wire.send(message(), to(ours, theirs))
    assert (await theirs.inbox.next_message())[0] == message()


async def test_a_server_that_never_shakes_hands_loses_the_flow(listen: Listen) -> None:
    ours = await listen(limits=StreamLimits(handshake=0.05))
    with socket.create_server(LOOPBACK) as silent:
        flow = Flow("tls", ours.wire.local, silent.getsockname())
        ours.wire.send(message(), flow)
        assert flow in {await ours.inbox.next_lost(), await ours.inbox.next_lost()}
    assert ours.drops == {"tls-handshake-unfinished": 1}


async def test_a_name_that_cannot_be_one_loses_the_flow(listen: Listen) -> None:
    ours, theirs = await listen(), await listen()
    flow = to(ours, theirs, "a..b")
    ours.wire.send(message(), flow)
    assert flow in {await ours.inbox.next_lost(), await ours.inbox.next_lost()}
    assert ours.drops == {"tls-domain-malformed": 1}


async def test_a_connection_is_used_again_for_the_name_that_it_was_proven_for_only(
    listen: Listen, authority: Authority
) -> None:
    ours = await listen()
    theirs = await listen(authority.files("their", names=["one.example", "two.example"]))
    for name in ("one.example", "two.example", "one.example"):
        ours.wire.send(message(name.encode()), to(ours, theirs, name))
        await theirs.inbox.next_message()
    assert len(theirs.wire) == 2


@pytest.mark.parametrize(("policy", "reused"), [(REQUIRED, True), (ClientCertificates.NONE, False)])
async def test_a_connection_of_the_peer_is_used_again_only_if_it_has_proven_itself(
    listen: Listen,
    connect: Connect,
    authority: Authority,
    policy: ClientCertificates,
    reused: bool,
) -> None:
    side = await listen(authority.files(client_certificates=policy), StreamLimits(connect=0.5))
    reader, writer = await connect(side, client(authority, authority.files("phone")))
    writer.write(message())
    _, flow = await side.inbox.next_message()
    unnumbered = Flow("tls", side.wire.local, flow.remote)
    side.wire.send(message(b"hello"), unnumbered)
    if reused:
        assert await asyncio.wait_for(reader.readexactly(len(message(b"hello"))), 5.0)
    else:
        assert await side.inbox.next_lost() == unnumbered
        assert side.drops == {"tls-cannot-connect": 1}


class Gateway:
    """A server of which we know the domain, and that has connected to us from another port."""

    def __init__(self, ours: Side, theirs: Side, streams: Streams) -> None:
        self.reader, self.writer = streams
        self.ours = ours
        self.theirs = theirs

    async def speaks(self) -> Flow:
        self.writer.write(message())
        return (await self.ours.inbox.next_message())[1]

    async def heard(self, name: str) -> Side:
        """Send to its listener; return whose connection has brought it."""
        ours, theirs = self.ours, self.theirs
        ours.wire.send(message(b"hello"), to(ours, theirs, name))
        by_ours = asyncio.create_task(theirs.inbox.next_message())
        by_theirs = asyncio.create_task(self.reader.readexactly(len(message(b"hello"))))
        done, left = await asyncio.wait((by_ours, by_theirs), return_when="FIRST_COMPLETED")
        for task in left:
            task.cancel()
        return theirs if by_ours in done else ours


@pytest.fixture
async def gateway(listen: Listen, connect: Connect, authority: Authority) -> Gateway:
    ours = await listen(authority.files(client_certificates=ClientCertificates.OPTIONAL))
    files = authority.files("their", names=["one.example", "two.example"])
    theirs = await listen(files)
    own = authority.files("own", names=["one.example"], addresses=())
    return Gateway(ours, theirs, await connect(ours, client(authority, own)))


@pytest.mark.parametrize(
    ("name", "is_reused"),
    [
        ("one.example", True),
        ("two.example", False),  # which may well be there, but has not connected
        ("", False),
    ],
)
async def test_an_alias_is_for_whom_the_certificate_of_the_peer_is_for(
    gateway: Gateway, name: str, is_reused: bool
) -> None:
    ours = gateway.ours
    ours.wire.keep_flow(await gateway.speaks(), gateway.theirs.wire.local[1])
    assert await gateway.heard(name) is (ours if is_reused else gateway.theirs)


async def test_without_an_alias_a_connection_of_our_own_is_opened(gateway: Gateway) -> None:
    gateway.ours.wire.keep_flow(await gateway.speaks())
    assert await gateway.heard("one.example") is gateway.theirs


async def test_an_alias_ends_with_its_connection_and_the_latest_counts(gateway: Gateway) -> None:
    ours, port = gateway.ours, gateway.theirs.wire.local[1]
    flow = await gateway.speaks()
    ours.wire.keep_flow(flow, port)
    ours.wire.keep_flow(flow, 9)
    ours.wire.keep_flow(flow, port)
    gateway.writer.close()
    assert await ours.inbox.next_lost() == flow
    ours.wire.send(message(b"hello"), to(ours, gateway.theirs, "one.example"))
    assert (await gateway.theirs.inbox.next_message())[0] == message(b"hello")


async def test_who_shows_no_certificate_takes_nobodys_alias(
    gateway: Gateway, connect: Connect, authority: Authority
) -> None:
    ours, port = gateway.ours, gateway.theirs.wire.local[1]
    ours.wire.keep_flow(await gateway.speaks(), port)
    other = Gateway(ours, gateway.theirs, await connect(ours, client(authority)))
    ours.wire.keep_flow(await other.speaks(), port)
    assert await gateway.heard("one.example") is ours


async def test_nobody_without_a_certificate_has_an_alias(
    listen: Listen, connect: Connect, authority: Authority
) -> None:
    ours = await listen()
    theirs = await listen(authority.files("their", names=["one.example"]))
    gateway = Gateway(ours, theirs, await connect(ours, client(authority)))
    ours.wire.keep_flow(await gateway.speaks(), theirs.wire.local[1])
    assert await gateway.heard("one.example") is theirs
