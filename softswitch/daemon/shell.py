"""Everything around a running switch, in one place and with one owner: sockets, workers, disk."""

import asyncio
import contextlib
import os
import secrets
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy.exc import DBAPIError

from media.control import Event, LeaseFailed, Started, WorkerLost
from media.prompts import Speech, find_engine
from media.wav import recover, recover_one
from softswitch.calls.facts import Logged
from softswitch.calls.instructions import SaveMessage
from softswitch.calls.outputs import ToMedia
from softswitch.calls.record import Closed
from softswitch.configuration.load import Loaded
from softswitch.daemon.addresses import Own, Question, addresses, questions
from softswitch.daemon.capacity import usual_workers
from softswitch.daemon.composition import MESSAGES, RECORDINGS, compose
from softswitch.daemon.control import BansWanted, ControlServer, StatusWanted, Unban
from softswitch.daemon.faults import Faults
from softswitch.daemon.janitor import Janitor
from softswitch.daemon.listening import Listening
from softswitch.daemon.logs import CallLog, Log
from softswitch.daemon.media_link import MediaLink
from softswitch.daemon.opening import CannotStart, open_alive, open_engine
from softswitch.daemon.outside import Outside
from softswitch.daemon.plugs import Plugs
from softswitch.daemon.prompts import PromptShelf, texts, unplayable_files
from softswitch.daemon.pulse import Pulse
from softswitch.daemon.registrations import Registrations
from softswitch.daemon.secret import lasting_secret
from softswitch.daemon.status import CallInProgress, Status, resident, storage_state
from softswitch.daemon.switch import EFFECTS
from softswitch.daemon.tokens import tokens
from softswitch.daemon.warden import Warden
from softswitch.daemon.workers import Seat, seats
from softswitch.identifiers import Identifiers
from softswitch.sip.binding import (
    BindingRemoved,
    BindingSaved,
    PhoneReachable,
    PhoneUnreachable,
)
from softswitch.sip.denied import Denied
from softswitch.sip.flow import Flow
from softswitch.sip.guard import BanBegan, BanLifted
from softswitch.sip.locate import Resolve, Resolved
from softswitch.sip.outputs import CallPassedOn, CloseFlow, KeepFlow
from softswitch.sip.transaction import Transmit
from softswitch.storage.bans import StoredBans
from softswitch.storage.bindings import StoredBindings
from softswitch.storage.database import reason
from softswitch.storage.mailbox import Arrived, Mailboxes
from softswitch.storage.records import StoredRecords
from softswitch.storage.writer import WELL, Writer
from softswitch.transport.driver import Driver, Handlers
from softswitch.transport.resolver import Resolver
from softswitch.transport.wires import Wires

SPEECH_PATIENCE = 10.0
"""Seconds that a start waits for prompts to be spoken; what is not ready then follows later."""

WORKER_PATIENCE = 15.0
"""Seconds in which every media worker has to lease its first ports."""

FAREWELL = 3.0
"""Seconds for the last answers of telephones whose calls were ended."""

HASTY_FAREWELL = 0.5
"""The same when the switch was asked to be quick."""

LOOK = 0.05
"""Seconds between two looks at whether the last call has ended."""


class Options(Struct, frozen=True):
    """What can be said on the command line about a run."""

    workers: int = 0
    """Media workers; 0 for one per core but one."""

    direct: bool = False
    """Media passes end to end where no application needs it."""

    drain: float = 30.0
    """Seconds that calls may go on after the first signal to stop."""


class Shell:
    """Starts, carries out what the switch asks for, and stops."""

    def __init__(
        self,
        loaded: Loaded,
        own: Own,
        options: Options,
        log: Log,
        level: str,
        version: str,
    ) -> None:
        """Open and bind everything. Raises CannotStart, and CannotListen when no listener works.

        Must be called with a loop running.
        """
        self._loop = asyncio.get_running_loop()
        self._log = log
        self._call_log = CallLog(log, level)
        self._version = version
        self._loaded = loaded
        self._own = own
        self.addresses = addresses(loaded.settings, own)
        self._started = time.monotonic()
        settings = loaded.settings
        self._epoch = epoch = time.time() - time.monotonic()

        self._writer = Writer(self._storage_says)
        self._engine = open_engine(settings.state)
        bindings = StoredBindings(self._engine, self._writer, epoch)
        self._records = StoredRecords(self._engine, self._writer, settings.state / "cdr.csv")
        self._alive = open_alive(settings.state, self._writer)
        self._mailboxes = Mailboxes(settings.state / MESSAGES, self._writer, self._complete)
        self._janitor = Janitor(settings.state / RECORDINGS, settings.recordings, log, time.time)

        count = options.workers or usual_workers()
        self._seats = seats(
            count,
            self.addresses.media_bind,
            settings.rtp,
            settings.country,
            settings.media_backend,
            self._media,
        )
        self._link = MediaLink(self._seats, self.addresses.media_for, os.urandom(32))
        self._shelf = PromptShelf(Speech(settings.state / "prompts", find_engine()))
        self.switch = compose(
            loaded,
            self.addresses,
            self._link,
            self._shelf.sources,
            Identifiers(tokens()),
            epoch,
            secrets.token_bytes(32),
            direct=options.direct,
            route_key=lasting_secret(settings.state),
        )
        self._wires = Wires()
        self._registrations = Registrations(self.switch, bindings, log, self._wires.keep_flow)
        self._warden = Warden(self.switch, StoredBans(self._engine, self._writer, epoch), log)
        self._faults = Faults(log)
        self._resolver = Resolver(settings.name_servers, self._resolved, self._loop)
        handlers = self._handlers()
        if missing := EFFECTS - handlers.keys():
            raise TypeError(f"nobody carries out {missing}")
        self._driver = Driver(
            self.switch, handlers, self._loop, self._faults.report, self._wires.flush
        )
        self._control = ControlServer(
            settings.state,
            {
                StatusWanted: lambda _: self.status(),
                BansWanted: lambda _: self._warden.bans(),
                Unban: lambda order: self._warden.unban(order, self._driver.drive),
            },
        )
        self._pulse = Pulse(self._loop, self._beat, self._wires.backlog)
        plugs = Plugs(
            settings.listeners,
            settings.connections,
            self._driver,
            self._wires.drops,
            log,
            self._loop,
            self._trusts,
        )
        self._listening = Listening(self.addresses.listeners, plugs.open, self._wires, log)
        self._outside = Outside(questions(settings), self._readdress, log)
        self._listening.bind()

    async def start(self) -> None:
        """Take up where the last run ended, and begin to listen. Raises CannotStart."""
        self._take_up()
        self._writer.start()
        self._janitor.start()
        self._start_workers()
        speaking = asyncio.create_task(self._speak())
        await self._workers_ready()
        await asyncio.wait([speaking], timeout=SPEECH_PATIENCE)
        await self._outside.start()
        await self._listening.start()
        try:
            await self._control.start()
        except OSError as error:
            self._log.warning("control-unavailable", error=str(error))
        self._pulse.start()
        self._driver.settle()

    async def drain(self, seconds: float, hurry: asyncio.Event) -> None:
        """Refuse new calls, let the others go on for a while or until `hurry`, then end them."""
        self.switch.drain()
        if not self.switch.is_idle:
            self._log.warning("draining", calls=self.switch.exchange.calls, seconds=seconds)
        await self._until_idle(seconds, hurry)
        self._driver.drive(self.switch.end_all)
        self._driver.settle()
        if hurry.is_set():
            await self._until_idle(HASTY_FAREWELL, asyncio.Event())
        else:
            await self._until_idle(FAREWELL, hurry)

    async def close(self) -> None:
        """Let go of everything; what waits for the disk is written first."""
        self._shelf.stop()
        self._pulse.stop()
        self._driver.close()
        await self._outside.close()
        await self._resolver.close()
        await self._listening.close()
        await self._control.close()
        await asyncio.gather(*(seat.stop() for seat in self._seats))
        await asyncio.to_thread(self._janitor.stop)
        if lost := await asyncio.to_thread(self._writer.close):
            self._log.error("not-written", items=lost)
        self._engine.dispose()

    def status(self) -> Status:
        now = time.monotonic()
        return Status(
            version=self._version,
            process=os.getpid(),
            uptime=round(now - self._started, 3),
            listeners=self._listening.states(),
            media_address=self.addresses.media,
            memory=resident(os.getpid()),
            registrations=self._registrations.shown(now),
            calls=tuple(
                CallInProgress.of(one, time.time()) for one in self.switch.exchange.progress()
            ),
            workers=tuple(map(Seat.shown, self._seats, self._link.counts())),
            drops=dict(self.switch.discards + self._wires.drops),
            faults=dict(self._faults.counts),
            waiting_writes=self._writer.waiting,
            bans=len(self._warden.bans()),
            denied=dict(self._warden.denials),
            lag=self._warden.lag,
            overloaded_for=self._warden.overloaded_for,
            storage=tuple(storage_state(one, now) for one in self._writer.troubles()),
        )

    def _readdress(self, outside: Mapping[Question, str]) -> None:
        """Tell whoever calls from now on what we are called outside."""
        self.addresses = addresses(self._loaded.settings, self._own, outside)
        self.switch.endpoint.readdress(self.addresses.listeners)
        self._link.readdress(self.addresses.media_for)

    def _trusts(self, flow: Flow) -> bool:
        return self.switch.endpoint.trusts(flow, time.monotonic())

    def _handlers(self) -> Handlers:
        return {
            Transmit: lambda transmit: self._wires.send(transmit.data, transmit.flow),
            CloseFlow: lambda close: self._wires.close_flow(close.flow),
            KeepFlow: lambda keep: self._wires.keep_flow(keep.flow, keep.alias),
            CallPassedOn: self._call_log.passed_on,
            Resolve: self._resolver.ask,
            ToMedia: lambda order: self._link.submit(order.worker, order.command),
            BindingSaved: self._registrations.saved,
            BindingRemoved: self._registrations.removed,
            PhoneReachable: self._registrations.reachable,
            PhoneUnreachable: self._registrations.unreachable,
            BanBegan: self._warden.banned,
            BanLifted: self._warden.unbanned,
            Denied: self._warden.denied,
            SaveMessage: self._message,
            Logged: self._logged if self._call_log.tells_entries else self._records.put,
            Closed: self._closed,
        }

    def _take_up(self) -> None:
        now = time.monotonic()
        try:
            bindings = self._registrations.stored(now)
            bans = self._warden.restore(now)
            interrupted = self._records.close_interrupted(self._alive.last)
            self._mailboxes.prepare(list(self._loaded.configuration.mailboxes))
            messages = self._mailboxes.recover(self._repair)
        except (DBAPIError, OSError, ValueError) as error:
            state = self._loaded.settings.state
            raise CannotStart(f"state: {state} cannot be used: {reason(error)}") from error
        self._driver.drive(self.switch.restore, bindings)
        self._log.info(
            "restored",
            registrations=len(bindings),
            seconds=round(time.monotonic() - now, 3),
            bans=bans,
            interrupted_calls=len(interrupted),
            messages=len(messages),
        )

    def _repair(self, folder: Path) -> None:
        """Put recordings of the last run in place, and tell which could not be."""
        for found in recover(folder):
            if found.error:
                self._log.error("recording-not-recovered", path=found.path, error=found.error)

    def _complete(self, path: Path) -> None:
        """Put the recording of a worker that has died in its place; the writer's thread asks."""
        recovered = recover_one(path)
        if recovered is not None:
            self._log.info(
                "recording-recovered", path=recovered.path, seconds=round(recovered.seconds, 3)
            )

    def _start_workers(self) -> None:
        for worker, seat in enumerate(self._seats):
            seat.on_restart(partial(self._link.restarted, worker))
            try:
                seat.start()
            except OSError as error:
                raise CannotStart(f"no media worker can be started: {error}") from error
        self._link.prepare()

    async def _workers_ready(self) -> None:
        ready = [asyncio.create_task(seat.is_ready.wait()) for seat in self._seats]
        _, late = await asyncio.wait(ready, timeout=WORKER_PATIENCE)
        for task in late:
            task.cancel()
        if late:
            first, last = self._loaded.settings.rtp
            raise CannotStart(
                f"{len(late)} of {len(ready)} media workers have no ports: "
                f"is the range {first}-{last} in use?"
            )

    async def _speak(self) -> None:
        wanted, played = texts(self._loaded.configuration), self._loaded.configuration
        await asyncio.to_thread(self._shelf.speak, wanted, self._silent)
        for path, why in (await asyncio.to_thread(unplayable_files, played)).items():
            self._log.warning("prompt-unplayable", path=str(path), reason=why)

    def _silent(self, text: str, reason: str) -> None:
        self._log.warning("prompt-silent", text=text[:60], reason=reason)

    async def _until_idle(self, seconds: float, hurry: asyncio.Event) -> None:
        end = time.monotonic() + seconds
        while not (self.switch.is_idle or hurry.is_set() or time.monotonic() >= end):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(hurry.wait(), LOOK)

    def _media(self, worker: int, event: Event) -> None:
        if isinstance(event, WorkerLost):
            self._log.error("worker-lost", worker=worker, reason=event.reason)
        elif isinstance(event, Started):
            self._log.info("worker-started", worker=worker, **asdict(event))
            return
        elif isinstance(event, LeaseFailed):
            self._log.warning("no-more-ports", worker=worker, reason=event.reason)
        self._link.hear(worker, event)
        self._driver.drive(self.switch.media, worker, event)
        self._driver.settle()

    def _storage_says(self, slug: str, detail: Mapping[str, Any]) -> None:
        (self._log.warning if slug == WELL else self._log.error)(slug, **detail)

    def _beat(self, lag: float, backlog: float) -> None:
        self._warden.note_lag(lag, backlog)
        if self.switch.exchange.calls:
            self._alive.show(self._epoch + time.monotonic())

    def _logged(self, logged: Logged) -> None:
        self._records.put(logged)
        self._call_log.entry(logged)

    def _closed(self, closed: Closed) -> None:
        self._records.put(closed)
        self._call_log.closed(closed.record)

    def _resolved(self, answer: Resolved) -> None:
        if answer.failure:
            self._log.warning("dns-failure", name=answer.question.name, error=answer.failure)
        self._driver.drive(self.switch.resolved, answer)
        self._driver.settle()

    def _message(self, save: SaveMessage) -> None:
        arrived = Arrived(
            save.box, save.path, save.caller, save.caller_name, save.seconds, time.time()
        )
        self._mailboxes.put(arrived)
