"""What a decision reads: the configuration, the call, and a view of the live state.

The configuration is complete: defaults are filled in and every name in it exists, because
`softswitch.configuration` has checked it. Nothing here is changed after it is made, but for what
decisions keep.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from softswitch.routing.hours import Week
from softswitch.routing.plan import Next, Outcome, Prompt, Ring, Strategy, Why


class Source(Struct, frozen=True, gc=False):
    """Where a rule stands."""

    rule: str
    """Path in the configuration, such as `departments.sales.no_answer`."""

    line: int = 0
    """Counted from 1; 0 for what stands in no file."""

    file: str = ""
    column: int = 0
    """Counted from 1."""


class Destination(Struct, frozen=True, gc=False):
    """One place a call can be sent to."""

    kind: str
    """`employee`, `department`, `menu`, `voicemail`, `number`, `echo`, `hang up`, or `back`."""

    name: str
    """For `hang up`, the word for the record."""

    source: Source

    def __str__(self) -> str:
        return self.kind if self.kind in WITHOUT_NAME else f"{self.kind} {self.name}"


WITHOUT_NAME = frozenset({"echo", "hang up", "back"})
"""Kinds of destination that are complete without a name."""


class Schedule(Struct, frozen=True, gc=False):
    name: str
    week: Week
    source: Source


class Hours(Struct, frozen=True, gc=False):
    """When a rule applies, and where calls go at all other times."""

    schedule: str
    closed: Destination
    source: Source


class Employee(Struct, frozen=True, gc=False):
    """A person with an extension."""

    extension: str
    name: str
    timeout: float
    """Seconds that the phones ring."""

    calls: int
    """Calls that the person can have at a time; with so many, the person is busy."""

    on: Mapping[Outcome, Destination]
    """Has BUSY, NO_ANSWER, NOT_REGISTERED and REFUSED."""

    hours: Hours | None
    """None for round the clock."""

    source: Source
    codecs: tuple[str, ...] = ()
    """What the phones may speak, most wanted first; empty for all, in the order of the others."""

    is_direct: bool = False
    """Speech may pass the switch by, between two of whom that is true."""

    early_media: bool = True
    """Callers hear what the phones play before they answer."""

    dtmf: str = "auto"
    """How the phones send and take digits: `rfc4733`, `inband`, `info`, or `auto` for what they
    agree to."""
    srtp: str = "off"
    """Whether speech is encrypted: `off`, `optional` or `required`."""

    is_recorded: bool = False
    """Who talks with this person is recorded, and the person too."""


class GroupMember(Struct, frozen=True, gc=False):
    extension: str
    delay: float | None
    """Seconds; None for what the department's own delay makes of the member's place."""

    timeout: float | None
    """Seconds; None for the department's."""

    source: Source


class Department(Struct, frozen=True, gc=False):
    """Several people behind one number."""

    name: str
    number: str
    """Its internal number; empty for none."""

    strategy: Strategy
    members: tuple[GroupMember, ...]
    delay: float
    """Seconds between two members that set no delay of their own."""

    timeout: float | None
    """Seconds that one member rings; None for 15 s (`in turn`) or until the end (the others)."""

    patience: float | None
    """Seconds for the whole department; None for as long as its last member needs."""

    skip_busy: bool
    on: Mapping[Outcome, Destination]
    """Has BUSY, NO_ANSWER, NOT_REGISTERED and REFUSED."""

    hours: Hours | None
    source: Source
    alert: str = ""
    """Value of Alert-Info for its members' phones; empty for none."""

    early_media: bool | None = None
    """None for what each member has."""


class Number(Struct, frozen=True, gc=False):
    """A public number of the company."""

    number: str
    """As people dial it: digits, perhaps after a plus."""

    open: Destination
    hours: Hours | None
    limit: int
    """Calls at a time; 0 for no limit."""

    full: Destination
    """For calls above the limit."""

    source: Source
    alert: str = ""
    """Value of Alert-Info for the phones that its calls ring; empty for none."""


class Menu(Struct, frozen=True, gc=False):
    name: str
    greeting: Prompt
    keys: Mapping[str, Destination]
    extensions: frozenset[str]
    """Extensions and department numbers that may be dialled in the menu."""

    dial: Source
    """The rule that allows them."""

    nothing_pressed_after: float
    """Seconds from the end of the greeting."""

    between_digits: float
    """Seconds."""

    tries: int
    invalid: Prompt
    on: Mapping[Outcome, Destination]
    """Has NOTHING_PRESSED and INVALID."""

    source: Source


class Mailbox(Struct, frozen=True, gc=False):
    name: str
    greeting: Prompt
    maximum: float
    """Seconds."""

    silence: float
    """Seconds of silence that end a message."""

    failed: Destination
    """For when no message can be recorded."""

    source: Source


class Configuration(Struct, frozen=True):
    """Everything that a decision may depend on, but the call and the moment."""

    employees: Mapping[str, Employee]
    """By extension."""

    departments: Mapping[str, Department]
    numbers: Mapping[str, Number]
    """By the number as dialled, without spaces."""

    menus: Mapping[str, Menu]
    mailboxes: Mapping[str, Mailbox]
    schedules: Mapping[str, Schedule]
    directory: Mapping[str, Destination]
    """What each number that can be dialled leads to: see `numbers.directory`."""

    begun: dict[str, tuple[Why, Next]] = {}
    """Kept by decisions, as it comes out the same each time: how a call to a number begins."""

    rung: dict[str, tuple[Why, Ring]] = {}
    """Kept in the same way: how an extension is rung for those who have dialled it themselves."""


class Dialled(Struct, frozen=True, gc=False):
    """A call that asks where to go."""

    number: str
    """As it was dialled."""

    caller: str
    """The extension that calls, or the caller's number."""

    at: datetime
    """When the call came in, with a zone; hours are judged by it for the whole of the call."""

    forwarder: str = ""
    """The extension whose telephone has sent the call on: it goes where that extension may call."""

    hops: int = 0
    """How often others have sent it on before it came here."""


class Snapshot(Protocol):
    """The live state of this moment, read and never copied."""

    def registered(self, extension: str) -> bool:
        """Whether a phone of `extension` can be reached."""

    def busy(self, extension: str) -> bool:
        """Whether `extension` has as many calls as it can have."""

    def calls_to(self, number: str) -> int:
        """How many calls are in progress that were made to the public `number`, without the one
        that asks. Asked for numbers that have a limit."""
