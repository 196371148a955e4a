"""Parameter lists."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.parameters import Parameters


def test_names_are_compared_in_lower_case_and_values_kept_as_written() -> None:
    parameters = Parameters.parse(";Tag=aBc; LR ;x = 1")
    assert parameters.get("tag") == "aBc"
    assert parameters.get("lr") == ""
    assert parameters.get("x") == "1"
    assert parameters.get("absent") is None
    assert "lr" in parameters
    assert str(parameters) == ";tag=aBc;lr;x=1"


def test_quoted_values_may_hold_anything() -> None:
    parameters = Parameters.parse(r';a="x;y=\"z\"" ; b')
    assert parameters.get("a") == 'x;y="z"'
    assert "b" in parameters
    assert Parameters.parse(str(parameters)) == parameters


def test_surplus_semicolons_are_forgiven() -> None:
    assert str(Parameters.parse(";;a=1;")) == ";a=1"


@pytest.mark.parametrize("text", ["a=1", ";a=1;a=2", ";=1", ';a="open', ";a b=1", ';a="x"y'])
def test_malformed_lists_are_refused(text: str) -> None:
    with pytest.raises(ParseError):
        Parameters.parse(text)


def test_setting_replaces_in_place_and_without_removes() -> None:
    parameters = Parameters.parse(";rport;branch=x")
    assert str(parameters.setting("rport", "5060")) == ";rport=5060;branch=x"
    assert str(parameters.setting("received", "::1")) == ";rport;branch=x;received=::1"
    assert str(parameters.without("branch")) == ";rport"
    assert not Parameters()


def test_reading_stays_linear_on_hostile_white_space() -> None:
    hostile = ";a=" + " " * 15_000 + 'x"'
    with pytest.raises(ParseError):
        Parameters.parse(hostile)
