"""The sound of one call: its stream in a media engine, and what was agreed about it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from media.control import (
    Close,
    Closed,
    Digit,
    Direct,
    Event,
    Lease,
    Leased,
    LeaseFailed,
    MediaEngine,
    Open,
    Play,
    Played,
    Record,
    Recorded,
    SendDigits,
)
from media.sdp import Agreed, Local, agree, answer, offer, parse
from softswitch.sip.flow import Flow

STREAM: Final = 1
FILE, QUIET, RECORDING = 1, 2, 3
"""Tokens of what is played and recorded."""

SILENCE: Final = "tone:silence:1000"
"""Played when there is nothing else, so that the way back is open through a NAT."""

LONGEST: Final = 3600.0
"""Seconds of a recording."""

WITHIN: Final = 3.0
"""Seconds that an engine may take to lease a port, or to close a stream."""

Tell = Callable[[str], None]


class ClosingEngine(MediaEngine, Protocol):
    """An engine that belongs to whoever closes it."""

    def close(self) -> None: ...


MakeEngine = Callable[[str, Callable[[Event], None]], ClosingEngine]
"""Makes an engine whose ports are at a local address, and that tells its events."""


class Sound:
    """One stream of an engine of its own.

    flow  of the phone's signalling, whose addresses are those of the media too
    tell  is told, in a short line, what happens
    """

    def __init__(self, flow: Flow, tell: Tell, make_engine: MakeEngine) -> None:
        self._flow = flow
        self._tell = tell
        self._leased: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._played = asyncio.Event()
        self._closed = asyncio.Event()
        self._local = Local(_told(flow), 0, 0)
        self._offer = b""
        self._tells_recording = True
        self._engine = make_engine(flow.local[0], self._hear)

    async def open(self, label: str) -> bytes:
        """Return the offer to call with. Raises OSError when there is no port."""
        self._engine.submit(Lease(1))
        async with asyncio.timeout(WITHIN):
            port = await self._leased
        self._engine.submit(Open(STREAM, port, label))
        self._local = Local(_told(self._flow), port, session_id=port)
        self._offer = offer(self._local)
        return self._offer

    def agree(self, sdp: bytes, *, early: bool) -> None:
        """Take the answer to our offer. Raises SdpError or NotAcceptable."""
        self._direct(agree(self._offer, parse(sdp)), early=early)

    def renegotiate(self, sdp: bytes) -> bytes:
        """Return the answer to a new offer, or an offer for none.

        Raises SdpError or NotAcceptable.
        """
        self._local = self._local.changed()
        if not sdp:
            self._offer = offer(self._local)
            return self._offer
        ours, agreed = answer(parse(sdp), self._local)
        self._direct(agreed, early=False)
        return ours

    def hush(self) -> None:
        """Send silence from now on."""
        self._engine.submit(Play(STREAM, (SILENCE,), QUIET, repeat=True))

    def press(self, digits: str) -> None:
        self._engine.submit(SendDigits(STREAM, digits))

    def record(self, path: Path, *, is_told: bool = True) -> None:
        """Write what is heard from now on to a WAV file.

        is_told  its length and place are told when it is complete
        """
        self._tells_recording = is_told
        self._engine.submit(Record(STREAM, str(path.absolute()), RECORDING, LONGEST))

    async def play(self, path: Path) -> None:
        """Play a file to its end."""
        self._played.clear()
        self._engine.submit(Play(STREAM, (str(path),), FILE))
        await self._played.wait()
        self.hush()

    async def close(self) -> None:
        """Complete what is recorded, and end the stream; it may take WITHIN."""
        self._engine.submit(Close(STREAM))
        async with asyncio.timeout(WITHIN):
            await self._closed.wait()

    def abandon(self) -> None:
        """Give up the engine, whatever it does."""
        self._engine.close()

    def _direct(self, agreed: Agreed, *, early: bool) -> None:
        self._engine.submit(
            Direct(
                STREAM,
                agreed.address,
                agreed.port,
                agreed.codec,
                agreed.payload_type,
                agreed.receive_payload_type,
                agreed.event_payload_type,
                agreed.receive_event_payload_type,
                agreed.ptime,
                agreed.sends,
                agreed.receives,
                signalling_address=self._flow.remote[0],
                early=early,
                also_receives=agreed.also_receives,
                event_clock_rate=agreed.event_clock_rate,
            )
        )

    def _hear(self, event: Event) -> None:
        match event:
            case Leased(ports=ports) if not self._leased.done():
                self._leased.set_result(ports[0])
            case LeaseFailed(reason=reason) if not self._leased.done():
                self._leased.set_exception(OSError(f"no free port for speech: {reason}"))
            case Played(token=token, reason=reason) if token == FILE:
                if reason.startswith("failed"):
                    self._tell(f"! {reason}")
                self._played.set()
            case Recorded(error=error) if error:
                self._tell(f"! {error}")
            case Recorded(path=path, seconds=seconds) if self._tells_recording:
                self._tell(f"recorded {seconds:.1f} s to {path}")
            case Digit(key=key):
                self._tell(f"they pressed {key}")
            case Closed():
                self._closed.set()
            case _:
                pass


def _told(flow: Flow) -> str:
    """Return our address for descriptions: without the zone, which means something here only."""
    return flow.local[0].partition("%")[0]
