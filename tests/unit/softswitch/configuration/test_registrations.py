"""How phones register, as the file says it."""

from pathlib import Path

import pytest

from softswitch.configuration import ConfigurationError, parse
from softswitch.configuration.settings import Settings
from softswitch.sip.settings import QualifySettings, RegistrarSettings

HERE = Path("/etc/softswitch")


def settings(text: str = "", first: str = "", second: str = "") -> Settings:
    people = f"employees: {{101: {{password: p{first}}}, 102: {{password: p{second}}}}}\n"
    return parse(people + text, HERE, {}, "office.yaml").settings


def test_where_nothing_is_said_the_switch_has_its_own_mind() -> None:
    found = settings()
    assert found.registrar == RegistrarSettings()
    assert found.qualify == QualifySettings()
    assert found.contact_timeout == 15.0


def test_the_number_of_phones_is_bounded_for_all_and_for_one() -> None:
    found = settings("security: {extension_phones: 2, more_phones: refuse}", first=", phones: 5")
    assert found.registrar == RegistrarSettings(
        maximum_contacts=2, contacts_of={"101": 5}, replaces_oldest=False
    )


def test_proxies_that_phones_are_told_of_are_loose_routes() -> None:
    found = settings("network: {service_route: ['sip:edge.example', '<sip:home.example;lr>']}")
    assert found.registrar.service_route == ("<sip:edge.example;lr>", "<sip:home.example;lr>")


@pytest.mark.parametrize("route", ["edge.example", "tel:+123", "sip:a b", "sip:a,sip:b", "sip:ü.x"])
def test_what_is_no_proxy_is_said(route: str) -> None:
    with pytest.raises(ConfigurationError, match="expected a proxy such as"):
        settings(f"network: {{service_route: '{route}'}}")


@pytest.mark.parametrize(
    ("text", "first", "second", "qualify"),
    [
        (
            "qualify: all, qualify_every: 30s, qualify_misses: 5",
            "",
            "",
            QualifySettings(30.0, everybody=True, misses=5),
        ),
        ("qualify: off", "", "", QualifySettings(0.0)),
        (
            "qualify: behind a router",
            ", qualify: no",
            "",
            QualifySettings(exceptions={"101": False}),
        ),
        (
            "qualify: off",
            ", qualify: yes",
            "",
            QualifySettings(exceptions={"101": True, "102": False}),
        ),
        ("qualify: off", ", qualify: no", "", QualifySettings(0.0)),
        (
            "qualify: all",
            ", qualify: off",
            ", qualify: on",
            QualifySettings(everybody=True, exceptions={"101": False, "102": True}),
        ),
    ],
)
def test_the_file_says_which_phones_are_asked(
    text: str, first: str, second: str, qualify: QualifySettings
) -> None:
    assert settings(f"network: {{{text}}}", first, second).qualify == qualify


def test_a_wrong_word_is_said_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="behind a router"):
        settings("network: {qualify: behind a rooter}")
