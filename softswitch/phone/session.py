"""One call from the command line: register, call, press, play, record, hang up."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from media.sdp import NotAcceptable, SdpError
from softswitch.phone.audio import Audio
from softswitch.phone.events import (
    CallRefused,
    Complaint,
    Connected,
    EarlyMedia,
    Ended,
    HungUp,
    Incoming,
    PhoneOutput,
    Registered,
    RegistrationFailed,
    Reinvited,
    Ringing,
    Trying,
    Unregistered,
)
from softswitch.phone.heard import measure
from softswitch.phone.live import LINE_FAILED, LivePhone
from softswitch.phone.sound import MakeEngine, Sound, Tell

WITHOUT_FILE: Final = 20.0
"""Seconds of a call that has nothing to play."""

LINGER: Final = 1.0
"""Seconds from the end of what was played to the end of the call."""

FAREWELL: Final = 3.0
"""Seconds that hanging up, and taking leave of the registrar, may take each."""

HASTY_FAREWELL: Final = 1.0
"""The same for somebody who was told to end."""

PAUSE: Final = 1.0
"""Seconds that a comma among the digits stands for."""

UNANSWERED: Final = 408
"""The status of a request that nobody answers."""

DIGIT: Final = 0.16
"""Seconds that a digit takes, with the gap after it."""


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What `softswitch call` was asked to do. Times are in seconds."""

    number: str
    password: str
    to: str
    server: tuple[str, int] = ("127.0.0.1", 5060)
    transport: str = "udp"
    domain: str = ""
    """Of the addresses, when that is not the server's."""

    registers: bool = True
    press: str = ""
    """Digits to send; a comma waits for a second."""

    press_after: float = 1.0
    """From the answer to the first digit."""

    play: Path | None = None
    play_after: float = 0.0
    record: Path | None = None
    seconds: float | None = None
    """From the answer to hanging up. None: when all is played and pressed, or after 20."""

    ring_for: float = 60.0
    """Until giving up."""


@dataclass(frozen=True, slots=True)
class CallOutcome:
    is_answered: bool
    status: int
    """200, or why the call was not answered."""

    reason: str
    seconds: float = 0.0
    """From the answer to the end."""


async def place_call(
    options: CallOptions, tell: Tell, make_engine: MakeEngine = Audio
) -> CallOutcome:
    """Make the call, telling what happens in short lines. What the network does raises nothing.

    Cancel the task to hang up early: call and registration are ended properly first, or given up
    after HASTY_FAREWELL each.
    """
    with TemporaryDirectory() as folder:
        session = _Session(options, tell, options.record or Path(folder) / "heard.wav")
        try:
            return await session.run(make_engine)
        except OSError as error:
            if not session.is_connected and isinstance(error, ConnectionError | TimeoutError):
                return _nobody(options)
            return CallOutcome(False, 503, f"cannot call by {options.server[0]}: {error}")
        finally:
            session.close()


class _Session:
    """One phone, one call."""

    def __init__(self, options: CallOptions, tell: Tell, recording: Path) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._options = options
        self._tell = tell
        self._recording = recording
        self._phone: LivePhone | None = None
        self._sound: Sound | None = None
        self._call = ""
        # None stands for success
        self._registered: asyncio.Future[CallOutcome | None] = loop.create_future()
        self._answered: asyncio.Future[CallOutcome | None] = loop.create_future()
        self._is_served = False
        """The switch has said something."""

        self._farewell = FAREWELL
        self._over = asyncio.Event()
        self._unregistered = asyncio.Event()

    async def run(self, make_engine: MakeEngine) -> CallOutcome:
        """Raises OSError when the server cannot be reached, or there is no port for media."""
        options = self._options
        phone = self._phone = await LivePhone.open(
            options.number,
            options.password,
            options.server,
            self._hear,
            transport=options.transport,
            domain=options.domain,
        )
        sound = self._sound = Sound(phone.agent.flow, self._tell, make_engine)
        if not options.registers:
            return await self._talk(phone, sound)
        phone.carry(phone.agent.register(phone.now()))
        try:
            with self._hasty_when_cancelled():
                failure = await asyncio.shield(self._registered)
            return failure or await self._talk(phone, sound)
        finally:
            await self._leave(phone)

    @property
    def is_connected(self) -> bool:
        return self._phone is not None

    def close(self) -> None:
        if self._sound is not None:
            self._sound.abandon()
        if self._phone is not None:
            self._phone.close()

    async def _leave(self, phone: LivePhone) -> None:
        """Unregister, as soon as it is known whether there is a registration."""
        await asyncio.wait({self._registered}, timeout=self._farewell)
        if _has_succeeded(self._registered):
            phone.carry(phone.agent.unregister(phone.now()))
            await _within(self._farewell, self._unregistered)

    @contextmanager
    def _hasty_when_cancelled(self) -> Iterator[None]:
        try:
            yield
        except asyncio.CancelledError:
            self._farewell = HASTY_FAREWELL
            raise

    async def _talk(self, phone: LivePhone, sound: Sound) -> CallOutcome:
        offer = await sound.open(self._options.to)
        self._call, outputs = phone.agent.call(self._options.to, offer, phone.now())
        phone.carry(outputs)
        try:
            with self._hasty_when_cancelled():
                async with asyncio.timeout(self._options.ring_for):
                    failure = await self._answered
                return failure or await self._converse(sound)
        except TimeoutError:
            return CallOutcome(False, 408, "nobody answered")
        finally:
            if not self._over.is_set():
                phone.carry(phone.agent.hang_up(self._call, phone.now()))
            with suppress(TimeoutError):
                await sound.close()
            if _has_succeeded(self._answered):
                self._tell(str(measure(self._recording)))
            await _within(self._farewell, self._over)

    async def _converse(self, sound: Sound) -> CallOutcome:
        """Do what was asked for, until that is done, time is up or the other side hangs up."""
        began = self._loop.time()
        speaking = asyncio.create_task(self._speak(sound))
        await _within(self._options.seconds, self._over, unless=speaking)
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        return CallOutcome(True, 200, "OK", self._loop.time() - began)

    async def _speak(self, sound: Sound) -> None:
        """Return when there is nothing more to do; never, if the length of the call is set."""
        await asyncio.gather(self._press(sound), self._play(sound))
        if self._options.seconds is not None:
            await self._over.wait()

    async def _press(self, sound: Sound) -> None:
        if not self._options.press:
            return
        await asyncio.sleep(self._options.press_after)
        for index, digits in enumerate(self._options.press.split(",")):
            if index:
                await asyncio.sleep(PAUSE)
            if digits:
                self._tell(f"pressing {digits}")
                sound.press(digits)
                await asyncio.sleep(DIGIT * len(digits))

    async def _play(self, sound: Sound) -> None:
        if self._options.play is None:
            await asyncio.sleep(WITHOUT_FILE)
            return
        await asyncio.sleep(self._options.play_after)
        self._tell(f"playing {self._options.play}")
        await sound.play(self._options.play)
        await asyncio.sleep(LINGER)

    # What the phone says

    def _hear(self, event: PhoneOutput) -> None:
        self._is_served |= not isinstance(event, Complaint | RegistrationFailed)
        match event:
            case Registered(expires=expires):
                self._tell(f"registered as {self._options.number} for {expires} s")
                _settle(self._registered, None)
            case RegistrationFailed(status=status, reason=reason):
                failure = CallOutcome(False, status, f"not registered: {reason}")
                if status == UNANSWERED:
                    failure = _nobody(self._options)
                _settle(self._registered, failure)
                self._unregistered.set()
            case Unregistered():
                self._unregistered.set()
            case Complaint(what=what):
                self._complain(what)
            case _ if self._phone is not None and self._sound is not None:
                self._hear_of_call(event, self._phone, self._sound)

    def _hear_of_call(self, event: PhoneOutput, phone: LivePhone, sound: Sound) -> None:
        match event:
            case Trying():
                self._tell(f"calling {self._options.to}")
            case Ringing(status=status):
                self._tell("ringing" if status == 180 else f"progress {status}")
            case EarlyMedia(sdp=sdp):
                self._agree(sound, sdp, early=True)
            case Connected(sdp=sdp):
                self._tell("answered")
                self._agree(sound, sdp, early=False)
                sound.hush()
                sound.record(self._recording, is_told=self._options.record is not None)
                _settle(self._answered, None)
            case CallRefused(status=status, reason=reason):
                self._over.set()
                _settle(self._answered, CallOutcome(False, status, reason))
            case HungUp() | Ended():
                self._tell("call ended")
                self._over.set()
            case Reinvited(call=call, sdp=sdp):
                try:
                    outputs = phone.agent.answer(call, sound.renegotiate(sdp), phone.now())
                except (SdpError, NotAcceptable):
                    outputs = phone.agent.refuse(call, 488, phone.now())
                phone.carry(outputs)
            case Incoming(call=call):
                phone.carry(phone.agent.refuse(call, 486, phone.now()))
            case _:
                pass

    def _agree(self, sound: Sound, sdp: bytes, *, early: bool) -> None:
        try:
            sound.agree(sdp, early=early)
        except (SdpError, NotAcceptable) as error:
            self._tell(f"! their description: {error}")

    def _complain(self, what: str) -> None:
        is_over = what.startswith(LINE_FAILED)  # nothing more is to be expected
        failure = CallOutcome(False, 503, what)
        if is_over and not self._is_served:
            failure = _nobody(self._options)
        else:
            self._tell(f"! {what}")
        if is_over:
            _settle(self._registered, failure)
            _settle(self._answered, failure)
            self._over.set()
            self._unregistered.set()


def _nobody(options: CallOptions) -> CallOutcome:
    host, port = options.server
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return CallOutcome(False, 503, f"no switch answers at {where}; is it running?")


def _has_succeeded(future: asyncio.Future[CallOutcome | None]) -> bool:
    return future.done() and not future.cancelled() and future.result() is None


def _settle(future: asyncio.Future[CallOutcome | None], outcome: CallOutcome | None) -> None:
    if not future.done():
        future.set_result(outcome)


async def _within(
    seconds: float | None, event: asyncio.Event, unless: asyncio.Task[None] | None = None
) -> None:
    """Wait for `event`, or for the task, no longer than `seconds`."""
    waiting = asyncio.create_task(_wait_for(event))
    tasks = {waiting} if unless is None else {waiting, unless}
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()


async def _wait_for(event: asyncio.Event) -> None:
    await event.wait()
