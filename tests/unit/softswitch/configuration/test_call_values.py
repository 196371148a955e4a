"""How calls sound, and who is believed, as the file says it."""

import pytest

from media.countries import COUNTRIES
from softswitch.routing.model import Employee
from tests.unit.softswitch.configuration.test_load import PEOPLE, errors, loaded


def people(employee: str, network: str = "{}") -> Employee:
    text = f"employees: {{101: {{password: secret, {employee}}}}}\nnetwork: {network}\n"
    return loaded(text).configuration.employees["101"]


def test_codecs_are_in_the_order_of_the_file_and_may_be_few() -> None:
    assert people("codecs: [pcmu, PCMA, pcmu]").codecs == ("PCMU", "PCMA")
    assert people("codecs: pcma").codecs == ("PCMA",)
    assert people("codecs: [Opus, g722, pcma]").codecs == ("opus", "G722", "PCMA")


def test_codecs_of_the_network_are_those_of_who_has_none_of_his_own() -> None:
    assert people("calls: 2", "{codecs: [pcma, pcmu]}").codecs == ("PCMA", "PCMU")
    assert people("codecs: pcmu", "{codecs: [pcma, pcmu]}").codecs == ("PCMU",)
    assert people("calls: 2").codecs == ()


def test_a_codec_that_there_is_not_is_said_with_those_that_there_are() -> None:
    found = errors("employees: {101: {password: secret, codecs: [g729]}}")
    assert "'g729' is no codec" in found[0]
    assert "G722" in found[0]
    assert errors("employees: {101: {password: secret, codecs: []}}")


@pytest.mark.parametrize(
    ("own", "network", "expected"),
    [
        ("calls: 1", "{}", False),
        ("media: direct", "{}", True),
        ("calls: 1", "{media: direct}", True),
        ("media: through", "{media: direct}", False),
    ],
)
def test_media_is_direct_where_the_person_or_else_the_network_says_so(
    own: str, network: str, expected: bool
) -> None:
    assert people(own, network).is_direct is expected


def test_early_media_is_local_where_it_is_said() -> None:
    assert people("calls: 1").early_media
    assert not people("early_media: local").early_media
    departments = "departments: {a: {members: [101], early_media: local}, b: {members: [101]}}\n"
    found = loaded(PEOPLE + departments).configuration.departments
    assert (found["a"].early_media, found["b"].early_media) == (False, None)


@pytest.mark.parametrize(
    ("written", "header"),
    [
        ("internal", "<http://softswitch.invalid>;info=internal"),
        ("urn:alert:source:internal", "<urn:alert:source:internal>"),
        ("http://127.0.0.1/Bellcore-dr2", "<http://127.0.0.1/Bellcore-dr2>"),
        ("'<http://x>;info=ring3'", "<http://x>;info=ring3"),
    ],
)
def test_a_department_or_number_rings_in_its_way(written: str, header: str) -> None:
    text = (
        f"departments: {{a: {{members: [101], alert: {written}}}}}\n"
        f"numbers: {{'+48 22 1': {{open: department a, alert: {written}}}}}\n"
    )
    config = loaded(PEOPLE + text).configuration
    assert config.departments["a"].alert == header
    assert config.numbers["+48221"].alert == header


@pytest.mark.parametrize("written", ["two words", "'<x'", "'<http://x>, <http://y>'", "''"])
def test_what_could_not_stand_in_the_header_is_an_error(written: str) -> None:
    text = f"departments: {{a: {{members: [101], alert: {written}}}}}\n"
    assert "departments.a.alert" in errors(PEOPLE + text)[0]


def test_who_is_trusted_and_what_we_are_called() -> None:
    network = """
network:
  listen: [{on: "udp 127.0.0.1:5060", trusted: yes}, "tcp 127.0.0.1:5060"]
  trusted: 10.0.0.5
  domain: PBX.example.com
  agent: Example PBX 2.0
"""
    settings = loaded(PEOPLE + network).settings
    assert [listener.is_trusted for listener in settings.listeners] == [True, False]
    assert settings.trusted == ("10.0.0.5/32",)
    assert (settings.domain, settings.agent) == ("pbx.example.com", "Example PBX 2.0")


@pytest.mark.parametrize("network", ["domain: a b", "domain: 'a@b'", "agent: 'a\"b'", "media: x"])
def test_what_could_not_stand_in_a_message_is_an_error(network: str) -> None:
    key = network.partition(":")[0]
    assert f"network.{key}" in errors(f"{PEOPLE}\nnetwork: {{{network}}}\n")[0]


@pytest.mark.parametrize(("written", "code"), [("de", "de"), ("GB", "gb"), ("no", "no")])
def test_tones_are_those_of_a_country(written: str, code: str) -> None:
    assert loaded(f"{PEOPLE}network: {{country: {written}}}\n").settings.country == code


def test_without_a_country_tones_are_those_of_most_of_europe() -> None:
    assert loaded(PEOPLE).settings.country == "eu"


@pytest.mark.parametrize(("written", "hint"), [("xx", "known; expected"), ("Germany", "'de'?")])
def test_an_unknown_country_is_an_error_that_lists_the_known_ones(written: str, hint: str) -> None:
    (error,) = errors(f"{PEOPLE}network: {{country: {written}}}\n")
    assert hint in error
    assert ", ".join(COUNTRIES) in error
