"""The files that ship: they load, they say nothing odd, and they do what they claim."""

import itertools
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from softswitch.configuration import load, parse
from softswitch.configuration.jsonschema import render
from softswitch.routing.decide import decide
from softswitch.routing.explain import explain
from softswitch.routing.model import Configuration, Dialled
from softswitch.routing.plan import EnterMenu, EnterVoicemail, Ring, Strategy
from tests.support.configurations import Still

CONFIG = Path(__file__).parents[2] / "config"
EXAMPLES = sorted(CONFIG.glob("*.yaml"))
NOON = datetime(2026, 1, 5, 12, tzinfo=ZoneInfo("Europe/Warsaw"))


@pytest.fixture(scope="module")
def office() -> Configuration:
    return load(CONFIG / "office.yaml", {}).configuration


def everybody(config: Configuration) -> Still:
    return Still(frozenset(config.employees))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_loads_with_a_warning_of_its_passwords_alone(path: Path) -> None:
    loaded = load(path, {})
    [warning] = loaded.warnings
    assert ", ".join(loaded.settings.passwords) in warning.message
    assert "example files" in warning.message


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_names_its_schema(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=softswitch.schema.json"


def test_the_schema_is_up_to_date() -> None:
    written = (CONFIG / "softswitch.schema.json").read_text()
    assert written == render(), "write it anew with softswitch.configuration.jsonschema.render"


def test_minimal_is_about_20_lines() -> None:
    assert len((CONFIG / "minimal.yaml").read_text().splitlines()) <= 22


def test_the_office_has_ten_people_and_a_department_for_each_strategy(
    office: Configuration,
) -> None:
    assert len(office.employees) == 10
    assert {d.strategy for d in office.departments.values()} == set(Strategy)


def test_the_main_number_is_a_menu_by_day_and_a_mailbox_by_night(office: Configuration) -> None:
    number = "+48 22 123 45 67"
    day = decide(office, Dialled(number, "+15550100", NOON), everybody(office)).step
    night = decide(office, Dialled(number, "+15550100", NOON.replace(hour=22)), Still()).step
    assert isinstance(day, EnterMenu)
    assert isinstance(night, EnterVoicemail)


def test_the_sales_department_rings_as_its_comments_say(office: Configuration) -> None:
    step = decide(office, Dialled("600", "101", NOON), everybody(office)).step
    assert isinstance(step, Ring)
    assert [(m.extension, m.delay) for m in step.members] == [("102", 0), ("103", 10), ("104", 15)]


def test_every_number_of_the_office_can_be_explained_whole(office: Configuration) -> None:
    for number in office.directory:
        tree = explain(office, Dialled(number, "101", NOON), everybody(office))
        waiting = [tree]
        while waiting:
            for branch in waiting.pop().branches:
                assert branch.node is not None or branch.cut.endswith("as above")
                waiting += [branch.node] if branch.node else []


OPTION = re.compile(r"( +)# (- |(\w+): )")
"""A key, or an item of a list, that is there as a comment."""


def options(text: str) -> Iterator[range]:
    """Yield the lines of each thing that is there as a comment."""
    lines = text.splitlines()
    for first, line in enumerate(lines):
        if OPTION.match(line):
            end = first + 1
            while re.match(r" +#  ", lines[end]):
                end += 1
            yield range(first, end)


def without_marks(text: str, *which: range) -> str:
    """Return `text` with the comments of `which` lines made part of the file."""
    lines = text.splitlines()
    for place in itertools.chain(*which):
        lines[place] = lines[place].replace("# ", "", 1)
    return "\n".join(lines)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_what_an_example_has_as_a_comment_works_as_it_stands(path: Path) -> None:
    text = path.read_text()
    for option in options(text):
        parse(without_marks(text, option), CONFIG, {})


def test_all_that_the_office_has_as_comments_works_together() -> None:
    text = (CONFIG / "office.yaml").read_text()
    chosen: dict[str, range] = {}  # of two ways to write the same key, the first
    for option in options(text):
        found = OPTION.match(text.splitlines()[option.start])
        assert found is not None
        chosen.setdefault(found[0] if found[3] else str(option.start), option)
    assert len(chosen) > 18
    settings = parse(without_marks(text, *chosen.values()), CONFIG, {}).settings
    listeners = [f"{one.transport} {one.host}:{one.port}" for one in settings.listeners]
    assert {"tls 0.0.0.0:5061", "udp 2001:db8::1:5060", "udp 10.0.0.1:5066"} <= set(listeners)
    assert settings.trusted == ("10.0.0.5/32",)
