"""YAML as texts with positions."""

import os
from pathlib import Path

import pytest

from softswitch.configuration.document import MAXIMUM_BYTES, Document, Position, parse, read

HERE = Path("/etc/softswitch")


def document(text: str, environment: dict[str, str] | None = None, folder: Path = HERE) -> Document:
    return parse(text, "office.yaml", folder, environment or {})


def errors(text: str, environment: dict[str, str] | None = None) -> list[str]:
    return [str(error) for error in document(text, environment).errors]


def test_every_value_is_text_as_written() -> None:
    found = document("{007: 1.50, on: 12:30, 'x': yes, list: [0x10, ~], none: }")
    assert found.root == {
        "007": "1.50",
        "on": "12:30",
        "x": "yes",
        "list": ["0x10", None],
        "none": None,
    }
    assert found.errors == []


def test_an_empty_file_holds_nothing() -> None:
    assert document("# nothing\n").root is None


def test_each_value_and_each_key_has_its_place() -> None:
    found = document("a:\n  b: [x, y]\n")
    assert found.position(("a", "b", 1)) == Position(2, 10)
    assert found.key_position(("a", "b")) == Position(2, 3)
    assert found.position(("a", "b", 7, "lost")) == Position(2, 6)
    assert Document("office.yaml").position(("a",)) == Position(1, 1)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: [1\nb: 2", "office.yaml:2:2", "expected"),
        ("a: b: c", "office.yaml:1:5", "mapping values are not allowed"),
        ("a: *43", "office.yaml:1:4", "in quotes"),
        ("a: 1\n---\nb: 2", "office.yaml:2:1", "document"),
        ("a: \x01", "office.yaml:1:4", "not allowed"),
        ("a: 1\nb: 2\na: 3", "office.yaml:3:1", "twice, first in line 1"),
        ("[a]: 1", "office.yaml:1:1", "a key is a single word"),
        ("a: !include b", "office.yaml:1:4", "!include is unknown"),
        ("a: !env [X]", "office.yaml:1:4", "before a text only"),
        ("a: &a [*a]", "office.yaml:1:4", "part of"),
        ("a: !env NOT_SET", "office.yaml:1:4", "no variable NOT_SET"),
        ("a: !file not/there", "office.yaml:1:4", "cannot be read"),
        (r'a: {b: "x\ud800"}', "office.yaml:1:8", r"'\ud800' is not allowed"),
        (r'a: "x\0"', "office.yaml:1:4", r"'\x00' is not allowed"),
        (r'a: "x\r\n"', "office.yaml:1:4", r"'\r' is not allowed"),
        (r'{a: 1, "b\e": 2}', "office.yaml:1:8", r"'\x1b' is not allowed"),
        ("[" * 700, "office.yaml:1:1", "nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, place: str, words: str) -> None:
    first = errors(text)[0]
    assert first.startswith(f"{place}: error: ")
    assert words in first


def test_a_small_file_cannot_become_a_large_one() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    lines.append("b: !env NOT_SET")
    [error] = parse("\n".join(lines), "office.yaml", HERE, {}, maximum=500).errors
    assert "error: more than 500 values" in str(error)


def test_a_secret_comes_from_the_environment() -> None:
    assert document("a: !env PHONE", {"PHONE": "hush"}).root == {"a": "hush"}


def test_a_secret_without_a_form_in_utf_8_is_an_error() -> None:
    assert errors("a: !env PHONE", {"PHONE": "hush\udcff"}) == [
        r"office.yaml:1:4: error: the character '\udcff' is not allowed"
    ]


def test_a_text_may_have_lines() -> None:
    assert document("a: |\r\n  x\r\n  \ty\r\n").root == {"a": "x\n\ty\n"}


def test_a_folded_text_is_one_line() -> None:
    assert document("a: >-\n  x\n  y\n").root == {"a": "x y"}


def test_a_secret_comes_from_a_file_beside_this_one(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush\n")
    assert document("a: !file secret", folder=tmp_path).root == {"a": "hush"}


def test_an_empty_secret_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    assert "is empty" in str(document("a: !file secret", folder=tmp_path).errors[0])


def test_a_secret_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in str(document("a: !file secret", folder=tmp_path).errors[0])


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    missing = read(tmp_path / "none.yaml", {})
    assert str(missing.errors[0]).endswith(
        "none.yaml: error: cannot be read: No such file or directory"
    )
    folder = read(tmp_path, {})
    assert "cannot be read" in str(folder.errors[0])


def test_a_file_that_is_not_utf_8_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "office.yaml"
    path.write_bytes(b"a: 1\nb: \xff\n")
    assert str(read(path, {}).errors[0]).endswith(":2:4: error: this byte is not UTF-8")


@pytest.mark.parametrize("path", ["/dev/zero", "pipe"])
def test_what_has_no_end_or_keeps_others_waiting_is_not_read(tmp_path: Path, path: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    endless = tmp_path / path
    assert str(read(endless, {}).errors[0]).endswith(
        "cannot be read: it is a device or a pipe, no file"
    )
    assert "a device" in str(document(f"a: !file {endless}").errors[0])


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "office.yaml"
    path.write_bytes(b"#" * (MAXIMUM_BYTES + 1))
    assert "larger" in str(read(path, {}).errors[0])
