"""Changes of scripts that make sense: bytes that are merely shifted make another story each."""

from collections.abc import Sequence
from random import Random

from tests.fuzz.script import MOST_EDITS, MOST_STEPS, SCRAPS, Edit, Script, Step


class Mutation:
    """Makes scripts out of scripts.

    stories  whose steps are put into others
    """

    def __init__(self, stories: Sequence[Script]) -> None:
        self._stories = [story for story in stories if story.steps]

    def of(self, script: Script, random: Random) -> Script:
        """Return one that is somewhat different."""
        steps = list(script.steps)
        for _ in range(1 + random.randrange(3)):
            self._change(steps, random)
        return Script(tuple(steps[:MOST_STEPS]))

    def _change(self, steps: list[Step], random: Random) -> None:
        at = random.randrange(len(steps) + 1)
        match random.randrange(7):
            case 0:
                steps[at:at] = [random.choice(random.choice(self._stories).steps)]
            case 1:  # a part of another story
                other = random.choice(self._stories).steps
                first = random.randrange(len(other))
                steps[at:at] = other[first : first + 1 + random.randrange(4)]
            case 2 if at < len(steps):
                del steps[at]
            case 3 if at < len(steps):
                steps.insert(random.randrange(len(steps) + 1), steps[at])
            case 4 if at < len(steps):
                steps.insert(random.randrange(len(steps)), steps.pop(at))
            case 5 if at < len(steps):
                steps[at] = _wounded(steps[at], random)
            case _ if steps:
                at = min(at, len(steps) - 1)
                number = random.choice((random.randrange(256), random.randrange(16)))
                steps[at] = _renumbered(steps[at], random.randrange(4), number)
            case _:
                steps += random.choice(self._stories).steps


def _renumbered(step: Step, place: int, number: int) -> Step:
    numbers = [step.act, step.who, step.what, step.which]
    numbers[place] = number
    act, who, what, which = numbers
    return Step(act, who, what, which, step.edits, step.data)


def _wounded(step: Step, random: Random) -> Step:
    if step.edits and random.random() < 0.5:
        return step._replace(edits=())
    scrap = bytes((random.randrange(len(SCRAPS)),))
    edit = Edit(random.randrange(11), random.randrange(65_536), random.randrange(40), scrap)
    return step._replace(edits=(*step.edits, edit)[-MOST_EDITS:])
