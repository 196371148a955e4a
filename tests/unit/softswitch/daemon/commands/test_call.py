from pathlib import Path

import pytest

from softswitch.daemon.commands.call import Unusable, call


def attempt(server: str, *, password: str = "secret", config: Path | None = None) -> None:
    call(
        extension="101",
        number="600",
        server=server,
        password=password,
        config=config,
        press="",
        play=None,
        record=None,
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
