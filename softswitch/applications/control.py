"""What an application may do with its call, and how it waits.

An application is a coroutine that awaits only what `CallControl` gives it. Nothing here is
asyncio: an await hands the waits of a race to whoever runs the coroutine, and the coroutine goes
on when one of them is decided. So a menu reads from top to bottom, and a test runs an hour of it
in no time.
"""

from collections import deque
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass

from softswitch.calls.instructions import (
    ApplicationWanted,
    EchoBack,
    FollowExtension,
    FollowKey,
    FollowOutcome,
    HangUpCall,
    Instruction,
    Note,
    PlayTo,
    RecordFrom,
    RecordingEnded,
    SaveMessage,
    StopPlaying,
    StopRecordingFrom,
)
from softswitch.routing.plan import Prompt

TYPED_AHEAD = 32
"""Keys that are kept while nobody waits for one; later ones are forgotten."""

Prompts = Callable[[Prompt], tuple[str, ...]]
"""Finds what to play for a prompt: paths or `tone:NAME`; empty for nothing at all."""

Leaving = FollowKey | FollowExtension | FollowOutcome | HangUpCall
"""How an application ends: what it returns."""


class CallerGone(Exception):
    """Raised once, out of the await at which the caller hung up.

    An application that has something to finish catches it and may go on awaiting; of its
    instructions only SaveMessage and Note are still carried out.
    """


@dataclass(frozen=True, slots=True)
class Key:
    """Decided by the next key that is pressed, or by the oldest one that was typed ahead."""


@dataclass(frozen=True, slots=True)
class Played:
    token: int


@dataclass(frozen=True, slots=True)
class Recorded:
    token: int


@dataclass(frozen=True, slots=True)
class Within:
    due: float
    """Monotonic seconds."""


Wait = Key | Played | Recorded | Within


@dataclass(frozen=True, slots=True)
class Pressed:
    key: str
    at: float
    """When it was pressed, which for a key typed ahead is before it was awaited."""


@dataclass(frozen=True, slots=True)
class PlayingOver:
    token: int
    reason: str


@dataclass(frozen=True, slots=True)
class TimeUp:
    pass


Happened = Pressed | PlayingOver | RecordingEnded | TimeUp
"""What decides a race."""

Application = Coroutine[tuple[Wait, ...], Happened, Leaving]


class Race:
    """Several waits of which the first one decided counts."""

    __slots__ = ("_waits",)

    def __init__(self, waits: tuple[Wait, ...]) -> None:
        self._waits = waits

    def __await__(self) -> Generator[tuple[Wait, ...], Happened, Happened]:
        happened = yield self._waits
        return happened


class CallControl:
    """One call, as its application sees it.

    Instructions are collected and fetched by the runner after each step (`take_instructions`);
    a wait begins where it is made, not where it is awaited.
    """

    def __init__(self, wanted: ApplicationWanted, now: float) -> None:
        self.call = wanted.call
        self.caller = wanted.caller
        self.caller_name = wanted.caller_name
        self.dialled = wanted.dialled
        self.now = now
        """Moved by the runner before each step."""

        self.gone = False
        """The caller has hung up."""

        self._keys: deque[Pressed] = deque(maxlen=TYPED_AHEAD)
        self._instructions: list[Instruction] = []
        self._token = 0

    # What can be done at once

    def play(self, sources: tuple[str, ...]) -> Played:
        """Play to the caller instead of what is playing; the wait is decided at its end."""
        self._token += 1
        self._instruct(PlayTo(sources, self._token))
        return Played(self._token)

    def stop_playing(self) -> None:
        self._instruct(StopPlaying())

    def record(self, path: str, maximum: float, silence: float, *, after: Played) -> Recorded:
        """Record the caller from the moment in which `after` is over; the wait is decided when the
        file is in place, or has failed."""
        self._token += 1
        self._instruct(RecordFrom(path, self._token, maximum, silence, after.token))
        return Recorded(self._token)

    def stop_recording(self) -> None:
        self._instruct(StopRecordingFrom())

    def echo(self) -> None:
        self._instruct(EchoBack())

    def note(self, kind: str, detail: str = "") -> None:
        """Add a line to the call's record."""
        self._instructions.append(Note(kind, detail))

    def save_message(self, box: str, path: str, seconds: float) -> None:
        self._instructions.append(SaveMessage(box, path, self.caller, self.caller_name, seconds))

    def forget_keys(self) -> None:
        """Drop what was typed ahead."""
        self._keys.clear()

    # What can be waited for

    def key(self) -> Key:
        return Key()

    def within(self, seconds: float) -> Within:
        return Within(self.now + seconds)

    def first(self, *waits: Wait) -> Race:
        return Race(waits)

    # The runner's side

    def take_instructions(self) -> list[Instruction]:
        taken, self._instructions = self._instructions, []
        return taken

    def typed_ahead(self) -> Pressed | None:
        return self._keys.popleft() if self._keys else None

    def keep_key(self, pressed: Pressed) -> None:
        if len(self._keys) < TYPED_AHEAD:
            self._keys.append(pressed)

    def _instruct(self, instruction: Instruction) -> None:
        if not self.gone:
            self._instructions.append(instruction)
