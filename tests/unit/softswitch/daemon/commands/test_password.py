from pathlib import Path

import pytest

from softswitch.configuration import parse
from softswitch.daemon.commands.password import Unusable, lines
from softswitch.sip.digest import ha1

FILE = """
employees: {101: {password: something-else}}
network: {listen: [{on: "udp 127.0.0.1:5060", digest: [sha-256, md5]}], realm: "acme"}
"""


def test_what_is_printed_can_be_pasted_and_is_what_the_password_was(tmp_path: Path) -> None:
    config = tmp_path / "switch.yaml"
    config.write_text(FILE)
    printed = lines("102", config, "", lambda: "se cret")
    text = "\n".join(["employees:", *printed, FILE.partition("\nnetwork")[2].join(("network", ""))])
    settings = parse(text, tmp_path, {}).settings
    assert settings.hashes["102"] == {
        algorithm: ha1("102", "acme", "se cret", algorithm) for algorithm in ("MD5", "SHA-256")
    }


def test_without_a_configuration_every_algorithm_is_printed() -> None:
    printed = "\n".join(lines("101", None, "office", lambda: "secret"))
    for algorithm in ("MD5", "SHA-256", "SHA-512-256"):
        assert f"{algorithm.lower()}: {ha1('101', 'office', 'secret', algorithm)}" in printed


def test_the_password_itself_is_not_printed() -> None:
    assert "secret" not in "\n".join(lines("101", None, "office", lambda: "secret"))


@pytest.mark.parametrize(
    ("extension", "password", "words"),
    [
        ("alice", "secret", "expected digits"),
        ("101", "", "one line"),
        ("101", "a\tb", "one line"),
    ],
)
def test_what_cannot_be_meant_is_said(extension: str, password: str, words: str) -> None:
    with pytest.raises(Unusable, match=words):
        lines(extension, None, "office", lambda: password)


def test_a_configuration_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"none\.yaml"):
        lines("101", tmp_path / "none.yaml", "", lambda: "secret")


NETWORK = "network: {listen: [{on: 'udp 127.0.0.1:5060', digest: [sha-256]}], realm: acme}\n"


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "employees: {101: {name: Ann}}\n",
        "employees: {101: {password: !env NOT_SET_ANYWHERE}}\n",
        "employees: {101: {password: !file not-there.txt}}\n",
        "employees: {101: {ha1: nonsense}}\nmenus: 5\nfoo: bar\n",
        "employees: {101: {name: A, name: B}}\n",
    ],
)
def test_a_file_that_waits_for_its_passwords_is_good_enough(tmp_path: Path, rest: str) -> None:
    config = tmp_path / "switch.yaml"
    config.write_text(rest + NETWORK)
    assert lines("101", config, "", lambda: "secret")[1:] == [
        "    ha1:  # of realm 'acme': when that changes, these are worth nothing",
        f"      sha-256: {ha1('101', 'acme', 'secret', 'SHA-256')}",
    ]


def test_a_file_without_a_network_has_the_usual_one(tmp_path: Path) -> None:
    config = tmp_path / "switch.yaml"
    config.write_text("employees: {101: {name: Ann}}\n")
    assert lines("101", config, "", lambda: "secret")[2:] == [
        f"      md5: {ha1('101', 'softswitch', 'secret', 'MD5')}"
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "network: {realm: !env NOT_SET_ANYWHERE}\n",
            "switch.yaml:1:18: error: the environment has",
        ),
        ("network: {realm: a, realm: b}\n", "switch.yaml:1:21: error: 'realm' is there twice"),
        ("network: {listen: [{on: 'udp 127.0.0.1:5060', digest: crc}]}\n", "'crc' is no digest"),
        ("network: {relm: acme}\n", "did you mean 'realm'"),
        ("network: [\n", "switch.yaml:"),
        ("just words\n", "expected a mapping"),
    ],
)
def test_what_is_wrong_with_the_realm_itself_is_said(tmp_path: Path, text: str, words: str) -> None:
    config = tmp_path / "switch.yaml"
    config.write_text(text)
    with pytest.raises(Unusable) as refused:
        lines("101", config, "", lambda: "secret")
    assert words in str(refused.value)
