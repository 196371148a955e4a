"""Acts out a path through an explained tree: telephones do what the path says, one after another.

What they saw is then compared with what the tree promised.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from softswitch.calls.facts import StepEntered
from softswitch.configuration import Loaded
from softswitch.phone.events import Incoming
from softswitch.routing.explain import Branch, Node, Way
from softswitch.routing.plan import EnterMenu, EnterVoicemail, HangUp, Ring, Step
from tests.support.handset import Handset, rings
from tests.support.office import Office
from tests.support.quiet import QuietEngine

REFUSALS = {"busy": 486, "refused": 603, "not registered": 503}
"""What a telephone answers for an outcome. A proxy in front of one that is gone says 503."""
ANSWERS_AFTER = 0.3
TOLERANCE = 0.1
"""Seconds, between what was promised and what was seen."""

Ringing = tuple[str, float, float]
"""An extension, and when it began and ceased to ring, in seconds from the start of its step."""


def kind_and_name(step: Step) -> tuple[str, str]:
    match step:
        case Ring(name=name):
            return "ring", name
        case EnterMenu(name=name):
            return "menu", name
        case EnterVoicemail(box=box):
            return "voicemail", box
        case HangUp(reason=reason):
            return "hang up", reason
        case _:
            return "echo", ""


@dataclass
class Seen:
    """One ringing of one telephone."""

    step: int
    extension: str
    start: float
    stop: float | None = None


class Performance:
    """One call, from dialling to its end, along one path."""

    def __init__(
        self,
        loaded: Loaded,
        folder: Path,
        at: datetime,
        caller: str,
        present: frozenset[str],
        nodes: list[Node],
        ways: tuple[Way, ...],
    ) -> None:
        self.nodes = nodes
        self.ways = ways
        self.seen: list[Seen] = []
        self.engine = QuietEngine()
        self.office = Office(loaded, folder, at=at, quiet=self.engine)
        self._steps: list[tuple[float, str, str]] = []
        self._read = 0
        self.caller, *others = self.office.register(caller, *sorted(present - {caller}))
        for handset in others:
            handset.user = self._react

    @property
    def steps(self) -> list[tuple[float, str, str]]:
        """What the switch says that it did: time, kind and name of each step."""
        journal = self.office.journal
        for logged in journal[self._read :]:
            if isinstance(logged.fact, StepEntered):
                at = logged.at - self.office.epoch
                self._steps.append((at, logged.fact.step, logged.fact.name))
        self._read = len(journal)
        return self._steps

    def run(self, number: str) -> None:
        office = self.office
        self.caller.call(number)
        for index, way in enumerate(self.ways):
            office.until(lambda reached=index: len(self.steps) > reached, within=90.0)  # type: ignore[misc]
            self._act(self.nodes[index].plan.step, way)
        last = len(self.nodes)
        office.until(lambda: len(self.steps) >= last, within=90.0)
        if anybody_rings(self.nodes[-1]):
            office.until(lambda: bool(self.caller.connected and self._answered()), within=30.0)
            office.advance(0.5)
            assert len(self._answered()) == 1
        elif isinstance(self.nodes[-1].plan.step, HangUp):
            office.until(lambda: bool(office.records), within=5.0)
        office.advance(0.1)
        self.caller.hang_up()
        office.until(lambda: bool(office.records), within=5.0)
        self._note_stops()

    def _answered(self) -> list[str]:
        return [
            name
            for name, handset in self.office.handsets.items()
            if handset is not self.caller and handset.connected
        ]

    def _act(self, step: Step, way: Way) -> None:
        """Do what the caller has to do for this way out of a step."""
        match step, way.kind, way.value:
            case EnterMenu(), "key" | "extension", value:
                self._press(f"{value}#" if value != "#" else "#")
            case EnterMenu(), _, "invalid":
                self._press("9#")
            case EnterVoicemail(), _, "failed":
                self.engine.failing = True
            case _:
                pass

    def _press(self, keys: str) -> None:
        self.office.until(lambda: self.caller.connected, within=2.0)
        self.office.advance(0.1)  # the menu begins when the ACK has come
        for key in keys:
            self.engine.press(key)
            self.office.poll()
            self.office.advance(0.1)

    def _react(self, handset: Handset, call: Incoming) -> None:
        """A telephone rings: do what the path says for the step that the call is in."""
        index = len(self.steps) - 1
        seen = Seen(index, handset.number, self.office.now)
        self.seen.append(seen)
        wanted = self.ways[index].value if index < len(self.ways) else "answered"
        if wanted in REFUSALS:
            handset.refuse(call.call, REFUSALS[wanted])
            seen.stop = self.office.now
        else:
            rings(handset, call)
            if wanted == "answered" and not any(s.step == index for s in self.seen[:-1]):
                self.office.world.after(ANSWERS_AFTER, lambda: handset.pick_up(call.call))

    def _note_stops(self) -> None:
        """Take from the ladder when each telephone ceased to ring."""
        for when, what in self.office.ladder:
            extension, _, verb = what.partition(" ")
            if verb in ("stops", "answers"):
                began = [s for s in self.seen if s.extension == extension and s.stop is None]
                began[0].stop = when

    def observed(self, index: int) -> list[Ringing]:
        began = self.steps[index][0]
        return sorted(
            (s.extension, s.start - began, (s.stop or s.start) - began)
            for s in self.seen
            if s.step == index
        )


def anybody_rings(node: Node) -> bool:
    """Whether a telephone rings in this step: each may be due only after the step's end."""
    return any(
        branch.rehearsal is not None and branch.rehearsal.ringing for branch in node.branches
    )


def promised(node: Node, way: Way) -> list[Ringing]:
    """Return who rings when, as the tree has it for this way out of a ringing step."""
    [branch] = [branch for branch in node.branches if branch.way == way]
    return rehearsed(branch)


def rehearsed(branch: Branch) -> list[Ringing]:
    assert branch.rehearsal is not None
    return sorted((r.extension, r.start, r.stop) for r in branch.rehearsal.ringing)


def agree(observed: list[Ringing], expected: list[Ringing]) -> bool:
    return len(observed) == len(expected) and all(
        seen[0] == due[0]
        and abs(seen[1] - due[1]) <= TOLERANCE
        and abs(seen[2] - due[2]) <= TOLERANCE
        for seen, due in zip(observed, expected, strict=True)
    )
