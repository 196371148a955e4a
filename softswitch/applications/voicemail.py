"""Leaving a message: greeting, beep, recording."""

from datetime import datetime

from softswitch.applications.control import (
    CallControl,
    CallerGone,
    Key,
    Leaving,
    Played,
    PlayingOver,
    Pressed,
    Prompts,
    Recorded,
)
from softswitch.calls.instructions import FollowOutcome, HangUpCall, RecordingEnded
from softswitch.routing.plan import EnterVoicemail, Outcome

BEEP = ("tone:beep",)
FAILURE_SECONDS = 2.0
FAILURE = ("tone:congestion",) * 4
"""As many periods as fill them."""

ENOUGH = "#"
"""Ends the greeting, and the message."""

WRITTEN_WITHIN = 30.0
"""Seconds that a recording may take to be in place after it has ended."""

_IN_NAMES = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+")


def message_path(directory: str, box: str, at: datetime, caller: str, call: str) -> str:
    """Return `<directory>/<box>/<utc>-<caller>-<id>.wav`; what the caller says of itself never
    becomes a path."""
    name = _plain(caller)[:32] or "anonymous"
    return f"{directory}/{box}/{at:%Y%m%dT%H%M%SZ}-{name}-{_plain(call)}.wav"


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter in _IN_NAMES)


async def voicemail(
    call: CallControl, step: EnterVoicemail, prompts: Prompts, path: str
) -> Leaving:
    """Take a message for `step.box` into `path`.

    A caller who hangs up before the beep leaves nothing. From the beep on there is a message,
    whatever happens: one of no length for a caller who hangs up on the beep, all that was said for
    one who hangs up in mid-sentence, and who called and when even if nothing can be written.
    """
    greeting = prompts(step.greeting)
    if greeting:
        await _until_end_or_enough(call, call.play(greeting))
    call.forget_keys()
    beep = call.play(BEEP)
    recording = call.record(path, step.maximum, step.silence, after=beep)
    call.note("message-begun", step.box)
    try:
        recorded = await _message(call, beep, recording)
    except CallerGone:
        _save(call, step, path, await _written(call, recording))
        raise
    if _save(call, step, path, recorded):
        return HangUpCall("message-left")
    await call.first(call.play(FAILURE), call.within(FAILURE_SECONDS))
    return FollowOutcome(Outcome.FAILED)


async def _until_end_or_enough(call: CallControl, playing: Played) -> None:
    while True:
        match await call.first(Key(), playing):
            case Pressed(key=key):
                if key == ENOUGH:
                    call.stop_playing()
                    return
            case PlayingOver(reason=reason):
                _note_failure(call, reason)
                return
            case _:
                return


async def _message(call: CallControl, beep: Played, recording: Recorded) -> RecordingEnded | None:
    """Wait until the message is over, by itself or by a key; a key during the beep ends that."""
    beeps = True
    while True:
        match await call.first(Key(), beep, recording):
            case Pressed(key=key):
                if key != ENOUGH:
                    continue
                if not beeps:
                    call.stop_recording()
                    return await _written(call, recording)
                call.stop_playing()
            case PlayingOver(reason=reason):
                beeps = False
                _note_failure(call, reason)
            case RecordingEnded() as recorded:
                return recorded
            case _:
                return None


def _note_failure(call: CallControl, reason: str) -> None:
    if reason.startswith("failed"):
        call.note("prompt-failed", reason)


async def _written(call: CallControl, recording: Recorded) -> RecordingEnded | None:
    match await call.first(recording, call.within(WRITTEN_WITHIN)):
        case RecordingEnded() as recorded:
            return recorded
        case _:
            return None


def _save(
    call: CallControl, step: EnterVoicemail, path: str, recorded: RecordingEnded | None
) -> bool:
    """Commit the message; False when not all of it was recorded, and what there is was kept."""
    if recorded is None:
        error = "the recording was not confirmed"
    elif recorded.error or recorded.reason == "failed":
        error = recorded.error or recorded.reason
    else:
        call.save_message(step.box, recorded.path, recorded.seconds)
        return True
    call.note("message-failed", error)
    call.save_message(step.box, path, 0.0)
    return False
