"""Event against RFC 6665, section 8.2.1."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.event import Event


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("dialog", Event("dialog")),
        ("refer ; id=93809824", Event("refer", "93809824")),
        ("presence.winfo", Event("presence.winfo")),
        ("dialog;sla;id=7;call-id=x", Event("dialog", "7")),
    ],
)
def test_package_and_id_are_read_and_other_parameters_do_not_count(text: str, event: Event) -> None:
    assert Event.parse(text) == event


def test_it_prints_as_it_is_read() -> None:
    assert str(Event("refer", "2")) == "refer;id=2"
    assert str(Event("dialog")) == "dialog"


@pytest.mark.parametrize("text", ["", ";id=1", "two words", "a..b", "dialog;id=<", 'x;id="a b"'])
def test_what_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        Event.parse(text)
