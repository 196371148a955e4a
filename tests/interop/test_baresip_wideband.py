"""baresip with G.722 and Opus: what lies above the band of the old telephone arrives."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from media.codecs.table import CODECS
from tests.support.audio import frequency, longest_gap, read_wav, sounding
from tests.support.baresip import CODECS as SPOKEN
from tests.support.baresip import Baresip
from tests.support.daemon import Daemon, employees

RULES = (
    employees("101", "102", "103")
    + """
voicemail:
  sales: {greeting: {say: Leave a message.}}
numbers:
  "+48 22 123 45 67": voicemail sales
  "+48 22 123 45 68": menu main
menus:
  main:
    greeting: {say: Welcome. Press 1.}
    keys: {1: employee 102}
    dial: none
    nothing_pressed: {after: 20s, to: hang up}
"""
)
LEVEL = 0.25

Samples = NDArray[np.float64]
MakePhone = Callable[..., Baresip]

pytestmark = [pytest.mark.interop, pytest.mark.baresip, pytest.mark.slow]

each_codec = pytest.mark.parametrize(
    ("codec", "hertz"),
    [
        ("G722", 5000.0),
        pytest.param(
            *("opus", 6000.0),
            marks=pytest.mark.skipif("opus" not in CODECS, reason="libopus0 is not installed"),
        ),
    ],
)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("wideband")
    network = "  codecs: [opus, g722, pcma, pcmu]\n"
    with Daemon(folder, RULES, "--log-level", "debug", network=network) as daemon:
        yield daemon


@pytest.fixture
def make_phone(daemon: Daemon, tmp_path: Path) -> Iterator[MakePhone]:
    """Return what makes a registered phone, which says a tone."""
    with ExitStack() as stack:

        def make(number: str, hertz: float, codec: str) -> Baresip:
            rate, channels = SPOKEN[codec]
            time = np.arange(60 * rate) / rate
            path = tmp_path / f"{number}.wav"
            tone = LEVEL * np.sin(2 * np.pi * hertz * time)
            soundfile.write(path, np.stack([tone] * channels, axis=1), rate, subtype="PCM_16")
            phone = stack.enter_context(
                Baresip(
                    *(tmp_path / number, number, "long-enough", daemon.server),
                    speaks=path,
                    codec=codec,
                )
            )
            phone.wait_until_registered()
            return phone

        yield make


def middle(phone: Baresip) -> tuple[Samples, int]:
    """Return a second of what a phone has heard, in one channel, and its rate."""
    samples, rate = soundfile.read(phone.heard(), dtype="float64", always_2d=True)
    sound = samples.mean(axis=1)
    loud = np.flatnonzero(np.abs(sound) > 0.01)
    assert loud.size, "nothing is heard"
    start = int(loud[0]) + rate // 2
    return sound[start : start + rate], rate


def assert_is_tone(heard: tuple[Samples, int], hertz: float) -> None:
    samples, rate = heard
    assert len(samples) == rate
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(rate)))
    assert abs(int(np.argmax(spectrum)) - hertz) <= 2
    level = 20 * np.log10(np.sqrt(2 * np.mean(samples**2)) / LEVEL)
    assert abs(level) < 1.5, f"{level} dB off"


@each_codec
def test_two_phones_hear_each_other_in_wideband(
    daemon: Daemon, make_phone: MakePhone, codec: str, hertz: float
) -> None:
    alice, bob = make_phone("101", hertz, codec), make_phone("102", 3000.0, codec)
    alice.dial("102")
    alice.wait_for("CALL_ESTABLISHED")
    alice.wait_until_heard(2.2)
    bob.wait_until_heard(2.2)
    alice.hang_up()
    bob.wait_for("CALL_CLOSED")
    assert_is_tone(middle(bob), hertz)
    assert_is_tone(middle(alice), 3000.0)


@each_codec
def test_a_wideband_phone_hears_the_echo_of_itself(
    daemon: Daemon, make_phone: MakePhone, codec: str, hertz: float
) -> None:
    alice = make_phone("101", hertz, codec)
    alice.dial("*43")
    alice.wait_for("CALL_ESTABLISHED")
    alice.wait_until_heard(2.2)
    alice.hang_up()
    assert_is_tone(middle(alice), hertz)


@pytest.mark.parametrize("codec", [name for name in ("G722", "opus") if name in CODECS])
def test_a_phone_of_the_old_kind_is_understood(
    daemon: Daemon, make_phone: MakePhone, codec: str
) -> None:
    alice, bob = make_phone("101", 1000.0, codec), make_phone("102", 700.0, "PCMU")
    alice.dial("102")
    alice.wait_for("CALL_ESTABLISHED")
    alice.wait_until_heard(2.2)
    bob.wait_until_heard(2.2)
    alice.hang_up()
    bob.wait_for("CALL_CLOSED")
    assert_is_tone(middle(bob), 1000.0)
    assert_is_tone(middle(alice), 700.0)


@each_codec
def test_a_key_is_understood(
    daemon: Daemon, make_phone: MakePhone, codec: str, hertz: float
) -> None:
    alice, bob = make_phone("101", hertz, codec), make_phone("102", 3000.0, codec)
    alice.dial("+48221234568")
    alice.wait_for("CALL_ESTABLISHED")
    alice.wait_until_heard(1.0)
    alice.press("1")
    bob.wait_for("CALL_ESTABLISHED")
    bob.wait_until_heard(2.2)
    alice.hang_up()
    assert_is_tone(middle(bob), hertz)


def test_a_message_is_left_in_g722(daemon: Daemon, make_phone: MakePhone) -> None:
    alice = make_phone("103", 1000.0, "G722")
    alice.dial("+48221234567")
    alice.wait_for("CALL_ESTABLISHED")
    daemon.wait_for_recording("sales", 2.0)
    alice.hang_up()
    [(path, _)] = daemon.wait_for_messages("sales", 1)
    heard = sounding(read_wav(path))
    assert frequency(heard) == pytest.approx(1000.0, abs=2.0)
    assert longest_gap(heard) < 0.02
