"""Baresip phones that encrypt (SRTP with keys in SDP), on the real daemon."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.audio import assert_is_tone, read_wav, sounding, tone, write_wav
from tests.support.baresip import MODULES, Baresip
from tests.support.daemon import Daemon, employees

RULES = employees("101", "102")

pytestmark = [
    pytest.mark.interop,
    pytest.mark.baresip,
    pytest.mark.slow,
    pytest.mark.skipif(not Path(MODULES, "srtp.so").exists(), reason="baresip without srtp.so"),
]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("baresip-srtp")
    options = ("--log-level", "debug")
    with Daemon(folder, RULES, *options, network="  srtp: optional\n") as daemon:
        yield daemon


@pytest.mark.parametrize(
    ("caller", "called"),
    [("srtp-mand", ""), ("srtp-mandf", ""), ("", "srtp"), ("srtp-mand", "srtp")],
)
def test_two_phones_hear_each_other_whichever_of_them_encrypts(
    daemon: Daemon, tmp_path: Path, caller: str, called: str
) -> None:
    with ExitStack() as stack:
        phones = []
        for number, frequency, srtp in (("101", 440.0, caller), ("102", 1000.0, called)):
            said = write_wav(tmp_path / f"{number}.wav", tone(frequency, 60.0))
            phone = Baresip(
                tmp_path / number, number, "long-enough", daemon.server, speaks=said, srtp=srtp
            )
            phones.append(stack.enter_context(phone))
            phone.wait_until_registered()
        alice, bob = phones
        alice.dial("102")
        alice.wait_for("CALL_ESTABLISHED")
        bob.wait_for("CALL_ESTABLISHED")
        for phone in phones:
            phone.wait_until_heard(2.0)
        alice.hang_up()
        for phone in phones:
            phone.wait_for("CALL_CLOSED")
        for phone, frequency in ((alice, 1000.0), (bob, 440.0)):
            assert_is_tone(sounding(read_wav(phone.heard())), frequency, 1.9)
    assert "inline" not in daemon.log()
