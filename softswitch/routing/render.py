"""An explanation on paper: text, JSON, or a graph for Mermaid."""

import json
from collections.abc import Iterator
from typing import Any

from softswitch.routing import words
from softswitch.routing.explain import Branch, Node, Way
from softswitch.routing.plan import EnterMenu, Outcome, Ring
from softswitch.routing.rehearsal import Ringing


def text(tree: Node) -> str:
    """Return the tree as indented lines, with the reason of each step."""
    return "\n".join(_lines(tree, "")) + "\n"


def _lines(node: Node, indent: str) -> Iterator[str]:
    step = node.plan.step
    yield f"{indent}{words.step(step)}"
    if isinstance(step, Ring) and (present := words.members(step)):
        yield f"{indent}    {present}"
    for why in node.plan.because:
        yield f"{indent}    because {words.reason(why)}"
    for branches in _alike(node):
        names = ", ".join(_way(branch) for branch in branches)
        first = branches[0]
        if first.node is None:
            yield f"{indent}  {names} -> {first.cut}"
        else:
            yield f"{indent}  {names} ->"
            yield from _lines(first.node, f"{indent}      ")
    if isinstance(step, EnterMenu) and step.extensions:
        yield f"{indent}  dialled {', '.join(sorted(step.extensions))} -> as from any phone"


def _alike(node: Node) -> list[list[Branch]]:
    """Return the branches, without dialled extensions, those with the same sequel together."""
    groups: list[list[Branch]] = []
    for branch in node.branches:
        if branch.way.kind == "extension":
            continue
        for group in groups:
            if branch.way.kind == "outcome" and _same(group[0], branch):
                group.append(branch)
                break
        else:
            groups.append([branch])
    return groups


def _same(one: Branch, other: Branch) -> bool:
    if one.node is None or other.node is None or one.way.kind != other.way.kind:
        return False
    if words.step(one.node.plan.step) != words.step(other.node.plan.step):
        return False
    ways, others = one.node.branches, other.node.branches
    return len(ways) == len(others) and all(
        mine.way == theirs.way and (mine.node is theirs.node is None or _same(mine, theirs))
        for mine, theirs in zip(ways, others, strict=True)
        if mine.way.kind == "outcome"
    )


def _way(branch: Branch) -> str:
    way = branch.way
    if branch.rehearsal is not None and way.value == Outcome.NO_ANSWER:
        return f"{way.value} after {branch.rehearsal.seconds:g} s ({_times(branch)})"
    return way.value if way.kind == "outcome" else f"{way.kind} {way.value}"


def _times(branch: Branch) -> str:
    assert branch.rehearsal is not None
    return ", ".join(
        f"{ringing.extension} rings {ringing.start:g}-{ringing.stop:g} s"
        for ringing in branch.rehearsal.ringing
    )


def as_json(tree: Node) -> str:
    """Return the tree as JSON."""
    return json.dumps(_object(tree), indent=2, ensure_ascii=False) + "\n"


def _object(node: Node) -> dict[str, Any]:
    return {
        "step": words.step(node.plan.step),
        "kind": type(node.plan.step).__name__,
        "because": [
            {
                "rule": why.rule,
                "verdict": why.verdict,
                "arguments": list(why.arguments),
                "file": why.file,
                "line": why.line,
                "words": words.reason(why),
            }
            for why in node.plan.because
        ],
        "branches": [_branch(branch) for branch in node.branches],
    }


def _branch(branch: Branch) -> dict[str, Any]:
    found: dict[str, Any] = {branch.way.kind: branch.way.value}
    if branch.rehearsal is not None:
        found["seconds"] = branch.rehearsal.seconds
        found["ringing"] = [_ringing(ringing) for ringing in branch.rehearsal.ringing]
    if branch.node is None:
        return found | {"cut": branch.cut}
    return found | {"then": _object(branch.node)}


def _ringing(ringing: Ringing) -> dict[str, Any]:
    return {"extension": ringing.extension, "start": ringing.start, "stop": ringing.stop}


def mermaid(tree: Node) -> str:
    """Return a flowchart in which steps that read the same are one box."""
    boxes: dict[str, str] = {}
    arrows: dict[tuple[str, str], list[str]] = {}
    waiting = [tree]
    _box(boxes, tree)
    while waiting:
        node = waiting.pop()
        for branch in node.branches:
            if branch.way.kind == "extension" or branch.node is None:
                continue
            ends = _box(boxes, node), _box(boxes, branch.node)
            names = arrows.setdefault(ends, [])
            if (name := _short(branch.way)) not in names:
                names.append(name)
            waiting.append(branch.node)
    lines = ["flowchart TD"]
    lines += [f'    {box}["{_escaped(label)}"]' for label, box in boxes.items()]
    lines += [
        f'    {start} -->|"{_escaped(", ".join(names))}"| {end}'
        for (start, end), names in arrows.items()
    ]
    return "\n".join(lines) + "\n"


def _box(boxes: dict[str, str], node: Node) -> str:
    step = node.plan.step
    label = words.step(step)
    if isinstance(step, Ring) and (present := words.members(step)):
        label = f"{label}: {present}"
    return boxes.setdefault(label, f"s{len(boxes) + 1}")


def _short(way: Way) -> str:
    return way.value if way.kind == "outcome" else f"key {way.value}"


def _escaped(label: str) -> str:
    """Write what Mermaid would take for syntax as entities."""
    return label.replace("#", "#35;").replace('"', "#quot;").replace("*", "#42;")
