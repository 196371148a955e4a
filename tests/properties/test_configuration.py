"""Whatever a file holds: a configuration comes of it, or words about it."""

from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softswitch.configuration import ConfigurationError, parse
from softswitch.configuration.document import Document
from softswitch.configuration.load import from_document
from softswitch.routing.finding import Finding
from tests.support.configurations import Mapped, as_yaml, documents, loaded

HERE = Path("/etc/softswitch")

relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, max_examples=40
)

words = st.sampled_from(
    ["101", "007", "*43", "20s", "employee 101", "menu main", "back", "mon 9-18", "", "x" * 50, "²"]
)
junk = st.recursive(
    st.none() | words | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@settings(relaxed, max_examples=5)
@given(documents())
def test_a_valid_file_is_the_same_configuration_as_its_values(document: Mapped) -> None:
    whole = parse(as_yaml(document), HERE, {}, "generated.yaml").configuration
    values = loaded(document).configuration
    assert whole.directory.keys() == values.directory.keys()
    assert [e.timeout for e in whole.employees.values()] == [
        e.timeout for e in values.employees.values()
    ]
    assert {name: str(menu.on) for name, menu in whole.menus.items()}.keys() == values.menus.keys()


@relaxed
@given(st.text(alphabet="abc:-[]{}!&*#'\" \n\t0123", max_size=60))
def test_any_text_is_a_configuration_or_an_error_with_words(text: str) -> None:
    with suppress(ConfigurationError):
        parse(text, HERE, {}, "generated.yaml")


@relaxed
@given(documents(), st.data())
def test_anything_in_the_place_of_a_value_is_accepted_or_an_error_with_a_place(
    document: Mapped, data: st.DataObject
) -> None:
    file = Document("generated.yaml")
    file.root = deepcopy(document)
    _spoil(file.root, data)
    assert all(finding.message and finding.line for finding in _findings(file))


def _findings(file: Document) -> tuple[Finding, ...]:
    try:
        return from_document(file, HERE).warnings
    except ConfigurationError as error:
        return error.findings


def _spoil(values: Any, data: st.DataObject) -> None:
    """Put junk somewhere into a nest of dicts and lists."""
    while True:
        keys = list(values) if isinstance(values, dict) else list(range(len(values)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        deeper = data.draw(st.integers(0, 3)) > 0
        if not isinstance(values[key], dict | list) or not deeper:
            values[key] = data.draw(junk)
            return
        values = values[key]
