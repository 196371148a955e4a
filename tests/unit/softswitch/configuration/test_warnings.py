from pathlib import Path

import pytest

from softswitch.configuration.load import parse
from softswitch.routing.finding import Severity

PEOPLE = """
employees:
  101: {name: One, password: secret-one}
departments:
  sales: {number: 600, members: [101]}
"""


def test_the_owner_is_told_what_calls_of_a_proxy_give_up() -> None:
    network = "network:\n  listen:\n    - {on: 'udp 0.0.0.0:5060', mode: proxy}\n"
    loaded = parse(network + PEOPLE, Path(), {})
    assert loaded.settings.listeners[0].is_proxy
    found = next(one for one in loaded.warnings if "no record" in one.message)
    assert (found.severity, found.line, found.column) == (Severity.WARNING, 3, 38)
    void = ("call_duration", "silence", "silence_on_hold", "session_timer")
    assert all(setting in found.message for setting in void)


def test_nothing_is_said_of_a_listener_whose_calls_the_switch_takes() -> None:
    network = "network:\n  listen: [{on: 'udp 0.0.0.0:5060', mode: switch}, 'tcp 0.0.0.0:5060']\n"
    loaded = parse(network + PEOPLE, Path(), {})
    assert not any("no record" in one.message for one in loaded.warnings)


def test_passwords_of_the_examples_are_told_once_with_whose_they_are() -> None:
    people = """
employees:
  101: {name: One, password: secret-one}
  102: {name: Two, password: change-me-102}
  103: {name: Three, password: !env THREE}
"""
    warnings = parse(people, Path(), {"THREE": "Change-me-now"}).warnings
    [found] = [one for one in warnings if "example" in one.message]
    assert found.message == (
        "the passwords of 102, 103 are those of the example files, which everybody knows: "
        "change them"
    )
    assert (found.severity, found.line, found.column) == (Severity.WARNING, 4, 30)


def test_one_password_of_the_examples_is_told_too() -> None:
    people = "employees:\n  102: {name: Two, password: change-me-102}\n"
    [found] = [one for one in parse(people, Path(), {}).warnings if "example" in one.message]
    assert found.message == (
        "the password of 102 is that of the example files, which everybody knows: change it"
    )


@pytest.mark.parametrize("listen", ["udp 0.0.0.0:5060", "ws 0.0.0.0:8088"])
def test_certificates_that_no_listener_shows_are_told(listen: str) -> None:
    network = f"""
network:
  listen: ['{listen}']
  certificate: own.pem
  key: own.key
  authority: phones.pem
"""
    found = [one for one in parse(network + PEOPLE, Path(), {}).warnings if "tls" in one.message]
    assert [(one.line, one.message) for one in found] == [
        (4, "network.certificate: no listener uses it; one of tls or wss would"),
        (5, "network.key: no listener uses it; one of tls or wss would"),
        (6, "network.authority: no listener uses it; one of tls or wss would"),
    ]


def test_nothing_is_said_of_a_certificate_that_a_listener_shows() -> None:
    network = """
network:
  listen: [udp 0.0.0.0:5060, wss 0.0.0.0:8089]
  certificate: own.pem
  key: own.key
"""
    assert not any("uses it" in one.message for one in parse(network + PEOPLE, Path(), {}).warnings)


def test_a_certificate_beside_listeners_that_have_all_their_own_is_told() -> None:
    network = """
network:
  listen: [{on: 'tls 0.0.0.0:5061', certificate: a.pem, key: a.key}]
  certificate: own.pem
  key: own.key
"""
    found = parse(network + PEOPLE, Path(), {}).warnings
    assert sum("no listener uses it" in one.message for one in found) == 2


def test_the_owner_is_told_that_callers_do_not_know_of_recordings() -> None:
    people = PEOPLE.replace("secret-one}", "secret-one, record: always}")
    [found] = [one for one in parse(people, Path(), {}).warnings if "are recorded" in one.message]
    assert (found.severity, found.line) == (Severity.WARNING, 3)
    assert not any("are recorded" in one.message for one in parse(PEOPLE, Path(), {}).warnings)


def test_recordings_are_kept_as_the_file_says() -> None:
    text = "recording: {format: OGG, keep: 90d, most: 50 GB, minimum_free: 500 MB}\n"
    kept = parse(text + PEOPLE, Path(), {}).settings.recordings
    assert (kept.form, kept.age) == ("ogg", 90 * 86400.0)
    assert (kept.total, kept.minimum_free) == (50 * 10**9, 5 * 10**8)
    usual = parse(PEOPLE, Path(), {}).settings.recordings
    assert (usual.form, usual.age, usual.total, usual.minimum_free) == ("wav", None, None, 10**9)
