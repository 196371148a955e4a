"""A phone on the network: the agent with a line and a clock."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Self

from softswitch.identifiers import Identifiers
from softswitch.phone.agent import Phone
from softswitch.phone.events import Complaint, PhoneOutput, Send
from softswitch.phone.lines import Lay, Line, connect

LINE_FAILED = "line: "
"""What a Complaint about the line begins with."""


class LivePhone:
    """Sends what `agent` wants sent, wakes it in time, and passes on what it says.

    Tell the agent something by `carry(phone.agent.ring(call, phone.now()))`.
    """

    def __init__(self, hear: Callable[[PhoneOutput], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._hear = hear
        self._line: Line | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self.agent: Phone

    @classmethod
    async def open(
        cls,
        number: str,
        password: str,
        server: tuple[str, int],
        hear: Callable[[PhoneOutput], None],
        *,
        transport: str = "udp",
        domain: str = "",
        name: str = "",
        lay: Lay = connect,
    ) -> Self:
        """Connect to a server, without registering yet. Raises OSError.

        hear  is called with every event; with Complaint too when the line fails
        lay   makes the line
        """
        phone = cls(hear)
        line = await lay(transport, server, phone)
        identifiers = Identifiers(lambda: secrets.token_hex(8))
        phone._line = line
        phone.agent = Phone(number, password, line.flow, identifiers, domain=domain, name=name)
        return phone

    def now(self) -> float:
        return self._loop.time()

    def carry(self, outputs: list[PhoneOutput]) -> None:
        """Do what the agent wants done."""
        line = self._line
        for output in outputs:
            if not isinstance(output, Send):
                self._hear(output)
            elif line is not None:
                line.send(output.data)
        self._set_alarm()

    def receive(self, data: bytes) -> None:
        self.carry(self.agent.receive(data, self.now()))

    def lost(self, reason: str) -> None:
        self._hear(Complaint("", f"{LINE_FAILED}{reason}"))
        self.carry(self.agent.connection_lost(self.now()))

    def close(self) -> None:
        """Be gone, without a word to the server."""
        if self._alarm is not None:
            self._alarm.cancel()
        if self._line is not None:
            self._line.close()
            self._line = None

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        deadline = self.agent.deadline
        if deadline is not None and self._line is not None:
            self._alarm = self._loop.call_at(deadline, self._expire)

    def _expire(self) -> None:
        self._alarm = None
        self.carry(self.agent.expire(self.now()))
