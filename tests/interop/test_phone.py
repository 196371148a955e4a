"""The command-line phone over real sockets, with a phone of ours in the place of a switch."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from media.control import Bridge, Digit, Direct, Event, Lease, Leased, Open
from media.sdp import Agreed, Local, answer, offer, parse
from softswitch.identifiers import Identifiers, counted
from softswitch.phone.agent import Phone
from softswitch.phone.audio import Audio
from softswitch.phone.events import Confirmed, HungUp, Incoming, PhoneOutput, Send
from softswitch.phone.lines import connect
from softswitch.phone.live import LivePhone
from softswitch.phone.session import CallOptions, place_call
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request, respond
from softswitch.sip.message import parse as parse_message
from tests.support.audio import (
    frequency,
    level_db,
    longest_gap,
    read_wav,
    sounding,
    tone,
    write_wav,
)
from tests.support.ports import free_port

pytestmark = pytest.mark.interop

HOST = "127.0.0.1"


class Echo(asyncio.DatagramProtocol):
    """Registers anybody, answers every call, and returns what it hears."""

    def __init__(self, *, status: int = 200) -> None:
        self.address = (HOST, free_port())
        self.status = status
        self.events: list[PhoneOutput] = []
        self.media: list[Event] = []
        self.changes = False
        self._agent: Phone | None = None
        self._leased: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._audio = Audio(HOST, self._hear_media)
        self._transport: asyncio.DatagramTransport

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=self.address
        )
        self._audio.submit(Lease(1))

    def close(self) -> None:
        self._audio.close()
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = parse_message(data)
        if isinstance(message, Request) and message.method == "REGISTER":
            contact = message.first(Header.CONTACT)
            granted = [(Header.CONTACT, f"{contact};expires=60")]
            self._transport.sendto(respond(message, 200, headers=granted).to_bytes(), addr)
            return
        if self._agent is None:
            flow = Flow("udp", self.address, addr)
            self._agent = Phone("600", "", flow, Identifiers(counted("e")))
        self._carry(self._agent, self._agent.receive(data, _now()))

    def _carry(self, agent: Phone, outputs: list[PhoneOutput]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                self._transport.sendto(output.data, agent.flow.remote)
                continue
            self.events.append(output)
            if isinstance(output, Incoming):
                self._carry(agent, agent.ring(output.call, _now()))
                self._carry(agent, self._decide(agent, output))
            elif isinstance(output, Confirmed) and self.changes:
                self.changes = False
                self._carry(agent, agent.reinvite(output.call, offer(self._local()), _now()))

    def _decide(self, agent: Phone, incoming: Incoming) -> list[PhoneOutput]:
        if self.status != 200:
            return agent.refuse(incoming.call, self.status, _now())
        sdp, agreed = answer(parse(incoming.sdp), self._local())
        self._audio.submit(Open(7, self._leased.result()))
        self._audio.submit(_direct(agreed))
        self._audio.submit(Bridge(7, 7))
        return agent.answer(incoming.call, sdp, _now())

    def _local(self) -> Local:
        return Local(HOST, self._leased.result(), 1)

    def _hear_media(self, event: Event) -> None:
        self.media.append(event)
        if isinstance(event, Leased) and not self._leased.done():
            self._leased.set_result(event.ports[0])


def _now() -> float:
    return asyncio.get_running_loop().time()


def _direct(agreed: Agreed) -> Direct:
    return Direct(
        7,
        agreed.address,
        agreed.port,
        agreed.codec,
        agreed.payload_type,
        agreed.receive_payload_type,
        agreed.event_payload_type,
        agreed.receive_event_payload_type,
    )


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    server = Echo()
    await server.open()
    yield server
    server.close()


async def test_a_call_plays_records_and_presses(echo: Echo, tmp_path: Path) -> None:
    said = write_wav(tmp_path / "said.wav", tone(440.0, 1.0))
    heard = tmp_path / "heard.wav"
    lines: list[str] = []
    options = CallOptions(
        "101", "secret", "600", echo.address, press="1", press_after=1.1, play=said, record=heard
    )
    outcome = await place_call(options, lines.append)
    assert outcome.is_answered, lines
    assert 1.5 < outcome.seconds < 4.0
    assert not [line for line in lines if line.startswith("!")]
    assert lines[:3] == ["registered as 101 for 60 s", "ringing", "answered"]
    assert [line for line in lines if line.startswith("heard 1.")]
    assert isinstance(echo.events[-1], HungUp)
    assert [event.key for event in echo.media if isinstance(event, Digit)] == ["1"]
    sound = sounding(read_wav(heard))
    assert frequency(sound[: 8000 // 2]) == pytest.approx(440.0, abs=2.0)
    assert level_db(sound[: 8000 // 2]) == pytest.approx(-12.0, abs=1.0)
    assert longest_gap(sound[: 7 * 800]) < 0.02
    assert np.abs(sound).max() < 0.9


async def test_a_refusal_is_the_outcome(echo: Echo) -> None:
    echo.status = 486
    outcome = await place_call(
        CallOptions("101", "secret", "600", echo.address, registers=False), lambda line: None
    )
    assert (outcome.is_answered, outcome.status, outcome.reason) == (False, 486, "Busy Here")


async def test_a_change_of_the_session_is_answered(echo: Echo) -> None:
    echo.changes = True
    options = CallOptions("101", "s", "600", echo.address, registers=False, seconds=0.3)
    outcome = await place_call(options, lambda line: None)
    assert outcome.is_answered
    assert "ReinviteAccepted" in [type(event).__name__ for event in echo.events]


async def test_cancelling_the_task_hangs_up(echo: Echo) -> None:
    answered = asyncio.Event()

    def tell(line: str) -> None:
        if line == "answered":
            answered.set()

    options = CallOptions("101", "s", "600", echo.address, registers=False)
    call = asyncio.create_task(place_call(options, tell))
    await asyncio.wait_for(answered.wait(), 5.0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert isinstance(echo.events[-1], HungUp)


async def test_a_server_that_is_not_there_is_told_at_once() -> None:
    for transport in ("udp", "tcp"):
        port = free_port()
        options = CallOptions("101", "s", "600", (HOST, port), transport=transport)
        outcome = await asyncio.wait_for(place_call(options, pytest.fail), 5.0)
        assert outcome.status == 503
        assert outcome.reason == f"no switch answers at {HOST}:{port}; is it running?"


class Heard:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.reasons: list[str] = []
        self.news = asyncio.Event()

    def receive(self, data: bytes) -> None:
        self.messages.append(data)
        self.news.set()

    def lost(self, reason: str) -> None:
        self.reasons.append(reason)
        self.news.set()


async def test_a_tcp_line_frames_answers_pings_and_notices_its_end() -> None:
    got: asyncio.Queue[bytes] = asyncio.Queue()
    message = b"OPTIONS sip:101@a SIP/2.0\r\nContent-Length: 0\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(message + b"\r\n\r\n" + message)
        got.put_nowait(await reader.readexactly(2))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        heard = Heard()
        address = server.sockets[0].getsockname()[:2]
        line = await connect("tcp", address, heard)
        assert line.flow.remote == address
        assert line.flow.reliable
        assert await asyncio.wait_for(got.get(), 5.0) == b"\r\n"
        async with asyncio.timeout(5.0):
            while not heard.reasons:
                heard.news.clear()
                await heard.news.wait()
        assert heard.messages == [message, message]
        line.close()


async def test_a_live_phone_retransmits_by_its_own_clock() -> None:
    loop = asyncio.get_running_loop()
    got: asyncio.Queue[bytes] = asyncio.Queue()

    class Deaf(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            got.put_nowait(data)

    transport, _ = await loop.create_datagram_endpoint(Deaf, local_addr=(HOST, 0))
    phone = await LivePhone.open(
        "101", "s", transport.get_extra_info("sockname"), lambda event: None
    )
    phone.carry(phone.agent.register(phone.now()))
    first = await asyncio.wait_for(got.get(), 5.0)
    assert await asyncio.wait_for(got.get(), 5.0) == first
    phone.close()
    transport.close()
