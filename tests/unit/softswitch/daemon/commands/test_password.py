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
