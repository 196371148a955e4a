from pathlib import Path

import pytest

from softswitch.daemon.commands.call import Unusable, call


def attempt(
    server: str = "127.0.0.1",
    *,
    password: str = "secret",
    config: Path | None = None,
    press: str = "",
    play: Path | None = None,
    record: Path | None = None,
) -> None:
    call(
        extension="101",
        number="600",
        server=server,
        password=password,
        config=config,
        press=press,
        play=play,
        record=record,
        duration=None,
        tell=pytest.fail,
    )


@pytest.mark.parametrize("server", ["host:port", ":5060", "host:0", "host:70000", "[::1]:x"])
def test_what_is_no_address_is_refused(server: str) -> None:
    with pytest.raises(Unusable, match="is not HOST:PORT"):
        attempt(server)


def test_a_call_needs_to_know_where_and_as_whom() -> None:
    with pytest.raises(Unusable, match="are needed"):
        attempt("127.0.0.1", password="")


def test_an_extension_that_the_configuration_does_not_have_is_named(tmp_path: Path) -> None:
    config = tmp_path / "office.yaml"
    config.write_text("employees: {102: {password: long-enough}}\n")
    with pytest.raises(Unusable, match="no employee 101"):
        attempt("", password="", config=config)


def test_a_switch_without_a_listener_that_it_can_use_is_said(tmp_path: Path) -> None:
    config = tmp_path / "switch.yaml"
    config.write_text(
        "employees: {101: {password: long-enough}}\nnetwork: {listen: [ws 127.0.0.1:8088]}\n"
    )
    with pytest.raises(Unusable, match="has no listener of udp or tcp; --server is needed"):
        attempt("", config=config)


def test_a_key_that_no_telephone_has_is_named() -> None:
    with pytest.raises(Unusable, match="there is no key 'x'"):
        attempt(press="1,x")


def test_a_file_that_cannot_be_played_is_named_before_the_call(tmp_path: Path) -> None:
    text = tmp_path / "a.wav"
    with pytest.raises(Unusable, match=r"a\.wav"):
        attempt(play=text)
    text.write_text("no sound")
    with pytest.raises(Unusable, match=r"a\.wav"):
        attempt(play=text)


def test_what_is_heard_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=f"there is no folder {tmp_path / 'none'}"):
        attempt(record=tmp_path / "none" / "a.wav")
    with pytest.raises(Unusable, match="cannot be written"):
        attempt(record=tmp_path)
