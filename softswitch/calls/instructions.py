"""What an application does with a call, and what it hears: the seam of layers 4 and 5.

The exchange enters an application when a plan's step names one (`ApplicationWanted`), tells it
what happens to the call (`Heard`) and carries out its instructions. The caller is answered
before the application is entered, so media flows in both directions.
"""

from msgspec import Struct

from softswitch.routing.plan import EnterEcho, EnterMenu, EnterVoicemail, Outcome


class ApplicationWanted(Struct, frozen=True, gc=False):
    """The caller is answered; the application begins."""

    call: str
    step: EnterMenu | EnterVoicemail | EnterEcho
    caller: str
    """The caller's number."""

    caller_name: str
    dialled: str
    """The number that the call was made to."""


# What an application hears


class KeyPressed(Struct, frozen=True, gc=False):
    key: str
    """One of 0-9, A-D, * or #."""


class PlayEnded(Struct, frozen=True, gc=False):
    token: int
    reason: str
    """As in `media.control.Played`."""


class RecordingEnded(Struct, frozen=True, gc=False):
    token: int
    path: str
    seconds: float
    reason: str
    """As in `media.control.Recorded`."""

    error: str = ""


class CallEnded(Struct, frozen=True, gc=False):
    """The caller has gone. Nothing can be instructed any more but SaveMessage and Note."""


Happening = KeyPressed | PlayEnded | RecordingEnded | CallEnded


class Heard(Struct, frozen=True, gc=False):
    call: str
    happening: Happening


# What it may instruct


class PlayTo(Struct, frozen=True, gc=False):
    """Play sources to the caller: paths or `tone:NAME`, as in `media.control.Play`."""

    sources: tuple[str, ...]
    token: int


class StopPlaying(Struct, frozen=True, gc=False):
    pass


class RecordFrom(Struct, frozen=True, gc=False):
    """Record the caller, as in `media.control.Record`."""

    path: str
    token: int
    maximum: float
    silence: float
    after: int = 0
    """Token of the PlayTo whose end is the beginning; 0 for at once."""


class StopRecordingFrom(Struct, frozen=True, gc=False):
    pass


class EchoBack(Struct, frozen=True, gc=False):
    """Let callers hear themselves."""


class Note(Struct, frozen=True, gc=False):
    """Add a line to the call's record: a key pressed, a message begun."""

    kind: str
    detail: str


class SaveMessage(Struct, frozen=True, gc=False):
    """A voicemail message is over: commit it to its box."""

    box: str
    path: str
    """Of the WAV file. If it is not in place, what was written of it is put there, or an empty one
    is."""

    caller: str
    caller_name: str
    seconds: float
    """0 for as long as the file turns out to be."""


class FollowKey(Struct, frozen=True, gc=False):
    """Leave a menu by one of its keys."""

    key: str


class FollowExtension(Struct, frozen=True, gc=False):
    """Leave a menu by an extension that was dialled in it."""

    extension: str


class FollowOutcome(Struct, frozen=True, gc=False):
    """Leave an application by one of its step's outcomes."""

    outcome: Outcome


class HangUpCall(Struct, frozen=True, gc=False):
    """The application has ended and the call with it."""

    cause: str
    """One word for the record, such as `message-left`."""


Instruction = (
    PlayTo
    | StopPlaying
    | RecordFrom
    | StopRecordingFrom
    | EchoBack
    | Note
    | SaveMessage
    | FollowKey
    | FollowExtension
    | FollowOutcome
    | HangUpCall
)
