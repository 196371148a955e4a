"""Acts out a path through an explained tree: telephones do what the path says, one after another.

What they saw is then compared with what the tree promised.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from softswitch.applications.menu import BURST
from softswitch.calls.facts import StepEntered
from softswitch.phone.events import Incoming
from softswitch.routing.explain import Node, Way
from softswitch.routing.plan import EnterMenu, EnterVoicemail, HangUp, Outcome, Ring, Step
from softswitch.routing.rehearsal import Reaction, rehearse
from softswitch.sip.binding import Binding, BindingSaved
from tests.support.companies import CALLER, LINE, NOON, OTHER_CALLER, Scene
from tests.support.handset import Handset, answers_after, rings
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


@dataclass(frozen=True, slots=True)
class Act:
    """How one step turns out, and what telephones do so that it does."""

    way: Way
    reactions: Mapping[str, Reaction] | None = None
    """By extension, for a step that rings: who has none lets it ring. None where everybody does
    what the way says."""

    def of(self, extension: str) -> Reaction | None:
        """Return what the telephone of `extension` does, None when it just rings."""
        if self.reactions is not None:
            return self.reactions.get(extension)
        return Reaction(Outcome(self.way.value)) if self.way.value in REFUSALS else None


@dataclass
class Seen:
    """One ringing of one telephone."""

    step: int
    extension: str
    start: float
    stop: float | None = None


def registrations(scene: Scene, folder: Path) -> list[Binding]:
    """Return the bindings of everybody who is there, as a switch would keep them."""
    office = Office(scene.loaded, folder, at=NOON, quiet=QuietEngine())
    office.register(*scene.present)
    return [saved.binding for saved in office.bindings if isinstance(saved, BindingSaved)]


class Performance:
    """One call, from dialling to its end, along one path.

    bindings  what `registrations` has returned for the scene: nobody registers anew
    """

    def __init__(
        self,
        scene: Scene,
        bindings: list[Binding],
        folder: Path,
        nodes: list[Node],
        acts: tuple[Act, ...],
    ) -> None:
        self.nodes = nodes
        self.acts = acts
        self.seen: list[Seen] = []
        self.engine = QuietEngine()
        self.office = Office(scene.loaded, folder, at=NOON, quiet=self.engine)
        self._number = scene.number
        self._steps: list[tuple[float, str, str]] = []
        handsets = {number: self.office.handset(number) for number in scene.present}
        assert self.office.switch.restore(bindings, self.office.now) == []
        self.caller = handsets[CALLER]
        self._prepare(scene, handsets)
        self._others = [h for h in handsets.values() if h is not self.caller]
        self._before = sum(len(handset.connected) for handset in self._others)
        self._read = len(self.office.journal)
        self._rungs = len(self.office.ladder)
        for handset in self._others:
            handset.user = self._react

    def _prepare(self, scene: Scene, handsets: dict[str, Handset]) -> None:
        """Begin the calls that are on when the caller dials."""
        if scene.talking is not None:
            one, other = (handsets[number] for number in scene.talking)
            other.user = answers_after(0.1)
            one.call(other.number)
            self.office.until(lambda: one.connected and other.connected, within=1.0)
        if scene.line_is_full:
            first = handsets[OTHER_CALLER]
            first.call(LINE)
            self.office.until(lambda: first.connected, within=1.0)

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

    def run(self) -> None:
        office = self.office
        self.caller.call(self._number)
        for index, act in enumerate(self.acts):
            office.until(lambda reached=index: len(self.steps) > reached, within=90.0)  # type: ignore[misc]
            self._act(self.nodes[index].plan.step, act.way)
        last = len(self.nodes)
        office.until(lambda: len(self.steps) >= last, within=90.0)
        if anybody_rings(self.nodes[-1]):
            office.until(lambda: self.caller.connected and self._answers() > 0, within=30.0)
            office.advance(0.5)
            assert self._answers() == 1
        elif isinstance(self.nodes[-1].plan.step, HangUp):
            office.until(self._is_over, within=5.0)
        office.advance(0.1)
        self.caller.hang_up()
        office.until(self._is_over, within=5.0)
        self._note_stops()

    def _is_over(self) -> bool:
        return any(record.extension == CALLER for record in self.office.records)

    def _answers(self) -> int:
        """Return how many have answered since the caller dialled."""
        return sum(len(handset.connected) for handset in self._others) - self._before

    def _act(self, step: Step, way: Way) -> None:
        """Do what the caller has to do for this way out of a step."""
        match step, way.kind, way.value:
            case EnterMenu(), "key" | "extension", value:
                self._press(f"{value}#" if value != "#" else "#")
            case EnterMenu(tries=tries), _, "invalid":
                for _ in range(tries):
                    self._press("9")
                    self.office.advance(BURST)
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
        if index < len(self.acts):
            self._refuse(handset, call.call, seen, self.acts[index].of(handset.number))
            return
        rings(handset, call)
        if not any(earlier.step == index for earlier in self.seen[:-1]):
            self.office.world.after(ANSWERS_AFTER, lambda: handset.pick_up(call.call))

    def _refuse(self, handset: Handset, call: str, seen: Seen, reaction: Reaction | None) -> None:
        def refuse() -> None:
            if reaction is not None and call in handset.ringing:
                handset.refuse(call, REFUSALS[reaction.outcome])
                seen.stop = self.office.now

        if reaction is not None and not reaction.after:
            refuse()
            return
        handset.send(handset.phone.ring(call, handset.now))
        if reaction is not None:
            self.office.world.after(reaction.after, refuse)

    def _note_stops(self) -> None:
        """Take from the ladder when each telephone ceased to ring."""
        for when, what in self.office.ladder[self._rungs :]:
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


def promised(node: Node, act: Act) -> list[Ringing]:
    """Return who rings when: as the tree has it, or as the hunt has it for these reactions."""
    [branch] = [branch for branch in node.branches if branch.way == act.way]
    rehearsal = branch.rehearsal
    if act.reactions is not None:
        assert isinstance(node.plan.step, Ring)
        rehearsal = rehearse(node.plan.step, act.reactions)
    assert rehearsal is not None
    return sorted((r.extension, r.start, r.stop) for r in rehearsal.ringing)


def agree(observed: list[Ringing], expected: list[Ringing]) -> bool:
    return len(observed) == len(expected) and all(
        seen[0] == due[0]
        and abs(seen[1] - due[1]) <= TOLERANCE
        and abs(seen[2] - due[2]) <= TOLERANCE
        for seen, due in zip(observed, expected, strict=True)
    )
