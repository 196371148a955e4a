"""All applications that are on at the moment."""

from collections import deque
from datetime import UTC, datetime

from softswitch.applications.control import Application, CallControl, Prompts
from softswitch.applications.echo import echo
from softswitch.applications.menu import menu
from softswitch.applications.performance import Performance
from softswitch.applications.voicemail import message_path, voicemail
from softswitch.calls.instructions import ApplicationWanted, Heard, Instruction
from softswitch.routing.plan import EnterEcho, EnterMenu, EnterVoicemail
from softswitch.timerqueue import TimerQueue

Instructed = tuple[str, Instruction]
"""A call's id, and what its application wants done."""


class Troupe:
    """Runs one application per call.

    prompts    finds the sources of a prompt
    directory  under it, each mailbox has a folder for its messages
    epoch      Unix time at `now` 0, for the names of messages
    """

    def __init__(self, prompts: Prompts, directory: str, epoch: float) -> None:
        self._prompts = prompts
        self._directory = directory
        self._epoch = epoch
        self._on: dict[str, Performance] = {}
        self._timers: TimerQueue[str] = TimerQueue()
        self._at_hand = ""
        self._due: deque[str] = deque()
        self._asked: list[Instructed] = []
        """What applications ask for whose time has come."""

    @property
    def deadline(self) -> float | None:
        return self._timers.earliest

    def counts(self) -> dict[str, int]:
        """Return how much is kept, for status and for finding leaks."""
        return {"applications": len(self._on), "timers": len(self._timers)}

    def begin(self, wanted: ApplicationWanted, now: float) -> list[Instructed]:
        """Enter the application that a step names, instead of any the call was in before."""
        before = self._on.pop(wanted.call, None)
        if before is not None:
            before.abandon()
        control = CallControl(wanted, now)
        performance = Performance(control, self._application(wanted, control, now))
        self._on[wanted.call] = performance
        self._at_hand = wanted.call
        return self._settle(wanted.call, performance, performance.begin(now))

    def hear(self, heard: Heard, now: float) -> list[Instructed]:
        performance = self._on.get(heard.call)
        if performance is None:
            return []  # said to an application that has just left
        self._at_hand = heard.call
        return self._settle(heard.call, performance, performance.hear(heard.happening, now))

    def expire(self, now: float) -> list[Instructed]:
        self._due.extend(self._timers.pop_due(now))
        return self._carry_on(now)

    def give_up(self) -> str:
        """Forget the application that has just raised, and return its call's id; empty when it
        was none."""
        call, self._at_hand = self._at_hand, ""
        performance = self._on.pop(call, None)
        if performance is not None:
            self._timers.file(call, None)
            performance.abandon()
        return call

    def resume(self, now: float) -> list[Instructed]:
        """Go on after an `expire` that raised."""
        return self._carry_on(now)

    def _carry_on(self, now: float) -> list[Instructed]:
        while self._due:
            call = self._at_hand = self._due.popleft()
            performance = self._on[call]
            self._asked += self._settle(call, performance, performance.expire(now))
        asked, self._asked = self._asked, []
        return asked

    def _application(
        self, wanted: ApplicationWanted, control: CallControl, now: float
    ) -> Application:
        match wanted.step:
            case EnterMenu() as step:
                return menu(control, step, self._prompts)
            case EnterVoicemail() as step:
                at = datetime.fromtimestamp(self._epoch + now, UTC)
                path = message_path(self._directory, step.box, at, wanted.caller, wanted.call)
                return voicemail(control, step, self._prompts, path)
            case EnterEcho() as step:
                return echo(control, step)

    def _settle(
        self, call: str, performance: Performance, instructions: list[Instruction]
    ) -> list[Instructed]:
        self._at_hand = ""
        self._timers.file(call, performance.deadline)
        if performance.over:
            del self._on[call]
        return [(call, instruction) for instruction in instructions]
