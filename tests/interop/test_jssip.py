"""A web page's phone, JsSIP in node, at the whole switch: with phones, and with other pages."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from softswitch.calls.record import Cause
from softswitch.phone.events import (
    CallRefused,
    Cancelled,
    Connected,
    Ended,
    HungUp,
    Incoming,
    ReinviteAccepted,
    Reinvited,
    Ringing,
)
from tests.support.audio import (
    LEVEL,
    assert_is_tone,
    frequency,
    level_db,
    read_wav,
    sounding,
    tone,
    write_wav,
)
from tests.support.authority import Authority
from tests.support.baresip import Baresip
from tests.support.daemon import Daemon, employees
from tests.support.jssip import Page, missing
from tests.support.ports import free_port
from tests.support.socket_phone import SocketPhone

RULES = (
    employees("101", "102", "103")
    + """
numbers:
  "+48 22 123 45 67": menu main
menus:
  main:
    greeting: {say: For Bob press 1.}
    keys: {1: employee 102}
    dial: none
    nothing_pressed: {to: hang up}
"""
)
TALK = 8000
"""Samples: a second."""

OpenPage = Callable[..., Awaitable[Page]]
OpenPhone = Callable[..., Awaitable[SocketPhone]]
Servers = dict[str, str]

pytestmark = [
    pytest.mark.interop,
    pytest.mark.jssip,
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing()), reason=missing()),
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    authority.sign("switch")
    return authority


@pytest.fixture(scope="module")
def servers() -> Servers:
    """Where pages go, by how: `proxy` is a listener by WS that passes calls on."""
    return {by: f"127.0.0.1:{free_port()}" for by in ("ws", "wss", "proxy")}


@pytest.fixture(scope="module")
def daemon(
    authority: Authority, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    folder = authority.path.parent
    with Daemon(
        tmp_path_factory.mktemp("daemon"),
        RULES,
        *("--log-level", "debug"),
        more=[
            f"ws {servers['ws']}",
            f"wss {servers['wss']}",
            f"{{on: ws {servers['proxy']}, mode: proxy}}",
        ],
        network=f"  certificate: {folder}/switch.pem\n  key: {folder}/switch.key\n",
    ) as daemon:
        yield daemon


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def open_page(
    daemon: Daemon, servers: Servers, authority: Authority, stack: AsyncExitStack, tmp_path: Path
) -> OpenPage:
    """Return what opens a page and waits until it is registered."""

    async def open_page(number: str = "101", by: str = "ws", **what: Any) -> Page:
        url = f"{'wss' if by == 'wss' else 'ws'}://{servers[by]}/ws"
        page = Page(tmp_path, number, url, authority=authority.path, **what)
        await stack.enter_async_context(page)
        await page.wait_for("registered")
        return page

    return open_page


@pytest.fixture
def open_phone(daemon: Daemon, stack: AsyncExitStack) -> OpenPhone:
    """Return what registers a phone by UDP. Nothing that it is sent is wrong."""

    async def open_phone(number: str = "102", **what: Any) -> SocketPhone:
        phone = await stack.enter_async_context(SocketPhone(number, **what))
        await phone.open(daemon.address)
        await phone.register()
        stack.push_async_callback(phone.unregister)
        stack.callback(lambda: pytest.fail(str(phone.complaints)) if phone.complaints else None)
        return phone

    return open_phone


@pytest.mark.parametrize("transport", ["ws", "wss"])
async def test_a_page_calls_a_phone_and_hangs_up(
    daemon: Daemon, open_page: OpenPage, open_phone: OpenPhone, transport: str
) -> None:
    bob, page = await open_phone(answers=0.1), await open_page(by=transport)
    began = time.time()
    page.tell("call", to="102")
    await page.wait_for("rings", status=180)
    await page.wait_for("confirmed")
    await bob.wait_for(Connected)
    page.tell("hang_up", call=0)
    await bob.wait_for(HungUp)
    await page.wait_for("received", status=200, method="BYE")
    [record] = await asyncio.to_thread(daemon.wait_for_records, 1, since=began)
    assert (record.extension, record.dialled, record.answered_by) == ("101", "102", "102")
    assert record.cause is Cause.CALLER_HUNG_UP


async def test_the_phone_that_a_page_has_called_hangs_up(
    open_page: OpenPage, open_phone: OpenPhone
) -> None:
    bob, page = await open_phone(answers=0.0), await open_page()
    page.tell("call", to="102")
    await page.wait_for("confirmed")
    connected = await bob.wait_for(Connected)
    bob.hang_up(connected.call)
    await page.wait_for("ended", by="remote", cause="Terminated")
    await bob.wait_for(Ended)


@pytest.mark.parametrize("transport", ["ws", "wss"])
@pytest.mark.parametrize("who", ["the page", "the phone"])
async def test_a_phone_calls_a_page_and_either_hangs_up(
    open_page: OpenPage, open_phone: OpenPhone, transport: str, who: str
) -> None:
    bob, page = await open_phone(), await open_page(by=transport)
    call = bob.call("101")
    await page.wait_for("incoming", caller="102")
    await bob.wait_for(Ringing)
    page.tell("answer", call=0)
    await page.wait_for("confirmed")
    await bob.wait_for(Connected)
    if who == "the page":
        page.tell("hang_up", call=0)
        await bob.wait_for(HungUp)
        await page.wait_for("received", status=200, method="BYE")
    else:
        bob.hang_up(call)
        await page.wait_for("ended", by="remote")
        await bob.wait_for(Ended)


async def test_a_page_refuses(open_page: OpenPage, open_phone: OpenPhone) -> None:
    bob, page = await open_phone(), await open_page()
    bob.call("101")
    await page.wait_for("incoming")
    page.tell("refuse", call=0, status=486)
    assert (await bob.wait_for(CallRefused)).status == 486


async def test_a_page_hears_that_a_phone_is_busy(
    open_page: OpenPage, open_phone: OpenPhone
) -> None:
    _, page = await open_phone(status=486), await open_page()
    page.tell("call", to="102")
    await page.wait_for("failed", by="remote", cause="Busy", status=486)


async def test_who_gives_up_stops_the_ringing_either_way(
    open_page: OpenPage, open_phone: OpenPhone
) -> None:
    bob, page = await open_phone(), await open_page()
    page.tell("call", to="102")
    await page.wait_for("rings")
    page.tell("hang_up", call=0)
    await bob.wait_for(Cancelled)
    await page.wait_for("received", status=487, method="INVITE")
    call = bob.call("101")
    await bob.wait_for(Ringing)
    bob.hang_up(call)
    await page.wait_for("failed", by="remote", cause="Canceled")


async def test_two_pages_talk_and_write_to_each_other(open_page: OpenPage) -> None:
    alice = await open_page("101", "ws", hertz=440.0)
    bob = await open_page("102", "wss", hertz=1000.0, answers=True)
    alice.tell("call", to="102")
    await alice.wait_for("confirmed")
    await alice.wait_until_heard(1.5)
    await bob.wait_until_heard(1.5)
    for writer, reader, name in ((alice, bob, "101"), (bob, alice, "102")):
        writer.tell("text", to=("102", "101")[writer is bob], body="Zażółć gęślą jaźń")
        await reader.wait_for("text", body="Zażółć gęślą jaźń", writer=name)
        await writer.wait_for("delivered")
    alice.tell("hang_up", call=0)
    await bob.wait_for("ended", by="remote")
    assert frequency(sounding(alice.heard())[:TALK]) == pytest.approx(1000.0, abs=2.0)
    assert frequency(sounding(bob.heard())[:TALK]) == pytest.approx(440.0, abs=2.0)


@pytest.mark.parametrize("who", ["the caller", "the called"])
async def test_the_call_of_a_page_is_passed_on_to_another(open_page: OpenPage, who: str) -> None:
    """The sound goes from page to page, and what each says later goes by both connections."""
    alice = await open_page("101", "proxy", hertz=440.0)
    bob = await open_page("102", "wss", hertz=1000.0)
    alice.tell("call", to="102")
    await bob.wait_for("incoming", caller="101")
    await alice.wait_for("rings", status=180)
    bob.tell("answer", call=0)
    await alice.wait_for("confirmed")
    await bob.wait_for("confirmed")
    await alice.wait_until_heard(1.0)
    await bob.wait_until_heard(1.0)
    for page, other, method in ((alice, bob, "INVITE"), (bob, alice, "UPDATE")):
        page.tell("hold", call=0, update=method == "UPDATE")
        await other.wait_for("held", by="remote")
        await page.wait_for("received", status=200, method=method)
        page.tell("resume", call=0, update=method == "UPDATE")
        await other.wait_for("resumed", by="remote")
        await page.wait_for("received", status=200, method=method)
    first, second = (alice, bob) if who == "the caller" else (bob, alice)
    first.tell("hang_up", call=0)
    await second.wait_for("ended", by="remote")
    await first.wait_for("received", status=200, method="BYE")


async def test_who_gives_up_a_call_that_is_passed_on_stops_the_ringing(open_page: OpenPage) -> None:
    alice, bob = await open_page("101", "proxy"), await open_page("102", "proxy")
    alice.tell("call", to="102")
    await alice.wait_for("rings")
    alice.tell("hang_up", call=0)
    await bob.wait_for("failed", by="remote", cause="Canceled")
    await alice.wait_for("received", status=487, method="INVITE")


async def test_a_text_to_nobody_is_not_delivered(open_page: OpenPage) -> None:
    page = await open_page()
    page.tell("text", to="103", body="Hello")
    await page.wait_for("not delivered", status=480)


@pytest.mark.baresip
async def test_a_page_and_a_phone_hear_each_other(
    daemon: Daemon, open_page: OpenPage, stack: AsyncExitStack, tmp_path: Path
) -> None:
    says = write_wav(tmp_path / "says.wav", tone(1000.0, 60.0))
    baresip = Baresip(tmp_path / "102", "102", "long-enough", daemon.server, speaks=says)
    bob = stack.enter_context(baresip)
    await asyncio.to_thread(bob.wait_until_registered)
    page = await open_page(hertz=440.0)
    page.tell("call", to="102")
    await page.wait_for("confirmed")
    await page.wait_until_heard(2.0)
    await asyncio.to_thread(bob.wait_until_heard, 2.0)
    page.tell("hang_up", call=0)
    await asyncio.to_thread(bob.wait_for, "CALL_CLOSED")
    assert_is_tone(sounding(page.heard()), 1000.0, 1.9)
    heard = sounding(read_wav(bob.heard()))[:TALK]  # node does not keep time as a phone does
    assert frequency(heard) == pytest.approx(440.0, abs=2.0)
    assert level_db(heard) == pytest.approx(LEVEL, abs=1.0)


@pytest.mark.parametrize("update", [False, True], ids=["by re-INVITE", "by UPDATE"])
async def test_a_page_holds_and_resumes(
    daemon: Daemon, open_page: OpenPage, open_phone: OpenPhone, *, update: bool
) -> None:
    bob, page = await open_phone(answers=0.0, speaks=True), await open_page()
    page.tell("call", to="102")
    await page.wait_for("confirmed")
    await page.wait_until_heard(0.5)
    method = "UPDATE" if update else "INVITE"
    page.tell("hold", call=0, update=update)
    await page.wait_for("received", status=200, method=method)
    assert b"sendonly" in (await bob.wait_for(Reinvited)).sdp
    page.tell("resume", call=0, update=update)
    await page.wait_for("received", status=200, method=method)
    assert b"sendrecv" in (await bob.wait_for(Reinvited, count=2)).sdp
    await page.wait_until_heard(len(page.heard()) / TALK + 0.5)
    page.tell("hang_up", call=0)
    await bob.wait_for(HungUp)


async def test_a_phone_holds_and_resumes_a_page(open_page: OpenPage, open_phone: OpenPhone) -> None:
    bob, page = await open_phone(answers=0.0), await open_page()
    page.tell("call", to="102")
    call = (await bob.wait_for(Connected)).call
    await page.wait_for("confirmed")
    bob.hold(call)
    await page.wait_for("held", by="remote")
    assert b"recvonly" in (await bob.wait_for(ReinviteAccepted)).sdp
    bob.resume(call)
    await page.wait_for("resumed", by="remote")
    assert b"sendrecv" in (await bob.wait_for(ReinviteAccepted, count=2)).sdp
    bob.hang_up(call)
    await page.wait_for("ended", by="remote")


async def test_a_page_presses_a_key_in_the_menu(open_page: OpenPage, open_phone: OpenPhone) -> None:
    """It sends INFO (application/dtmf-relay)."""
    bob, page = await open_phone(answers=0.0), await open_page()
    page.tell("call", to="+48221234567")
    await page.wait_for("confirmed")
    page.tell("press", call=0, key="1")
    assert (await bob.wait_for(Incoming)).caller == "101"
    await bob.wait_for(Connected)
    page.tell("hang_up", call=0)
    await bob.wait_for(HungUp)


async def test_a_page_watches_a_line(open_page: OpenPage, open_phone: OpenPhone) -> None:
    bob, page, watcher = await open_phone(answers=None), await open_page(), await open_page("103")
    watcher.tell("watch", to="102")
    await watcher.wait_for("watches", to="102")
    page.tell("call", to="102")
    await watcher.wait_for("line", to="102", state="early")
    bob.answer((await bob.wait_for(Incoming)).call)
    await watcher.wait_for("line", to="102", state="confirmed")
    page.tell("hang_up", call=0)
    await watcher.wait_for("line", to="102", state="terminated")


async def test_a_page_hands_on_a_phone_without_asking(
    open_page: OpenPage, open_phone: OpenPhone
) -> None:
    bob, carol = await open_phone(answers=0.0), await open_phone("103", answers=0.1)
    page = await open_page()
    page.tell("call", to="102")
    call = (await bob.wait_for(Connected)).call
    await page.wait_for("confirmed")
    page.tell("transfer", call=0, to="103")
    await page.wait_for("received", method="REFER", status=202)
    await carol.wait_for(Connected)
    await page.wait_for("transferred", status=200)
    await page.wait_for("ended", by="remote")
    bob.hang_up(call)
    await carol.wait_for(HungUp)
    await bob.wait_for(Ended)


async def test_a_page_gets_back_whom_it_has_handed_on_to_somebody_busy(
    open_page: OpenPage, open_phone: OpenPhone
) -> None:
    bob, page = await open_phone(answers=0.0, speaks=True), await open_page()
    await open_phone("103", status=486)
    page.tell("call", to="102")
    await page.wait_for("confirmed")
    page.tell("transfer", call=0, to="103")
    await page.wait_for("came back", status=486)
    await page.wait_until_heard(len(page.heard()) / TALK + 0.5)
    page.tell("hang_up", call=0)
    await bob.wait_for(HungUp)


async def test_a_page_hands_on_a_page_to_another_that_it_has_asked(open_page: OpenPage) -> None:
    alice = await open_page("101")
    bob = await open_page("102", hertz=440.0, answers=True)
    carol = await open_page("103", "wss", hertz=1000.0, answers=True)
    alice.tell("call", to="102")
    await alice.wait_for("confirmed", call=0)
    alice.tell("hold", call=0)
    await bob.wait_for("held", by="remote")
    alice.tell("call", to="103")
    await alice.wait_for("confirmed", call=1)
    await alice.wait_until_heard(0.4)
    alice.tell("transfer", call=0, to="103", other=1)
    await alice.wait_for("received", method="REFER", status=202)
    await carol.wait_until_heard(1.5)
    await bob.wait_until_heard(1.5)
    assert {alice.count("ended", by="remote", call=call) for call in (0, 1)} == {1}
    bob.tell("hang_up", call=0)
    await carol.wait_for("ended", by="remote")
    assert frequency(bob.heard()[-TALK:]) == pytest.approx(1000.0, abs=2.0)
    assert frequency(carol.heard()[-TALK:]) == pytest.approx(440.0, abs=2.0)


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
async def test_a_page_shows_again_and_again_that_it_is_there(
    open_page: OpenPage, open_phone: OpenPhone, method: str
) -> None:
    """Of what it has called and of what has called it: session timers, and its registration."""
    bob = await open_phone(answers=0.0)
    page = await open_page(
        answers=True,
        soon=0.3,
        session_timers_refresh_method=method,
        session_timers_force_refresher=True,
    )
    page.tell("call", to="102")
    await page.wait_for("confirmed")
    await bob.wait_for(Connected)
    for _ in range(3):
        await page.wait_for("sent", method=method)
        await page.wait_for("received", method=method, status=200)
    await page.wait_for("received", method="REGISTER", status=200)
    page.tell("hang_up", call=0)
    await bob.wait_for(HungUp)
    call = bob.call("101")
    await bob.wait_for(Connected, count=2)
    for _ in range(3):
        await page.wait_for("received", method=method, status=200)
    assert page.count("ended") == 1
    bob.hang_up(call)
    await page.wait_for("ended", by="remote")


async def test_a_page_whose_connection_was_lost_comes_back(
    daemon: Daemon, open_page: OpenPage, open_phone: OpenPhone
) -> None:
    """As soon as the switch is there again it registers by another connection, and is called."""
    page = await open_page()
    await asyncio.to_thread(daemon.kill_everything)
    await page.wait_for("disconnected")
    await asyncio.to_thread(daemon.restart)
    await page.wait_for("registered")
    bob = await open_phone()
    bob.call("101")
    await page.wait_for("incoming")
    page.tell("refuse", call=0, status=603)
    assert (await bob.wait_for(CallRefused)).status == 603


@pytest.mark.parametrize("answers", [0.0, None], ids=["talking", "ringing"])
async def test_a_page_that_is_closed_leaves_nobody_behind(
    daemon: Daemon, open_page: OpenPage, open_phone: OpenPhone, answers: float | None
) -> None:
    bob, page = await open_phone(answers=answers), await open_page()
    page.tell("call", to="102")
    await page.wait_for("rings" if answers is None else "confirmed")
    page.tell("vanish")
    await bob.wait_for(Cancelled if answers is None else HungUp)
    await asyncio.to_thread(daemon.wait_until_unregistered, "101")


async def test_a_page_that_unregisters_is_not_called(
    daemon: Daemon, open_page: OpenPage, open_phone: OpenPhone
) -> None:
    bob, page = await open_phone(), await open_page()
    page.tell("unregister")
    await page.wait_for("unregistered")
    assert "101" not in daemon.registered()
    bob.call("101")
    assert (await bob.wait_for(CallRefused)).status == 480


async def test_a_page_does_not_believe_an_authority_that_it_does_not_know(
    daemon: Daemon, servers: Servers, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger")
    url = f"wss://{servers['wss']}/ws"
    async with Page(tmp_path, "103", url, authority=stranger.path) as page:
        broken = await page.wait_for("broken")
        assert "certificate" in broken["reason"]
    assert "103" not in daemon.registered()


async def test_a_page_with_a_wrong_password_is_not_let_in(
    daemon: Daemon, servers: Servers, tmp_path: Path
) -> None:
    async with Page(tmp_path, "103", f"ws://{servers['ws']}/ws", password="guessed") as page:
        await page.wait_for("unknown", cause="Authentication Error")
    assert "103" not in daemon.registered()
