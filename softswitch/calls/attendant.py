"""The application that a call is in: its instructions go to the media, its news come back."""

from msgspec import Struct

from media.control import Bridge, Command, Play, Record, Recorded, Stop, StopRecording, Unbridge
from softswitch.calls.caller import Caller
from softswitch.calls.instructions import (
    ApplicationWanted,
    CallEnded,
    EchoBack,
    FollowExtension,
    FollowKey,
    FollowOutcome,
    HangUpCall,
    Heard,
    KeyPressed,
    PlayEnded,
    PlayTo,
    RecordFrom,
    RecordingEnded,
    StopPlaying,
    StopRecordingFrom,
)
from softswitch.calls.outputs import Output, ToMedia
from softswitch.calls.side import Side
from softswitch.routing.plan import EnterEcho, EnterMenu, EnterVoicemail, Next

Application = EnterMenu | EnterVoicemail | EnterEcho
Departure = FollowKey | FollowExtension | FollowOutcome
MediaInstruction = PlayTo | StopPlaying | RecordFrom | StopRecordingFrom | EchoBack

END_OF_ENTRY = "#"
TRAILING = 1.0
"""Seconds in which an END_OF_ENTRY still belongs to the entry before it: callers end by it a number
that was complete already, and must not be heard by the application that the number led to."""

RINGBACK = 0
"""Token of what the exchange itself plays; applications' begin at 1."""


def following(departure: Departure, step: Application) -> Next | None:
    """Return where an application is left to; None where its step has no rule for that."""
    match departure:
        case FollowKey(key):
            return step.keys.get(key) if isinstance(step, EnterMenu) else None
        case FollowExtension(extension):
            return step.dialled.get(extension) if isinstance(step, EnterMenu) else None
        case FollowOutcome(outcome):
            return None if isinstance(step, EnterEcho) else step.on.get(outcome)


class Attendant(Struct, eq=False):
    """Stands between the applications of one call and its caller's stream.

    Applications number what they play and record, each from 1. The stream gets numbers that are
    the call's own, so that news of an application that has left is never taken for news of the
    next.
    """

    _call: str
    _caller: Side
    step: Application | None = None
    """The application that the call is in."""

    _token: int = 0
    _played: tuple[int, int] = (0, 0)
    """Our token and the application's, of what it plays."""

    _recorded: tuple[int, int, str] | None = None
    """Both tokens and the path of what it records."""

    _is_playing: bool = False
    _echoes: bool = False
    _keyed_until: float = float("-inf")
    """Until then an END_OF_ENTRY is the trailing one of what was keyed."""

    def serve(self, caller: Side) -> None:
        """Speak to another from now on, who has taken the caller's place."""
        self._caller = caller

    def enter(self, step: Application, caller: Caller, out: list[Output]) -> None:
        self.step = step
        out.append(
            ApplicationWanted(
                self._call,
                step,
                "" if caller.is_hidden else caller.shown.number,
                "Anonymous" if caller.is_hidden else caller.shown.name,
                caller.offered.dialled,
            )
        )

    def leave(self, departure: Departure | HangUpCall, now: float, out: list[Output]) -> None:
        """The application has ended, and the call goes on: undo what it did to the stream."""
        self.step = None
        if isinstance(departure, FollowKey | FollowExtension):  # the caller has keyed the way out
            self._keyed_until = now + TRAILING
        self.stop_playing(out)
        if self._recorded is not None:
            self._recorded = None
            self._tell(StopRecording(self._caller.stream), out)
        if self._echoes:
            self._echoes = False
            self._tell(Unbridge(self._caller.stream), out)

    def lose_caller(self, out: list[Output]) -> None:
        """The call has ended. What is being recorded is still reported."""
        self._is_playing = False
        if self.step is not None:
            out.append(Heard(self._call, CallEnded()))
            if self._recorded is None:
                self.step = None

    def lose_stream(self, out: list[Output]) -> None:
        """The stream has gone, and what it recorded will not be reported any more."""
        self._is_playing = False
        if self._recorded is not None and self.step is not None:
            token, path = self._recorded[1:]
            self._recorded = None
            ended = RecordingEnded(token, path, 0.0, "failed", "the media worker was lost")
            out.append(Heard(self._call, ended))

    def play_ringback(self, out: list[Output]) -> None:
        if not self._is_playing:
            self._is_playing = True
            self._played = (0, 0)
            sources = ("tone:ringback",)
            self._tell(Play(self._caller.stream, sources, RINGBACK, True), out)

    def stop_playing(self, out: list[Output]) -> None:
        if self._is_playing:
            self._is_playing = False
            self._tell(Stop(self._caller.stream), out)

    def instruct(self, instruction: MediaInstruction, out: list[Output]) -> None:
        stream = self._caller.stream
        match instruction:
            case PlayTo(sources, token):
                self._token += 1
                self._played = (self._token, token)
                self._is_playing = True
                self._tell(Play(stream, sources, self._token), out)
            case StopPlaying():
                self.stop_playing(out)
            case RecordFrom(path, token, maximum, silence, after):
                self._token += 1
                self._recorded = (self._token, token, path)
                ours, theirs = self._played
                begin = ours if after == theirs else 0
                self._tell(Record(stream, path, self._token, maximum, silence, begin), out)
            case StopRecordingFrom():
                self._tell(StopRecording(stream), out)
            case EchoBack():
                self._echoes = True
                self._tell(Bridge(stream, stream), out)

    def press(self, key: str, now: float, out: list[Output]) -> None:
        is_trailing = key == END_OF_ENTRY and now <= self._keyed_until
        self._keyed_until = float("-inf")
        if self.step is not None and not is_trailing:
            out.append(Heard(self._call, KeyPressed(key)))

    def played(self, token: int, reason: str, out: list[Output]) -> None:
        ours, theirs = self._played
        if token != ours or token == RINGBACK:
            return
        self._is_playing = False
        if self.step is not None:
            out.append(Heard(self._call, PlayEnded(theirs, reason)))

    def recorded(self, event: Recorded, out: list[Output]) -> None:
        if self._recorded is None or event.token != self._recorded[0]:
            return
        token = self._recorded[1]
        self._recorded = None
        if self.step is not None:
            ended = RecordingEnded(token, event.path, event.seconds, event.reason, event.error)
            out.append(Heard(self._call, ended))

    def _tell(self, command: Command, out: list[Output]) -> None:
        if self._caller.port is not None:
            out.append(ToMedia(self._caller.port.worker, command))
