"""The whole tree of a call: every step, and every way in which each can turn out.

Made by `decide` and `follow` themselves, and by the hunt itself for who rings when: there is no
second opinion that could differ from what happens.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from msgspec import Struct

from softswitch.routing.decide import decide, follow
from softswitch.routing.model import Configuration, Dialled, Snapshot
from softswitch.routing.plan import EnterMenu, EnterVoicemail, Next, Ring, RoutePlan
from softswitch.routing.rehearsal import Reaction, Rehearsal, rehearse

LARGEST = 5000
"""Steps of a tree, at most. The nearest ones are kept."""


class Way(Struct, frozen=True, gc=False):
    """How a step turned out."""

    kind: str
    """`outcome`, `key` or `extension`."""

    value: str
    """An Outcome's words, the key, or the number that was dialled."""


class Branch(Struct, frozen=True):
    way: Way
    node: "Node | None"
    """None where the tree is cut."""

    rehearsal: Rehearsal | None = None
    """Who rings when on this way, for a step that rings: with NO ANSWER nobody reacts, with any
    other outcome every phone reacts so at once."""

    cut: str = ""
    """Why nothing follows here."""


class Node(Struct, frozen=True):
    """A step, why it is taken, and what comes after it."""

    plan: RoutePlan
    branches: tuple[Branch, ...]


def explain(config: Configuration, call: Dialled, state: Snapshot, largest: int = LARGEST) -> Node:
    """Return the tree of `call`, of no more than `largest` steps."""
    root = _Draft(decide(config, call, state), ())
    drafts = [root]
    waiting = deque(drafts)
    while waiting:
        draft = waiting.popleft()
        for way, following, rehearsal in _ways(draft.plan):
            if way.kind != "outcome" and f"{following.kind} {following.name}" in draft.menus:
                draft.branches.append((way, None, rehearsal, f"{following.name}, as above"))
            elif len(drafts) >= largest:
                draft.branches.append((way, None, rehearsal, f"the tree has {largest} steps"))
            else:
                after = _Draft(follow(config, following, call, state), draft.menus)
                draft.branches.append((way, after, rehearsal, ""))
                drafts.append(after)
                waiting.append(after)
    return _finished(drafts)


def walk(tree: Node, path: Iterable[Way]) -> list[Node]:
    """Return the steps of a call on which things turn out as `path` says, the first included.

    It ends early where a step cannot turn out so, or the tree is cut.
    """
    nodes = [tree]
    for way in path:
        found = [branch for branch in nodes[-1].branches if branch.way == way]
        if not found or found[0].node is None:
            break
        nodes.append(found[0].node)
    return nodes


def paths(tree: Node, depth: int) -> Iterator[tuple[Way, ...]]:
    """Yield every sequence of ways that ends in a last step, or has `depth` ways."""
    onward = [branch for branch in tree.branches if branch.node is not None]
    if not onward or depth == 0:
        yield ()
        return
    for branch in onward:
        assert branch.node is not None
        for rest in paths(branch.node, depth - 1):
            yield (branch.way, *rest)


class _Draft:
    """A node while what follows it is still being found."""

    __slots__ = ("branches", "menus", "plan")

    def __init__(self, plan: RoutePlan, menus: tuple[str, ...]) -> None:
        self.plan = plan
        step = plan.step
        self.menus = (*menus, f"menu {step.name}") if isinstance(step, EnterMenu) else menus
        """The menus on the way here: a caller may come back to them for ever."""

        self.branches: list[tuple[Way, _Draft | None, Rehearsal | None, str]] = []


def _finished(drafts: list[_Draft]) -> Node:
    """Return the first draft as a node; each comes before what follows it."""
    nodes: dict[int, Node] = {}
    for draft in reversed(drafts):
        nodes[id(draft)] = Node(
            draft.plan,
            tuple(
                Branch(way, None if after is None else nodes[id(after)], rehearsal, cut)
                for way, after, rehearsal, cut in draft.branches
            ),
        )
    return nodes[id(drafts[0])]


def _ways(plan: RoutePlan) -> Iterator[tuple[Way, Next, Rehearsal | None]]:
    """Yield how the step of `plan` can turn out, and what follows."""
    step = plan.step
    match step:
        case Ring():
            yield from _after_ringing(step)
        case EnterMenu():
            for key, following in step.keys.items():
                yield Way("key", key), following, None
            for outcome, following in step.on.items():
                yield Way("outcome", outcome), following, None
            for extension, following in step.dialled.items():
                yield Way("extension", extension), following, None
        case EnterVoicemail():
            for outcome, following in step.on.items():
                yield Way("outcome", outcome), following, None
        case _:
            pass


def _after_ringing(ring: Ring) -> Iterator[tuple[Way, Next, Rehearsal | None]]:
    for outcome, following in ring.on.items():
        everybody = {member.extension: Reaction(outcome) for member in ring.members}
        rehearsal = rehearse(ring, {} if outcome == "no answer" else everybody)
        if rehearsal.outcome is outcome:  # else those who are left out weigh more
            yield Way("outcome", outcome), following, rehearsal
