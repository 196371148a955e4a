"""One application with a caller who is played by the test, on a clock of the test's own."""

from typing import TypeVar

from softswitch.applications import Troupe
from softswitch.calls.instructions import (
    ApplicationWanted,
    CallEnded,
    Happening,
    Heard,
    Instruction,
    KeyPressed,
    PlayEnded,
    PlayTo,
    RecordFrom,
    RecordingEnded,
)
from softswitch.routing.plan import EnterEcho, EnterMenu, EnterVoicemail, Next, Outcome, Prompt

Kind = TypeVar("Kind")
EPOCH = 1795424400.0
"""2026-11-23 09:00 UTC."""


def prompts(prompt: Prompt) -> tuple[str, ...]:
    return (f"{prompt.say}.wav",) if prompt.say else ()


def menu(
    keys: str = "12*",
    extensions: tuple[str, ...] = (),
    greeting: str = "welcome",
    tries: int = 3,
) -> EnterMenu:
    there = Next("hang up")
    return EnterMenu(
        "main",
        Prompt(say=greeting),
        dict.fromkeys(keys, there),
        frozenset(extensions),
        dict.fromkeys(extensions, there),
        5.0,
        2.0,
        tries,
        Prompt(say="wrong"),
        {Outcome.NOTHING_PRESSED: there, Outcome.INVALID: there},
    )


def voicemail(greeting: str = "speak") -> EnterVoicemail:
    return EnterVoicemail(
        "office", Prompt(say=greeting), 300.0, 10.0, {Outcome.FAILED: Next("hang up")}
    )


class Stage:
    """`said` has every instruction, oldest first."""

    def __init__(self, step: EnterMenu | EnterVoicemail | EnterEcho, caller: str = "101") -> None:
        self.now = 0.0
        self.said: list[Instruction] = []
        self.troupe = Troupe(prompts, "/state/voicemail", EPOCH)
        wanted = ApplicationWanted("c1", step, caller, "Person", "800")
        self._took(self.troupe.begin(wanted, self.now))

    def press(self, keys: str, gap: float = 0.0) -> list[Instruction]:
        out: list[Instruction] = []
        for key in keys:
            out += self.hear(KeyPressed(key))
            if gap:
                out += self.wait(gap)
        return out

    def hear(self, happening: Happening) -> list[Instruction]:
        return self._took(self.troupe.hear(Heard("c1", happening), self.now))

    def finish_playing(self, reason: str = "end") -> list[Instruction]:
        """Let what plays now come to its end."""
        return self.hear(PlayEnded(self.said_of(PlayTo)[-1].token, reason))

    def finish_recording(
        self, reason: str, seconds: float = 4.0, error: str = ""
    ) -> list[Instruction]:
        record = self.said_of(RecordFrom)[-1]
        return self.hear(RecordingEnded(record.token, record.path, seconds, reason, error))

    def hang_up(self) -> list[Instruction]:
        return self.hear(CallEnded())

    def wait(self, seconds: float) -> list[Instruction]:
        until, out = self.now + seconds, list[Instruction]()
        while (deadline := self.troupe.deadline) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            out += self._took(self.troupe.expire(self.now))
        self.now = until
        return out

    def said_of(self, kind: type[Kind]) -> list[Kind]:
        return [instruction for instruction in self.said if isinstance(instruction, kind)]

    @property
    def is_over(self) -> bool:
        return not any(self.troupe.counts().values())

    def _took(self, instructed: list[tuple[str, Instruction]]) -> list[Instruction]:
        assert all(call == "c1" for call, _ in instructed)
        instructions = [instruction for _, instruction in instructed]
        self.said += instructions
        return instructions
