"""A whole switch on the virtual clock, with telephones around it.

The switch is composed as the daemon composes it, and its media engine is the real one on a
simulated network. Only sockets, threads and the clock are missing.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from media.control import Event
from media.engine import LocalEngine
from media.handing import HandedOff
from media.immediate import ImmediateFiles, ImmediateSounds
from media.net.address import AddressBook
from media.net.simulated import SimulatedBackend
from media.ports import Ports
from media.sounds import Library
from media.wav import recover_one
from softswitch.calls.facts import Logged
from softswitch.calls.instructions import SaveMessage
from softswitch.calls.outputs import ToMedia
from softswitch.calls.record import Closed, Record
from softswitch.configuration.load import Loaded, parse
from softswitch.daemon.addresses import Own, addresses
from softswitch.daemon.composition import MESSAGES, compose
from softswitch.daemon.media_link import MediaLink
from softswitch.daemon.switch import Effect, Switch
from softswitch.daemon.workers import shares
from softswitch.identifiers import Identifiers, counted
from softswitch.routing.plan import Prompt
from softswitch.sip.binding import (
    BindingRemoved,
    BindingSaved,
    PhoneReachable,
    PhoneUnreachable,
)
from softswitch.sip.denied import Denied
from softswitch.sip.flow import Flow
from softswitch.sip.guard import BanBegan, BanLifted
from softswitch.sip.locate import Record as DnsRecord
from softswitch.sip.locate import Resolve, Resolved
from softswitch.sip.outputs import CallPassedOn
from softswitch.sip.transaction import Transmit
from softswitch.storage.mailbox import Arrived, Mailboxes, Message
from softswitch.storage.writer import Writer
from tests.support.handset import Handset
from tests.support.quiet import QuietEngine
from tests.support.world import Address, Alarm, Conditions, Network, World

SWITCH = "10.0.0.1"
SIP_PORT = 5060
RTP_PORTS = (20000, 20399)
MONDAY_NOON = datetime.fromisoformat("2026-03-02T12:00:00+01:00")


class Desk:
    """A media engine, its network and its alarm.

    worker  its number
    ports   its share of the range
    """

    def __init__(
        self,
        office: "Office",
        worker: int,
        ports: tuple[int, int],
        numbers: Callable[[], int],
        quiet: QuietEngine | None,
    ) -> None:
        self._office = office
        self._worker = worker
        book = AddressBook(bytes((worker,)) * 16)
        self.backend = SimulatedBackend(book, capacity=1 if quiet else 512)
        self.engine = quiet or LocalEngine(
            self.backend,
            book,
            Ports(*ports, quarantine=1.0, guests=16),
            ImmediateSounds(Library(office.loaded.settings.country)),
            ImmediateFiles(),
            random=numbers,
            epoch=office.epoch,
        )
        self._poll_due = False
        self._alarm = Alarm(office.world, self.engine, self.poll)

    def poll_soon(self) -> None:
        if not self._poll_due:
            self._poll_due = True
            self._office.world.at(self._office.world.now, self.poll)

    def poll(self) -> None:
        """Let the engine do what is due."""
        self._poll_due = False
        events: list[Event] = self.engine.poll(self._office.world.now)
        for port, data, destination in self.backend.collect():
            self._office.network.send(data, (SWITCH, port), destination)
        for event in events:
            self._office.media_event(event, self._worker)
        self._alarm.rearm()


class Office:
    """One switch and the telephones of one configuration.

    text       the configuration, without `network` and `state`; or one that is loaded
    folder     for messages and prompts
    at         the time of the world's beginning
    direct     media passes end to end where no application needs it
    quiet      an engine without media, in place of the real one: packets get no room either
    network    more of the configuration's section of this name
    mode       of the one listener
    workers    media engines, each with a share of the ports
    """

    def __init__(
        self,
        text: str | Loaded,
        folder: Path,
        *,
        at: datetime = MONDAY_NOON,
        seed: int = 0,
        conditions: Conditions | None = None,
        direct: bool = False,
        prompts: Callable[[Prompt], tuple[str, ...]] | None = None,
        quiet: QuietEngine | None = None,
        network: str = "",
        mode: str = "switch",
        workers: int = 1,
    ) -> None:
        self.world = World()
        self.network = Network(self.world, seed, conditions)
        self.folder = folder
        self.loaded = (
            replace(text, settings=replace(text.settings, state=folder))
            if isinstance(text, Loaded)
            else parse(
                f"network: {{listen: [{{on: 'udp {SWITCH}:{SIP_PORT}', mode: {mode}}}], "
                f"{network}}}\nstate: {folder}\n" + text,
                folder,
                {},
            )
        )
        self.epoch = at.timestamp() - self.world.now
        self.ladder: list[tuple[float, str]] = []
        self.messages: list[SaveMessage] = []
        self.passed_on: list[CallPassedOn] = []
        self.records: list[Record] = []
        self.journal: list[Logged] = []
        self.bindings: list[BindingSaved | BindingRemoved] = []
        self.reach: list[PhoneReachable | PhoneUnreachable] = []
        self.guarded: list[BanBegan | BanLifted | Denied] = []
        self.handsets: dict[str, Handset] = {}
        self.heard_by_nobody = 0
        self.zone: dict[tuple[str, str], list[DnsRecord]] = {}
        """What the DNS knows, by name and kind."""

        self.asked: list[Resolve] = []
        self.dns_delay = 0.02
        self._sip: Address = (SWITCH, SIP_PORT)
        identifiers = Identifiers(counted("x"))
        numbers = _counted_numbers()
        self.desks = [
            Desk(self, worker, range_of_ports, numbers, quiet)
            for worker, range_of_ports in enumerate(shares(RTP_PORTS, workers))
        ]
        self.engine = self.desks[0].engine
        reachable = addresses(self.loaded.settings, Own(SWITCH))
        engines = [desk.engine for desk in self.desks]
        self.link = MediaLink(engines, reachable.media_for, bytes(range(32)))
        self.switch: Switch = compose(
            self.loaded,
            reachable,
            self.link,
            prompts or _tones_for,
            identifiers,
            self.epoch,
            bytes(32),
            direct=direct,
        )
        self._alarm = Alarm(self.world, self.switch, self._expire)
        self.network.attach(self._sip, self._receive)
        self.network.attach_host(SWITCH, self._receive_rtp)
        self.link.prepare()
        self.poll()

    # Telephones

    def handset(
        self, number: str, *, address: str = "", password: str = "", port: int = 5060
    ) -> Handset:
        """Return a telephone of this extension, not yet registered."""
        host = address or f"10.0.1.{len(self.handsets) + 1}"
        known = self.loaded.settings.passwords.get(number)
        handset = Handset(
            self.world,
            self.network,
            number,
            password or known or "wrong",
            (host, port),
            self._sip,
            self.note,
        )
        name = number if number not in self.handsets else f"{number}@{host}"
        self.handsets[name] = handset
        return handset

    def register(self, *numbers: str) -> list[Handset]:
        """Return registered telephones of these extensions."""
        handsets = [self.handset(number) for number in numbers]
        for handset in handsets:
            handset.register()
        self.world.until(lambda: all(handset.registered for handset in handsets), within=10.0)
        return handsets

    @property
    def bans(self) -> list[BanBegan | BanLifted]:
        return [told for told in self.guarded if not isinstance(told, Denied)]

    @property
    def ringing(self) -> set[str]:
        return {name for name, handset in self.handsets.items() if handset.ringing}

    # Time

    @property
    def now(self) -> float:
        return self.world.now

    def advance(self, seconds: float) -> None:
        self.world.advance(seconds)

    def until(self, happened: Callable[[], object], *, within: float = 60.0) -> None:
        self.world.until(lambda: bool(happened()), within=within)

    def note(self, what: str) -> None:
        """Add a rung to the ladder, at this moment."""
        self.ladder.append((round(self.world.now, 3), what))

    def delivered(self, box: str) -> list[tuple[Path, Message]]:
        """Commit the messages that were left, as the daemon does, and list those of `box`."""
        writer = Writer(lambda slug, facts: None)
        mailboxes = Mailboxes(self.folder / MESSAGES, writer, recover_one)
        mailboxes.prepare([box])
        for left in self.messages:
            mailboxes.put(
                Arrived(
                    left.box,
                    left.path,
                    left.caller,
                    left.caller_name,
                    left.seconds,
                    self.epoch + self.now,
                )
            )
        writer.start()
        assert writer.close() == 0
        return mailboxes.messages(box)

    # What must be so at the end

    def assert_quiet(self) -> None:
        """Fail if anything of a call is kept anywhere, or a telephone has complained."""
        for handset in self.handsets.values():
            handset.silence()
        self.advance(70.0)  # the longest transaction timer, twice
        kept = self.switch.exchange.counts()
        assert not any(kept.values()), f"the exchange keeps {kept}"
        assert not any(e["streams"] for e in self.link.counts()), self.link.counts()
        for handset in self.handsets.values():
            assert handset.complaints == [], (handset.number, handset.complaints)
            assert handset.phone.dialogs() == [], handset.number

    # The shell

    def _receive(self, data: bytes, source: Address) -> None:
        self._carry_out(self.switch.receive(data, Flow("udp", self._sip, source), self.world.now))

    def _expire(self) -> None:
        self._carry_out(self.switch.expire(self.world.now))

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Transmit(data=data, flow=flow):
                    self.network.send(data, self._sip, flow.remote)
                case ToMedia(worker=worker, command=command):
                    self.link.submit(worker, command)
                    self.poll_soon()
                case Resolve():
                    self.asked.append(effect)
                    self.world.after(self.dns_delay, partial(self._answer, effect))
                case Closed(record=record):
                    self.records.append(record)
                case Logged():
                    self.journal.append(effect)
                case CallPassedOn():
                    self.passed_on.append(effect)
                case SaveMessage():
                    self.messages.append(effect)
                case BanBegan() | BanLifted() | Denied():
                    self.guarded.append(effect)
                case BindingSaved() | BindingRemoved():
                    self.bindings.append(effect)
                case PhoneReachable() | PhoneUnreachable():
                    self.reach.append(effect)
                case _:
                    raise AssertionError(f"unforeseen effect {effect}")
        self._alarm.rearm()

    def _answer(self, question: Resolve) -> None:
        """Answer what the switch has asked, out of `zone`."""
        records = tuple(self.zone.get((question.name, question.kind), ()))
        self._carry_out(self.switch.resolved(Resolved(question, records), self.world.now))

    def _receive_rtp(self, port: int, data: bytes, source: Address) -> None:
        for desk in self.desks:
            if desk.backend.deliver(port, data, source):
                desk.poll_soon()
                return
        self.heard_by_nobody += 1

    def poll(self) -> None:
        """Let the media engines do what is due."""
        for desk in self.desks:
            desk.poll()

    def poll_soon(self) -> None:
        for desk in self.desks:
            desk.poll_soon()

    def media_event(self, event: Event, worker: int = 0) -> None:
        """Let the switch hear an event of one of its media engines."""
        self.link.hear(worker, event)
        self._carry_out(self.switch.media(worker, event, self.world.now))
        if isinstance(event, HandedOff):
            self.poll_soon()


def _tones_for(prompt: Prompt) -> tuple[str, ...]:
    """Every text takes two seconds to say; a file is played as it is."""
    if prompt.play:
        return (prompt.play,)
    return ("tone:silence:2000",) if prompt.say else ()


def _counted_numbers() -> Callable[[], int]:
    count = 0

    def number() -> int:
        nonlocal count
        count += 0x01000193
        return count & 0xFFFFFFFF

    return number
