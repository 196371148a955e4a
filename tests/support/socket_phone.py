"""A telephone on a real socket that says little, and notes when it is told what."""

import asyncio
import itertools
import struct
import time
from types import TracebackType
from typing import Self, TypeVar

from softswitch.phone.events import (
    Complaint,
    Connected,
    Ended,
    HungUp,
    Incoming,
    PhoneOutput,
    Registered,
    Reinvited,
    Unregistered,
)
from softswitch.phone.lines import Lay, connect
from softswitch.phone.live import LINE_FAILED, LivePhone
from tests.support.ports import free_port

WITHIN = 15.0
"""Seconds in which anything that is waited for must happen."""

Event = TypeVar("Event", bound=PhoneOutput)


class SocketPhone:
    """One number with the agent of `softswitch.phone`, and no sound.

    rings    says 180 when it is called
    answers  seconds from the INVITE to 200; None for a phone that nobody answers
    status   what it refuses with at once, if anything
    speaks   a steady sound is sent while it is connected
    """

    def __init__(
        self,
        number: str,
        *,
        password: str = "long-enough",
        rings: bool = True,
        answers: float | None = None,
        status: int = 0,
        speaks: bool = False,
    ) -> None:
        self.number = number
        self.rings = rings
        self.answers = answers
        self.status = status
        self.heard: list[tuple[float, PhoneOutput]] = []
        """What happened, with monotonic seconds."""

        self._password = password
        self._news = asyncio.Event()
        self._phone: LivePhone
        self._port = free_port()
        self._host = "127.0.0.1"
        self._offered = b""
        self._sdp = b""
        self._speaks = speaks
        self._speech: asyncio.Task[None] | None = None

    async def open(
        self, server: tuple[str, int], *, transport: str = "udp", lay: Lay = connect
    ) -> Self:
        self._phone = await LivePhone.open(
            self.number, self._password, server, self._hear, transport=transport, lay=lay
        )
        self._host = self._phone.agent.flow.local[0]
        self._sdp = _sdp(self._host, self._port)
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Be gone, without a word."""
        self._fall_silent()
        self._phone.close()

    # What a person does with it

    def begin_to_register(self, expires: int = 3600) -> None:
        self._phone.carry(self._phone.agent.register(self._phone.now(), expires))

    async def register(self) -> None:
        self.begin_to_register()
        await self.wait_for(Registered)

    async def unregister(self) -> None:
        self._phone.carry(self._phone.agent.unregister(self._phone.now()))
        await self.wait_for(Unregistered)

    def call(self, number: str) -> str:
        name, outputs = self._phone.agent.call(number, self._sdp, self._phone.now())
        self._phone.carry(outputs)
        return name

    def hang_up(self, call: str) -> None:
        self._phone.carry(self._phone.agent.hang_up(call, self._phone.now()))

    def answer(self, call: str) -> None:
        self._phone.carry(self._phone.agent.answer(call, self._sdp, self._phone.now()))

    def hold(self, call: str) -> None:
        self._change(call, "sendonly")

    def resume(self, call: str) -> None:
        self._change(call, "sendrecv")

    def _change(self, call: str, direction: str) -> None:
        sdp = self._sdp + f"a={direction}\r\n".encode()
        self._phone.carry(self._phone.agent.reinvite(call, sdp, self._phone.now()))

    # What it has heard

    def events(self, kind: type[Event]) -> list[Event]:
        return [event for _, event in self.heard if isinstance(event, kind)]

    def times(self, kind: type[PhoneOutput]) -> list[float]:
        return [at for at, event in self.heard if isinstance(event, kind)]

    @property
    def complaints(self) -> list[str]:
        """What the switch did wrong; a switch that is not there does nothing wrong."""
        told = [complaint.what for complaint in self.events(Complaint)]
        return [what for what in told if not what.startswith(LINE_FAILED)]

    async def wait_for(self, kind: type[Event], *, count: int = 1, within: float = WITHIN) -> Event:
        """Return the event of this kind that is the `count`th."""
        try:
            async with asyncio.timeout(within):
                while len(self.events(kind)) < count:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(
                f"{self.number}: no {kind.__name__} within {within} s; heard {self.heard}"
            ) from None
        return self.events(kind)[count - 1]

    # Inside

    def _hear(self, event: PhoneOutput) -> None:
        self.heard.append((time.monotonic(), event))
        self._news.set()
        match event:
            case Incoming(call=call, sdp=sdp):
                self._offered = sdp
                self._be_called(call)
            case Connected(sdp=sdp) if self._speaks:
                self._speech = asyncio.create_task(
                    _speak(self._host, self._port, sdp or self._offered)
                )
            case HungUp() | Ended():
                self._fall_silent()
            case Reinvited(call=call):
                self.answer(call)
            case _:
                pass

    def _be_called(self, call: str) -> None:
        phone, now = self._phone, self._phone.now()
        if self.status:
            phone.carry(phone.agent.refuse(call, self.status, now))
            return
        if self.rings:
            phone.carry(phone.agent.ring(call, now))
        if self.answers is not None:
            asyncio.get_running_loop().call_later(self.answers, self._answer_still_ringing, call)

    def _answer_still_ringing(self, call: str) -> None:
        if any(view.call == call for view in self._phone.agent.dialogs()):
            self.answer(call)

    def _fall_silent(self) -> None:
        if self._speech is not None:
            self._speech.cancel()
            self._speech = None


async def _speak(host: str, port: int, sdp: bytes) -> None:
    """Send frames of 20 ms, of a square wave in µ-law, to whom `sdp` names."""
    loop = asyncio.get_running_loop()
    frame = bytes([0x90] * 4 + [0x10] * 4) * 20
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol,
        local_addr=(host, port),
        remote_addr=_media_address(sdp),
    )
    try:
        start = loop.time()
        for count in itertools.count():
            transport.sendto(struct.pack("!BBHII", 0x80, 0, count, 160 * count, port) + frame)
            await asyncio.sleep(start + 0.02 * (count + 1) - loop.time())
    finally:
        transport.close()


def _media_address(sdp: bytes) -> tuple[str, int]:
    host = sdp.split(b"c=IN IP")[1].split()[1].decode()
    return host, int(sdp.split(b"m=audio ")[1].split()[0])


def _sdp(host: str, port: int) -> bytes:
    where = f"IN IP{6 if ':' in host else 4} {host.partition('%')[0]}"
    return (
        f"v=0\r\no=- 1 1 {where}\r\ns=-\r\nc={where}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    ).encode()
