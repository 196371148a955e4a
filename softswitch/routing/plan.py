"""What to do with a call, as data.

A plan is one step and, for each way in which that step can turn out, a continuation: what to
decide next. Continuations are followed one at a time (`routing.decide.follow`), when the call
gets there, so that each step reads the live state of its own moment; `routing.explain` follows
all of them and shows the tree.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Outcome(StrEnum):
    """How a step turned out, when it was not answered."""

    BUSY = "busy"
    NO_ANSWER = "no answer"
    NOT_REGISTERED = "not registered"
    REFUSED = "refused"
    DONE = "done"
    """An application has finished and the call goes on."""

    NOTHING_PRESSED = "nothing pressed"
    INVALID = "invalid"
    FAILED = "failed"
    """The step could not be carried out, such as a recording on a full disk."""


class Strategy(StrEnum):
    ALL_AT_ONCE = "all at once"
    IN_TURN = "in turn"
    INCREASING = "increasing"


class Why(Struct, frozen=True, gc=False):
    """One line of an explanation: which rule was asked, and what it said."""

    rule: str
    """Path of the rule in the configuration, such as `departments.sales.ring`."""

    verdict: str
    """A template's name; `routing.explain` makes the words."""

    arguments: tuple[str, ...] = ()
    line: int = 0
    """Line of the rule in its file, 0 when it stands in none."""

    file: str = ""


class Member(Struct, frozen=True, gc=False):
    """One extension in a Ring step."""

    extension: str
    delay: float
    """Seconds from the start of the step until it rings, if nothing happens before (`increasing`,
    `all at once`); for `in turn`, seconds of pause before its turn."""

    timeout: float
    """Seconds that it rings at most."""


class Next(Struct, frozen=True, gc=False):
    """A continuation: a destination, and what has been tried on the way to it."""

    kind: str
    """`employee`, `department`, `menu`, `voicemail`, `number`, `echo`, `hang up`."""

    name: str = ""
    """For `hang up`, the word for the record: `busy`, `no-answer` ..."""

    visited: tuple[str, ...] = ()
    """Destinations already tried, as `kind name`: none is entered twice."""

    hops: int = 0
    rule: str = ""
    """Path of the rule that named this destination."""

    line: int = 0
    file: str = ""
    status: int = 480
    """For `hang up`, and for a destination that may not be entered: the SIP status to end with."""


class Forwarded(Struct, frozen=True, gc=False):
    """A call was not for whom it came to, and went on by his rules."""

    by: str
    """The number that it came to: an extension, or a department's."""

    why: str
    """An outcome, or `closed`."""


class Ring(Struct, frozen=True, gc=False):
    """Ring extensions until one answers."""

    name: str
    """`employee 101` or `department sales`: what is being rung."""

    strategy: Strategy
    members: tuple[Member, ...]
    """In order. Those not registered and, where the rule says so, busy ones are left out."""

    timeout: float
    """Seconds for the whole step."""

    on: Mapping[Outcome, Next]
    """Has BUSY, NO_ANSWER, NOT_REGISTERED and REFUSED."""

    left_out: Mapping[str, Outcome] = {}
    """Extensions that belong to the rule and do not ring, BUSY or NOT_REGISTERED: they have a say
    in how the step turns out."""

    skip_busy: bool = True
    """Whether a member who is busy when its turn comes is passed over, as those in `left_out`."""

    number: str = ""
    """Of whom or what is being rung; empty for a department without one."""

    title: str = ""
    """The same for people: a name."""

    alert: str = ""
    """Value of Alert-Info, which says how it is to ring; empty for none."""

    early_media: bool | None = None
    """Whether the caller hears what phones play meanwhile; None for what each employee has."""


class Prompt(Struct, frozen=True, gc=False):
    """What is played: a text to be spoken, or a file."""

    say: str = ""
    play: str = ""
    """Path of an audio file, absolute."""


class EnterMenu(Struct, frozen=True, gc=False):
    name: str
    greeting: Prompt
    keys: Mapping[str, Next]
    extensions: frozenset[str]
    """Numbers that may be dialled while in this menu; empty for none."""

    dialled: Mapping[str, Next]
    """For each of `extensions`, where it leads."""

    nothing_pressed_after: float
    """Seconds from the end of the greeting."""

    between_digits: float
    tries: int
    invalid: Prompt
    """Said after a wrong key."""

    on: Mapping[Outcome, Next]
    """Has NOTHING_PRESSED and INVALID."""


class EnterVoicemail(Struct, frozen=True, gc=False):
    box: str
    greeting: Prompt
    maximum: float
    """Seconds of a message."""

    silence: float
    """Seconds of silence that end a message."""

    on: Mapping[Outcome, Next]
    """Has FAILED."""


class EnterEcho(Struct, frozen=True, gc=False):
    """Play back to callers what they say."""

    maximum: float


class HangUp(Struct, frozen=True, gc=False):
    """End the call."""

    status: int
    """SIP final status when the call is not answered yet, 400-699."""

    reason: str
    """One word for the record: `busy`, `no-answer`, `unknown-number`, `loop`, `closed` ..."""


Step = Ring | EnterMenu | EnterVoicemail | EnterEcho | HangUp


class RoutePlan(Struct, frozen=True, gc=False):
    step: Step
    because: tuple[Why, ...]
    """Never empty."""

    numbers: tuple[str, ...] = ()
    """Public numbers that let the call in on the way to the step: it counts among their calls
    until its end."""

    alert: str = ""
    """Of the last of these numbers that has one, as in Ring."""

    forwarded: tuple[Forwarded, ...] = ()
    """Who has sent the call on, on the way to the step: the first one first."""
