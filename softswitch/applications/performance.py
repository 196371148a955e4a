"""One application on its way through one call."""

from softswitch.applications.control import (
    Application,
    CallControl,
    CallerGone,
    Happened,
    Key,
    Played,
    PlayingOver,
    Pressed,
    Recorded,
    TimeUp,
    Wait,
    Within,
)
from softswitch.calls.instructions import (
    CallEnded,
    Happening,
    Instruction,
    KeyPressed,
    PlayEnded,
    RecordingEnded,
)

FINISHING = 60.0
"""Seconds that an application may go on waiting after its caller has gone."""


class Performance:
    """Steps a coroutine: what happens goes in, its instructions come out.

    It is over when the coroutine has returned; how it leaves is its last instruction. When the
    caller goes first, the coroutine gets `CallerGone` and a while to finish.
    """

    __slots__ = ("_application", "_control", "_finish_by", "_waits", "deadline", "over")

    def __init__(self, control: CallControl, application: Application) -> None:
        self._control = control
        self._application = application
        self._waits: tuple[Wait, ...] = ()
        self._finish_by: float | None = None
        self.deadline: float | None = None
        self.over = False

    def begin(self, now: float) -> list[Instruction]:
        self._control.now = now
        return self._step(None, now)

    def hear(self, happening: Happening, now: float) -> list[Instruction]:
        match happening:
            case KeyPressed(key):
                pressed = Pressed(key, now)
                if any(type(wait) is Key for wait in self._waits):
                    return self._step(pressed, now)
                self._control.keep_key(pressed)
            case PlayEnded(token, reason):
                if Played(token) in self._waits:
                    return self._step(PlayingOver(token, reason), now)
            case RecordingEnded(token=token):
                if Recorded(token) in self._waits:
                    return self._step(happening, now)
            case CallEnded():
                return self._lose_caller(now)
        return []

    def expire(self, now: float) -> list[Instruction]:
        if self.deadline is None or now < self.deadline:
            return []
        if self._finish_by is not None and now >= self._finish_by:
            self.abandon()
            return self._control.take_instructions()
        return self._step(TimeUp(), now)

    def abandon(self) -> None:
        """End the coroutine without a word."""
        self._application.close()
        self._end()

    def _lose_caller(self, now: float) -> list[Instruction]:
        if self._control.gone:
            return []
        self._control.gone = True
        self._control.now = now
        self._finish_by = now + FINISHING
        try:
            self._wait(self._application.throw(CallerGone()))
        except (StopIteration, CallerGone):
            self._end()
        return self._control.take_instructions()

    def _step(self, happened: Happened | None, now: float) -> list[Instruction]:
        """Resume the coroutine until it waits for something that has not happened yet."""
        control = self._control
        control.now = now
        try:
            # A coroutine that has not begun takes only None.
            waits = self._application.send(happened)  # type: ignore[arg-type]
            while any(type(wait) is Key for wait in waits):
                pressed = control.typed_ahead()
                if pressed is None:
                    break
                waits = self._application.send(pressed)
            self._wait(waits)
        except CallerGone:  # finished, and passed on
            self._end()
        except StopIteration as leaving:
            self._end()
            if not control.gone:
                return [*control.take_instructions(), leaving.value]
        return control.take_instructions()

    def _end(self) -> None:
        self._waits, self.deadline, self.over = (), None, True

    def _wait(self, waits: tuple[Wait, ...]) -> None:
        self._waits = waits
        due = [wait.due for wait in waits if type(wait) is Within]
        if self._finish_by is not None:
            due.append(self._finish_by)
        self.deadline = min(due, default=None)
