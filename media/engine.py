"""The engine: the plane with a network, ports, sounds and files around it.

It takes no time and starts nothing by itself: whoever owns it calls `poll`. A worker does so in
a loop; a test on a virtual clock or the command-line phone does it in this process.
"""

import errno
from collections.abc import Callable
from typing import Final, Protocol

from media.codecs.g711 import Samples
from media.control import Closed, Command, Event, Lease, Leased, LeaseFailed, Open, Ping, Pong
from media.handing import HandedOff, HandOff, Regain, TakeOver
from media.hearing import USUAL_DELAY
from media.loader import Loaded, NotLoaded
from media.measuring import Statistics
from media.net.address import AddressBook
from media.net.backend import Backend
from media.net.batch import Batch
from media.outputs import (
    Discard,
    FinishFile,
    Load,
    LoadAnnouncement,
    Output,
    Release,
    Send,
    StartFile,
    Write,
)
from media.plane import Plane
from media.player import Playlist
from media.ports import Ports
from media.recorder import Broken, Finished
from media.stations import Stations
from media.wav import MONO, Form

_TOO_MANY_FILES: Final = (errno.EMFILE, errno.ENFILE)


class Sounds(Protocol):
    """Reads what is to be played: `media.loader.Loader`, or one without a thread."""

    def request(self, number: int, sources: tuple[str, ...]) -> None:
        """Read `sources`; `poll` tells when that is done."""

    def poll(self) -> list[Loaded | NotLoaded]: ...

    def close(self) -> None: ...


class Files(Protocol):
    """Writes recordings: `media.recorder.Recorder`, or one without a thread."""

    def start(self, recording: int, path: str, form: Form = MONO) -> None: ...

    def write(self, recording: int, samples: Samples) -> None: ...

    def finish(self, recording: int) -> None:
        """Put the file in its place; `poll` tells when that is done."""

    def poll(self) -> list[Finished | Broken]: ...

    def close(self) -> object: ...


class LocalEngine:
    """A media engine in this process.

    random  returns 32 bits that nobody can guess
    epoch   Unix time when the clock of `now` was 0
    delay   seconds that packets wait in the jitter buffer, at least and at most
    """

    def __init__(
        self,
        backend: Backend,
        book: AddressBook,
        ports: Ports,
        sounds: Sounds,
        files: Files,
        random: Callable[[], int],
        epoch: float = 0.0,
        delay: tuple[float, float] = USUAL_DELAY,
    ) -> None:
        self._backend = backend
        self._ports = ports
        self._sounds = sounds
        self._files = files
        self._stations = Stations(random)
        self._plane = Plane(ports.rows, book, random, epoch, delay=delay)
        self._commands: list[Command] = []
        self._events: list[Event] = []
        self._loading: dict[int, Load | LoadAnnouncement] = {}
        self._requests = 0
        self._unfinished: set[int] = set()
        self.discards: dict[str, int] = {}
        """What was not done, counted by slug."""

    def submit(self, command: Command) -> None:
        self._commands.append(command)

    @property
    def deadline(self) -> float | None:
        """When to poll next even if nothing arrives; in the past when commands wait."""
        if self._commands:
            return float("-inf")
        due = [each for each in (self._plane.deadline, self._ports.deadline) if each is not None]
        return min(due, default=None)

    @property
    def is_unhurried(self) -> bool:
        """What arrives before the deadline may as well wait for it."""
        return self._plane.rooms.is_unhurried

    def poll(self, now: float, batch: Batch | None = None) -> list[Event]:
        """Do what is due; return what the switch shall hear.

        batch  what has arrived, if the caller has already waited for it
        """
        commands, self._commands = self._commands, []
        leaving = next((i for i, each in enumerate(commands) if isinstance(each, HandOff)), None)
        for command in commands[:leaving]:
            self._command(command, now)
        arrived = self._backend.wait(0.0) if batch is None else batch
        if len(arrived):
            self._carry_out(self._plane.receive(arrived, now), now)
        if leaving is not None:  # not before what has come for it
            for command in commands[leaving:]:
                self._command(command, now)
        self._collect(now)
        while (deadline := self._plane.deadline) is not None and deadline <= now:
            self._carry_out(self._plane.expire(now), now)
        rested = self._ports.rested(now)
        if rested:
            self._events.append(Leased(tuple(rested)))
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Give up ports and threads; files that grow are completed."""
        self._carry_out(self._plane.finish(), 0.0)
        self._files.close()
        self._sounds.close()
        self._backend.close()

    def _command(self, command: Command, now: float) -> None:
        match command:
            case Lease(count=count):
                self._lease(count)
            case Ping(number=number):
                self._events.append(Pong(number))
            case Open(stream=stream) if self._plane.has(stream):
                self._discard("stream-already-open")
            case Open(stream=stream, port=port):
                row = self._ports.use(port)
                if row is None:
                    self._discard("port-not-leased")
                    self._events.append(Closed(stream, Statistics()))
                else:
                    self._carry_out(self._plane.open(stream, row, now), now)
            case HandOff(stream=stream):
                self._hand_off(stream, now)
            case TakeOver():
                self._take_over(command)
            case Regain(port=port):
                if not self._ports.regain(port):
                    self._discard("port-not-away")
            case _:
                self._carry_out(self._plane.command(command, now), now)

    def _hand_off(self, stream: int, now: float) -> None:
        given = self._plane.hand_off(stream, now)
        if given is None:
            self._discard("unknown-stream")
            self._events.append(HandedOff(stream, 0, b"", ()))
            return
        outputs, row, state = given
        self._carry_out(outputs, now)
        port, descriptors = self._ports.port(row), self._backend.release(row)
        self._ports.give(row)
        self._events.append(HandedOff(stream, port, state, descriptors))

    def _take_over(self, command: TakeOver) -> None:
        """Go on with a stream; what cannot be taken is closed."""
        stream, port = command.stream, command.port
        row = None if self._plane.has(stream) else self._ports.seat(port)
        try:
            if row is None:
                raise ValueError("no room for a guest")
            self._plane.take_over(stream, row, command.state)
        except ValueError:
            self._discard("not-taken-over")
            self._backend.refuse(command.descriptors)
            if row is not None:
                self._ports.give(row)
                self._ports.regain(port)  # if it is one of ours: nobody else has it now
            self._events.append(Closed(stream, Statistics()))
        else:
            self._backend.adopt(row, port, command.descriptors)

    def _carry_out(self, outputs: list[Output], now: float) -> None:
        for output in outputs:
            match output:
                case Send(batch=batch):
                    for protected in self._plane.protect(batch):
                        self._backend.send(protected)
                case Load() | LoadAnnouncement():
                    self._load(output)
                case StartFile(recording, path, channels, rate):
                    self._unfinished.add(recording)
                    self._files.start(recording, path, Form(channels, rate))
                case Write(recording=recording, samples=samples):
                    self._files.write(recording, samples)
                case FinishFile(recording=recording):
                    self._files.finish(recording)
                case Release(row=row):
                    self._plane.released(row)
                    if self._ports.leave(row):
                        self._backend.unbind(row)
                    else:
                        self._ports.rest(row, now)
                case Discard(slug=slug):
                    self._discard(slug)
                case _:
                    self._events.append(output)

    def _collect(self, now: float) -> None:
        """Take what sounds and files have done meanwhile."""
        if self._loading:
            for result in self._sounds.poll():
                self._carry_out(self._loaded(result, now), now)
        if self._unfinished:
            for told in self._files.poll():
                if isinstance(told, Broken):
                    self._carry_out(self._plane.file_broken(told.recording), now)
                    continue
                self._unfinished.discard(told.recording)
                if told.lost:
                    self._discard("disk-too-slow")
                outputs = self._plane.file_finished(
                    told.recording, told.path, told.seconds, told.error
                )
                self._carry_out(outputs, now)

    def _load(self, load: Load | LoadAnnouncement) -> None:
        self._requests += 1
        self._loading[self._requests] = load
        order = load.play if isinstance(load, Load) else load.announce
        self._sounds.request(self._requests, order.sources)

    def _loaded(self, result: Loaded | NotLoaded, now: float) -> list[Output]:
        """Let the plane have what it has asked for."""
        load, plane = self._loading.pop(result.request), self._plane
        if isinstance(load, LoadAnnouncement):
            order, announcements = load.announce, plane.rooms.announcements
            if isinstance(result, NotLoaded):
                return announcements.failed(order, result.reason)
            return announcements.loaded(order, Playlist(result.sounds, repeat=order.repeat))
        row, play = load.row, load.play
        if isinstance(result, NotLoaded):
            return plane.failed(row, play.token, result.reason, now)
        playlist = self._stations.playlist(play, result.sounds, now)
        return plane.loaded(row, play.token, playlist, now)

    def _lease(self, count: int) -> None:
        """Bind up to `count` ports. One that another program has is passed over."""
        ports: list[int] = []
        reason = "the range of ports is used up"
        for row in self._ports.unbound():
            if len(ports) == count:
                break
            if not self._ports.may_bind:
                reason = "the process may open no more files"
                break
            port = self._ports.port(row)
            try:
                self._backend.bind(row, port)
            except OSError as error:
                self._ports.refused(row)
                reason = f"port {port}: {error.strerror or error}"
                if error.errno in _TOO_MANY_FILES:
                    break
            else:
                self._ports.bound(row)
                ports.append(port)
        self._events.append(Leased(tuple(ports)) if ports else LeaseFailed(reason))

    def _discard(self, slug: str) -> None:
        self.discards[slug] = self.discards.get(slug, 0) + 1
