"""A codec whose library is missing is said, and offered to nobody."""

from softswitch.daemon.codecs import missing_codecs, with_codecs_there
from softswitch.routing.model import Configuration
from tests.unit.softswitch.configuration.test_load import loaded

HERE, NOWHERE = "libopus.so.0", ""


def configuration(*codecs: str) -> Configuration:
    lines = [f"  {101 + k}: {{password: secret, codecs: {each}}}" for k, each in enumerate(codecs)]
    return loaded("employees:\n" + "\n".join(lines) + "\n").configuration


def spoken(configured: Configuration, library: str) -> list[tuple[str, ...]]:
    there = with_codecs_there(configured, library)
    return [one.codecs for one in there.employees.values()]


def test_where_the_library_is_there_all_is_as_configured() -> None:
    configured = configuration("[opus, g722]", "[pcma]")
    assert list(missing_codecs(configured, HERE)) == []
    assert spoken(configured, HERE) == [("opus", "G722"), ("PCMA",)]


def test_where_it_is_missing_that_is_said_once_with_what_to_install() -> None:
    [words] = missing_codecs(configuration("[opus, g722]", "[pcma]", "[g722, opus]"), NOWHERE)
    assert "101 and 1 more" in words
    assert "libopus0" in words
    [words] = missing_codecs(configuration("[opus]"), NOWHERE)
    assert "of 101," in words


def test_where_it_is_missing_it_is_left_out() -> None:
    configured = configuration("[opus, g722]", "[pcma]", "[opus]")
    assert spoken(configured, NOWHERE) == [("G722",), ("PCMA",), ()]


def test_who_does_not_ask_for_it_needs_no_library() -> None:
    configured = configuration("[g722]")
    assert list(missing_codecs(configured, NOWHERE)) == []
    assert with_codecs_there(configured, NOWHERE) is configured
