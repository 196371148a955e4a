"""From a file to what the switch runs with, or to all that is wrong with it."""

import json
from pathlib import Path

import pytest

from media.net import CHOICES
from softswitch.configuration import ConfigurationError, Listener, Loaded, load, parse
from softswitch.configuration.document import MAXIMUM_VALUES
from softswitch.configuration.document import parse as read_text
from softswitch.configuration.load import from_document
from softswitch.configuration.settings import Access, Guard, StunServer
from softswitch.routing.plan import Outcome, Strategy
from softswitch.sip.settings import (
    BanSettings,
    OverloadSettings,
    PaceSettings,
    SubscriptionSettings,
)

HERE = Path("/etc/softswitch")
PEOPLE = """
employees:
  101: {name: Alice, password: secret-101}
  102: {password: secret-102}
"""


def loaded(text: str, environment: dict[str, str] | None = None) -> Loaded:
    return parse(text, HERE, environment or {}, "office.yaml")


def errors(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        loaded(text)
    return [str(finding) for finding in caught.value.findings]


def test_two_people_are_a_configuration() -> None:
    found = loaded(PEOPLE)
    assert found.configuration.employees["101"].name == "Alice"
    assert found.configuration.employees["101"].timeout == 20
    assert found.settings.passwords == {"101": "secret-101", "102": "secret-102"}
    assert found.warnings == ()


def test_digits_are_read_as_written() -> None:
    config = loaded("employees: {007: {password: secret-007}}").configuration
    assert set(config.employees) == {"007"}
    assert set(config.directory) == {"007", "*43"}


def test_what_is_not_set_has_the_usual_values() -> None:
    settings = loaded(PEOPLE).settings
    assert settings.listeners == (
        Listener("udp", "0.0.0.0", 5060),
        Listener("tcp", "0.0.0.0", 5060),
    )
    assert settings.rtp == (10000, 20000)
    assert settings.state == Path("/var/lib/softswitch")
    assert settings.limits.duration == 4 * 3600


def test_the_network_is_what_the_file_says() -> None:
    network = """
network:
  listen: [{on: "udp 127.0.0.1:5062", digest: sha-256}, "tcp [::1]:5063"]
  advertise: 203.0.113.5
  local: 10.0.0.0/8
  rtp: 20000-20100
  realm: acme.example
state: here
"""
    settings = loaded(PEOPLE + network).settings
    assert settings.listeners == (
        Listener(
            "udp",
            "127.0.0.1",
            5062,
            ("SHA-256",),
            advertise="203.0.113.5",
            local=("10.0.0.0/8",),
        ),
        Listener("tcp", "::1", 5063, local=("10.0.0.0/8",)),
    )
    assert (settings.rtp, settings.realm) == ((20000, 20100), "acme.example")
    assert settings.state == HERE / "here"


def test_one_listener_may_be_written_without_a_list() -> None:
    network = 'network:\n  listen: {on: "udp 127.0.0.1:5062", digest: sha-256}\n'
    (only,) = loaded(PEOPLE + network).settings.listeners
    assert only == Listener("udp", "127.0.0.1", 5062, ("SHA-256",))


def test_a_listener_may_have_an_address_and_a_neighbourhood_of_its_own() -> None:
    network = """
network:
  listen:
    - {on: "udp 10.0.0.1:5060", advertise: 203.0.113.6, local: 10.0.0.0/24}
    - {on: "udp [fd00::1]:5060", advertise: stun stun.example.org, local: [], mode: proxy}
    - "udp 10.1.0.1:5060"
    - {on: "tcp *:5060", advertise: "stun [2001:db8::9]:3479"}
  advertise: 203.0.113.5
  local: 10.0.0.0/8
"""
    assert loaded(PEOPLE + network).settings.listeners == (
        Listener("udp", "10.0.0.1", 5060, advertise="203.0.113.6", local=("10.0.0.0/24",)),
        Listener(
            "udp",
            "fd00::1",
            5060,
            advertise=StunServer("stun.example.org", 3478),
            is_proxy=True,
        ),
        Listener("udp", "10.1.0.1", 5060, advertise="203.0.113.5", local=("10.0.0.0/8",)),
        *(
            Listener(
                "tcp",
                host,
                5060,
                advertise=StunServer("2001:db8::9", 3479),
                local=("10.0.0.0/8",),
            )
            for host in ("0.0.0.0", "::")
        ),
    )


@pytest.mark.parametrize("backend", CHOICES)
def test_any_backend_of_the_media_engine_can_be_asked_for(backend: str) -> None:
    assert loaded(PEOPLE).settings.media_backend == "auto"
    network = f"network: {{media_backend: {backend}}}"
    assert loaded(PEOPLE + network).settings.media_backend == backend


def test_other_domains_are_reached_if_the_owner_says_so_by_the_name_servers_of_his_choice() -> None:
    usual = loaded(PEOPLE).settings
    assert (usual.other_domains, usual.name_servers) == (False, ())
    network = "network: {other_domains: yes, dns: [192.168.1.1, '[fd00::1]:5353', 'fd00::2']}"
    settings = loaded(PEOPLE + network).settings
    assert settings.other_domains
    assert settings.name_servers == (("192.168.1.1", 53), ("fd00::1", 5353), ("fd00::2", 53))


def test_passwords_are_not_shown_by_accident() -> None:
    assert "secret" not in repr(loaded(PEOPLE).settings)


def test_a_department_has_its_defaults_by_its_way_to_ring() -> None:
    config = loaded(
        PEOPLE + "departments: {a: {ring: increasing, members: 101}, b: {members: [101, 102]}}"
    ).configuration
    assert config.departments["a"].strategy is Strategy.INCREASING
    assert (config.departments["a"].delay, config.departments["b"].delay) == (10, 0)
    assert [member.extension for member in config.departments["a"].members] == ["101"]


def test_a_menu_has_the_usual_patience() -> None:
    menu = loaded(PEOPLE + "menus: {main: }").configuration.menus["main"]
    assert (menu.nothing_pressed_after, menu.between_digits, menu.tries) == (5, 2, 3)
    assert menu.extensions == {"101", "102"}
    assert str(menu.on[Outcome.INVALID]) == str(menu.on[Outcome.NOTHING_PRESSED])


def test_wrong_keys_lead_where_nothing_pressed_does_unless_something_is_set() -> None:
    rules = "menus: {main: {nothing_pressed: {to: echo}, invalid: {to: employee 102}}}"
    menu = loaded(PEOPLE + rules).configuration.menus["main"]
    assert str(menu.on[Outcome.INVALID]) == "employee 102"
    assert str(menu.on[Outcome.NOTHING_PRESSED]) == "echo"


def test_a_mailbox_has_the_usual_bounds_and_a_file_is_found_beside_the_configuration() -> None:
    config = loaded(PEOPLE + "voicemail: {a: {}, b: {greeting: {play: hi.wav}}}").configuration
    assert (config.mailboxes["a"].maximum, config.mailboxes["a"].silence) == (300, 10)
    assert config.mailboxes["a"].greeting.say
    assert config.mailboxes["b"].greeting.play == "/etc/softswitch/hi.wav"


def test_the_department_marked_as_default_is_rung_by_numbers_without_a_rule() -> None:
    rules = 'departments: {a: {}, b: {default: yes}}\nnumbers: {"+48 1": , "+48 2": {open: echo}}'
    config = loaded(PEOPLE + rules).configuration
    assert str(config.numbers["+481"].open) == "department b"
    assert str(config.numbers["+482"].open) == "echo"


def test_all_errors_are_found_at_once() -> None:
    found = errors(
        "employees:\n"
        "  101: {pasword: x}\n"
        "departments:\n"
        "  sales: {ring: increasng, members: [999]}\n"
        'numbers: {"+48 1": menu mian}\n'
        "menus: {main: {}}\n"
        "mobile: x\n"
    )
    assert [error.split(": error: ")[0] for error in found] == [
        "office.yaml:2:3",
        "office.yaml:2:9",
        "office.yaml:4:17",
        "office.yaml:4:38",
        "office.yaml:5:20",
        "office.yaml:7:1",
    ]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "1:1", "'employees' is missing here"),
        ("- a", "1:1", "expected a mapping"),
        ("employees: {}\nmenus: text", "2:8", "expected a mapping"),
        ("employees: {101: {}}", "1:13", "'password' is missing here"),
        ("employees: {101: {password: }}", "1:28", "expected a password"),
        ("employees: {1a: {password: secret-1}}", "1:13", "expected digits"),
        ("employees: {}\nnumber: {}", "2:1", "did you mean 'numbers'?"),
        (PEOPLE + "numbers: {abc: echo}", "5:11", "expected a telephone number"),
        (PEOPLE + 'numbers: {"+48 1": employe 101}', "5:20", "did you mean 'employee'?"),
        (PEOPLE + 'numbers: {"+48 1": employee}', "5:20", "such as 'employee 101'"),
        (PEOPLE + 'numbers: {"+48 1": voicemail x}', "5:20", "the file has no voicemail"),
        (PEOPLE + 'numbers: {"+48 1": back}', "5:20", "inside a menu"),
        (PEOPLE + 'numbers: {"+48 1": [echo]}', "5:20", "expected a mapping"),
        (PEOPLE + 'numbers: {"+48 1": {hours: x, closed: echo}}', "5:28", "no schedule 'x'"),
        (PEOPLE + 'numbers: {"+48 1": {closed: echo}}', "5:21", "no effect without hours"),
        (PEOPLE + 'numbers: {"+48 1": {full: echo}}', "5:21", "no effect without limit"),
        (PEOPLE + 'numbers: {"+48 1": echo, "+481": echo}', "5:26", "same number as '+48 1'"),
        (PEOPLE + "departments: {a: {number: 101}}", "5:19", "101 is an employee already"),
        (PEOPLE + "departments: {a: {number: 112}}", "5:19", "112 is an emergency number"),
        ("employees: {112: {password: secret-112}}", "1:13", "112 is an emergency number"),
        (PEOPLE + "departments: {a: {members: [101, 101]}}", "5:34", "a member twice"),
        (PEOPLE + "departments: {a: {skip_busy: maybe}}", "5:30", "expected yes or no"),
        (PEOPLE + "departments: {a: {delay: 10}}", "5:26", "such as '20s'"),
        (PEOPLE + "departments: {a: {timeout: 0s}}", "5:28", "more than no time"),
        (PEOPLE + "departments: {a: {default: y}}", "5:28", "expected yes or no"),
        (PEOPLE + "departments: {a: {default: yes}, b: {default: yes}}", "5:38", "'a' is the"),
        (PEOPLE + "menus: {main: {dial: [103]}}", "5:16", "neither an employee nor"),
        (PEOPLE + "menus: {main: {dial: al}}", "5:22", "extensions, none"),
        (PEOPLE + "menus: {main: {keys: {12: echo}}}", "5:23", "expected one key"),
        (PEOPLE + "menus: {main: {greeting: {}}}", "5:26", "either say or play"),
        (PEOPLE + "menus: {main: {greeting: hello}}", "5:26", "expected a mapping"),
        (PEOPLE + "menus: {main: {invalid: {say: a, play: b}}}", "5:25", "not both"),
        (PEOPLE + "menus: {main: {invalid: {tries: 0}}}", "5:33", "from 1"),
        (PEOPLE + "schedules: {a: {zone: Europe/Warsa, open: 09:00-10:00}}", "5:23", "'Europe/Wa"),
        (PEOPLE + "schedules: {a: {zone: UTC, open: []}}", "5:34", "at least one"),
        (PEOPLE + "schedules: {a: {zone: UTC, open: [mo 09:00-10:00]}}", "5:35", "no day"),
        (PEOPLE + "features: {echo: '101'}", "5:12", "101 is an employee already"),
        (PEOPLE + "network: {listen: udp 5060}", "5:19", "such as 'udp 0.0.0.0:5060'"),
        (PEOPLE + "network: {listen: upd 1.2.3.4:5060}", "5:19", "did you mean 'udp'?"),
        (PEOPLE + "network: {listen: {on: upd 1.2.3.4:5060}}", "5:24", "did you mean 'udp'?"),
        (PEOPLE + "network: {listen: {no: upd 1.2.3.4:5060}}", "5:20", "unknown key"),
        (PEOPLE + "network: {listen: {}}", "5:11", "'on' is missing here"),
        (PEOPLE + "network: {listen: [udp 1.2.3.4:1, udp 1.2.3.4:1]}", "5:35", "already"),
        (PEOPLE + "network: {rtp: 20000-10000}", "5:16", "expected ports"),
        (PEOPLE + "network: {local: 10.0.0.0/99}", "5:18", "expected a network"),
        (PEOPLE + "network: {advertise: here}", "5:22", "expected an address"),
        (PEOPLE + "network: {advertise: stun}", "5:22", "expected a server such as"),
        (PEOPLE + "network: {advertise: 'stun a:b'}", "5:22", "expected a server such as"),
        (PEOPLE + "network: {advertise: 'stun a:0'}", "5:22", "expected a server such as"),
        (PEOPLE + "network: {dns: ns.example.org}", "5:16", "expected an address such as"),
        (PEOPLE + "network: {dns: ['10.0.0.1:0']}", "5:17", "expected an address such as"),
        (PEOPLE + "network: {listen: [udp *:5060, 'udp [::]:5060']}", "5:32", "already"),
        (
            PEOPLE + "network: {listen: [{on: 'udp [::]:5060', advertise: 203.0.113.5}]}",
            "5:42",
            "203.0.113.5 cannot be an address of ::",
        ),
        (
            PEOPLE + "network: {listen: [{on: 'udp *:1', mode: prox}]}",
            "5:42",
            "did you mean 'proxy'",
        ),
        (
            PEOPLE + "network: {listen: [{on: 'udp 1.2.3.4:5', digest: sha}]}",
            "5:50",
            "did you mean",
        ),
        (PEOPLE + "network: {listen: [{on: 'udp 1.2.3.4:5', digest: []}]}", "5:50", "at least one"),
        (
            PEOPLE + "network: {listen: [{on: 'udp 1.2.3.4:5', deny: x}]}",
            "5:48",
            "expected a network",
        ),
        (PEOPLE + "security: {never_ban: x}", "5:23", "expected a network"),
        (PEOPLE + "security: {overload: never}", "5:22", "duration"),
        (PEOPLE + "security: {session_timer: 60s}", "5:27", "90 at least"),
        (PEOPLE + "security: {session_timer: 90500ms}", "5:27", "whole seconds"),
        ("employees: {101: {ha1: abc}}", "1:24", "32 hexadecimal digits"),
        ("employees: {101: {ha1: {md6: abc}}}", "1:24", "'md5'"),
        ("employees: {101: {ha1: {}}}", "1:24", "expected a hash"),
        ("employees: {101: {password: secret-1, ha1: " + "a" * 32 + "}}", "1:18", "not both"),
        ("employees: {101: {password: secret-1, deny: x}}", "1:45", "expected a network"),
        (
            "employees: {101: {ha1: " + "a" * 32 + "}}\n"
            "network: {listen: [{on: 'udp 1.2.3.4:5', digest: [sha-256, md5]}]}",
            "1:19",
            "asks for sha-256, of which there is no hash",
        ),
        (
            "employees: {101: {ha1: {sha-256: " + "a" * 64 + "}}}",
            "1:19",
            "asks for md5, of which there is no hash",
        ),
        (
            "employees: {101: {ha1: {sha-256: " + "a" * 64 + "}}}\n"
            "network: {listen: [{on: 'udp 1.2.3.4:5', digest: sha-256}, tcp 1.2.3.4:5]}",
            "1:19",
            "asks for md5, of which there is no hash",
        ),
        (PEOPLE + "security: {calls: many}", "5:19", "expected a number"),
        (
            "employees: {101: {password: secret-1, hours: a}}\n"
            "schedules: {a: {zone: UTC, open: 09:00-10:00}}",
            "1:39",
            "'closed' is missing here",
        ),
    ],
)
def test_an_error_names_its_place_and_what_was_expected(text: str, place: str, words: str) -> None:
    found = errors(text)
    assert any(error.startswith(f"office.yaml:{place}: ") and words in error for error in found), (
        found
    )


def test_one_missing_secret_is_one_error() -> None:
    assert len(errors("employees: {101: {password: !env NOT_SET}}")) == 1


def test_a_short_password_and_a_missing_prompt_are_warnings() -> None:
    found = loaded(
        "employees: {101: {password: short, no_answer: {to: voicemail box}}}\n"
        "voicemail: {box: {greeting: {play: none.wav}}}"
    )
    assert [str(warning) for warning in found.warnings] == [
        "office.yaml:1:29: warning: the password of 101 has fewer than 8 characters",
        "office.yaml:2:13: warning: voicemail.box: there is no file /etc/softswitch/none.wav, "
        "so callers hear two beeps",
    ]


@pytest.mark.parametrize(
    "written", ["number +48 1", "number '+48 1'", """'number "+48 1"'"""], ids=["bare", "'", '"']
)
def test_the_number_of_a_destination_may_stand_in_quotes(written: str) -> None:
    rules = f'numbers: {{"+48 1": echo, "+48 2": {written}}}'
    config = loaded(PEOPLE + rules).configuration
    assert str(config.numbers["+482"].open) == "number +481"


def test_numbers_that_lead_to_two_places_are_told_beside_other_errors() -> None:
    found = errors(
        PEOPLE + "departments: {a: {number: 101, ring: loud}, b: {number: 600}, c: {number: 600}}"
    )
    assert [error.split(": error: ")[1].split(";")[0] for error in found] == [
        "departments.a.number: 101 is an employee already",
        "departments.a.ring: 'loud' is no way to ring",
        "departments.c.number: 600 is the number of department b already",
    ]


def test_too_many_values_are_the_only_error_of_a_file() -> None:
    aliases = ", ".join(["*many"] * 25)
    text = f"employes: &many [{', '.join('x' * 100)}]\nmenus: [{aliases}]"
    with pytest.raises(ConfigurationError) as caught:
        from_document(read_text(text, "office.yaml", HERE, {}, maximum=2000), HERE)
    [found] = caught.value.findings
    assert "more than 2000 values" in found.message
    assert MAXIMUM_VALUES == 200_000


def test_the_echo_test_can_be_left_out() -> None:
    assert "*43" not in loaded(PEOPLE + "features: {echo: off}").configuration.directory
    assert "*99" in loaded(PEOPLE + 'features: {echo: "*99"}').configuration.directory


def test_a_file_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(tmp_path / "none.yaml", {})


def test_a_file_is_found_with_its_own_folder(tmp_path: Path) -> None:
    path = tmp_path / "office.yaml"
    path.write_text(json.dumps({"employees": {"101": {"password": "secret-101"}}, "state": "s"}))
    assert load(path, {}).settings.state == tmp_path / "s"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (r'employees: {101: {name: "A\nB", password: secret-101}}', "1:25"),
        (r'employees: {101: {name: A, password: "secret-101\n"}}', "1:38"),
        (PEOPLE + r'network: {realm: "a\nb"}', "5:18"),
        (PEOPLE + r'network: {realm: "a\ud800"}', "5:18"),
        (PEOPLE + r'state: "a\tb"', "5:8"),
        (PEOPLE + r'menus: {main: {greeting: {say: "a\ud800"}, keys: {1: employee 101}}}', "5:32"),
    ],
)
def test_what_would_not_fit_a_header_is_an_error_with_its_place(text: str, place: str) -> None:
    [error] = errors(text)
    assert error.startswith(f"office.yaml:{place}: error: ")


def test_a_listener_asks_in_several_ways_the_most_wanted_first() -> None:
    text = (
        PEOPLE + "network: {listen: [{on: 'udp 1.2.3.4:5', digest: [SHA-512-256, sha-256, md5]}]}"
    )
    [listener] = loaded(text).settings.listeners
    assert listener.algorithms == ("SHA-512-256", "SHA-256", "MD5")


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("a" * 32, {"MD5": "a" * 32}),
        ("A" * 64, {"SHA-256": "a" * 64}),
        (
            "{md5: " + "b" * 32 + ", sha-512-256: " + "c" * 64 + "}",
            {"MD5": "b" * 32, "SHA-512-256": "c" * 64},
        ),
    ],
)
def test_a_hash_may_stand_for_a_password(written: str, known: dict[str, str]) -> None:
    digest = next(iter(known)).lower()
    text = (
        f"employees: {{101: {{ha1: {written}}}, 102: {{password: secret-2}}}}\n"
        f"network: {{listen: [{{on: 'udp 1.2.3.4:5', digest: {digest}}}]}}"
    )
    settings = loaded(text).settings
    assert settings.hashes == {"101": known}
    assert settings.passwords == {"102": "secret-2"}


def test_who_may_come_in_is_said_of_listeners_and_of_extensions() -> None:
    settings = loaded(
        "employees: {101: {password: secret-1, allow: 10.0.0.0/8, deny: [10.9.0.0/16]}, "
        "102: {password: secret-2}}\n"
        "network: {listen: [{on: 'udp 1.2.3.4:5', allow: 192.0.2.7}]}"
    ).settings
    assert settings.access == {"101": Access(("10.0.0.0/8",), ("10.9.0.0/16",))}
    assert settings.listeners[0].access == Access(("192.0.2.7/32",))


def test_what_keeps_strangers_out_has_its_usual_values() -> None:
    assert loaded(PEOPLE).settings.guard == Guard()


def test_what_keeps_strangers_out_can_be_set() -> None:
    guard = loaded(
        PEOPLE + "security:\n"
        "  calls_per_second: 5\n"
        "  extension_calls: 7\n"
        "  extension_calls_per_second: 2\n"
        "  extension_requests_per_second: 6\n"
        "  phone_messages_per_second: 90\n"
        "  subscriptions: 70\n"
        "  extension_subscriptions: 8\n"
        "  strangers_per_second: 9\n"
        "  datagram_size: 3000\n"
        "  message_size: 4000\n"
        "  bans: {failures: 3, failures_of_host: 30, failures_of_host_in_hour: 40, within: 10s, "
        "first: 2m, longest: 1m}\n"
        "  never_ban: 10.1.2.3/8\n"
        "  scanners: [nosy]\n"
        "  overload: off\n"
    ).settings.guard
    assert guard == Guard(
        bans=BanSettings(3, 30, 40, 10.0, first=120.0, longest=120.0, never=("10.0.0.0/8",)),
        pace=PaceSettings(5, 2, requests_of_extension=6),
        overload=OverloadSettings(lag=0.0),
        calls_of_extension=7,
        subscriptions=SubscriptionSettings(70, 8),
        strangers=9,
        phone=90,
        scanners=("nosy",),
        datagram=3000,
        message=4000,
    )


@pytest.mark.parametrize(("written", "seconds"), [("10m", 600.0), ("90s", 90.0), ("off", 0.0)])
def test_session_timers_are_as_long_as_the_file_says(written: str, seconds: float) -> None:
    text = PEOPLE + f"security: {{session_timer: {written}}}"
    assert loaded(text).settings.limits.session_timer == seconds
