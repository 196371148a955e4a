from pathlib import Path

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
