"""Two baresip phones on the real daemon: what each hears of the other, and messages."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from softswitch.calls.record import Cause
from tests.support.audio import (
    Samples,
    assert_is_tone,
    frequency,
    level_db,
    longest_gap,
    read_wav,
    sounding,
    tone,
    write_wav,
)
from tests.support.authority import Authority
from tests.support.baresip import Baresip
from tests.support.daemon import Daemon, employees, environment, run, softswitch
from tests.support.ports import free_port

RULES = (
    employees("101", "102", "103")
    + """
departments:
  sales:
    number: 600
    ring: in turn
    timeout: 1s
    members: [102, 103]
    no_answer: {to: voicemail sales}
numbers:
  "+48 22 123 45 67": menu main
menus:
  main:
    greeting: {say: Welcome. For sales press 1.}
    keys: {1: department sales}
    dial: none
    nothing_pressed: {to: hang up}
voicemail:
  sales: {greeting: {say: Leave a message.}}
"""
)
PACKET = 160
"""Samples."""

HELD, TALKING = '"direction":"recvonly"', '"direction":"sendrecv"'
"""What the log says of a session."""

MakePhone = Callable[..., Baresip]

pytestmark = [pytest.mark.interop, pytest.mark.baresip, pytest.mark.slow]


@pytest.fixture(scope="module")
def by_tls() -> str:
    """What phones have for a server who use TLS."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def daemon(by_tls: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("baresip")
    certificate, key = Authority(folder).sign("switch")
    with Daemon(
        folder,
        RULES,
        *("--log-level", "debug"),
        more=[f"tls {by_tls}"],
        network=f"  certificate: {certificate}\n  key: {key}\n",
    ) as daemon:
        yield daemon


@pytest.fixture
def make_phone(daemon: Daemon, by_tls: str, tmp_path: Path) -> Iterator[MakePhone]:
    """Return what makes a registered phone; it says a tone, or samples."""
    with ExitStack() as stack:

        def make(
            number: str,
            says: float | Samples = 440.0,
            *,
            transport: str = "udp",
            codec: str = "PCMU",
            answers: bool = True,
        ) -> Baresip:
            phone = stack.enter_context(
                Baresip(
                    tmp_path / number,
                    number,
                    "long-enough",
                    by_tls if transport == "tls" else daemon.server,
                    speaks=_speech(tmp_path / f"{number}.wav", says),
                    transport=transport,
                    codec=codec,
                    answers=answers,
                )
            )
            phone.wait_until_registered()
            return phone

        yield make


def _speech(path: Path, says: float | Samples) -> Path:
    return write_wav(path, tone(says, 60.0) if isinstance(says, float) else says)


def noise(seconds: float) -> Samples:
    """Return what is nowhere like itself, so that a part of it tells where it is from."""
    return np.random.default_rng(1).normal(0.0, 0.1, round(8000 * seconds))


def test_a_phone_with_a_mistyped_password_is_refused_and_not_banned(
    daemon: Daemon, tmp_path: Path
) -> None:
    """It answers each challenge at once, in the same call, as long as there is one."""
    speaks = _speech(tmp_path / "103.wav", 440.0)
    with Baresip(tmp_path / "103", "103", "mistyped", daemon.server, speaks=speaks) as phone:
        daemon.wait_until_logged('"status":403')
        daemon.wait_until_idle()
        assert "403 Wrong User or Password" in phone.log()
    assert run("bans", "--state", str(daemon.state)).stdout == "nobody is banned\n"
    denied = daemon.status().denied
    assert (denied["401 Wrong Password"], denied["403 Wrong Password"]) == (2, 1)


@pytest.mark.parametrize(
    ("caller", "called", "codec"),
    [
        ("udp", "udp", "PCMU"),
        ("udp", "udp", "PCMA"),
        ("tcp", "tcp", "PCMU"),
        ("tls", "udp", "PCMU"),
        ("udp", "tls", "PCMA"),
        ("tcp", "tls", "PCMU"),
        ("tls", "tls", "PCMU"),
    ],
)
def test_two_phones_hear_each_other(
    daemon: Daemon, make_phone: MakePhone, caller: str, called: str, codec: str
) -> None:
    alice = make_phone("101", 440.0, transport=caller)
    bob = make_phone("102", 1000.0, transport=called, codec=codec)
    began = time.time()
    alice.dial("102")
    alice.wait_for("CALL_ESTABLISHED")
    alice.wait_until_heard(2.0)
    bob.wait_until_heard(2.0)
    alice.hang_up()
    bob.wait_for("CALL_CLOSED")
    alice.wait_for("CALL_CLOSED")
    assert_is_tone(sounding(read_wav(alice.heard())), 1000.0, 1.9)
    assert_is_tone(sounding(read_wav(bob.heard())), 440.0, 1.9)
    record = daemon.wait_for_records(1, since=began)[-1]
    assert (record.extension, record.dialled, record.answered_by) == ("101", "102", "102")
    assert record.cause is Cause.CALLER_HUNG_UP


@pytest.mark.parametrize("transport", ["udp", "tls"])
def test_the_called_phone_hangs_up(daemon: Daemon, make_phone: MakePhone, transport: str) -> None:
    alice, bob = make_phone("101"), make_phone("102", transport=transport)
    began = time.time()
    alice.dial("102")
    alice.wait_for("CALL_ESTABLISHED")
    bob.wait_for("CALL_ESTABLISHED")
    bob.hang_up()
    alice.wait_for("CALL_CLOSED")
    assert daemon.wait_for_records(1, since=began)[-1].cause is Cause.CALLEE_HUNG_UP


@pytest.mark.parametrize("transport", ["udp", "tls"])
def test_a_phone_holds_and_resumes(
    daemon: Daemon, make_phone: MakePhone, tmp_path: Path, transport: str
) -> None:
    """Its own dump ends at hold, so it talks to a phone that records throughout."""
    bob = make_phone("102", 1000.0, transport=transport)
    heard = tmp_path / "heard.wav"
    calling = subprocess.Popen(
        softswitch(
            *("call", "--as", "101", "--to", "102", "--config", str(daemon.config)),
            *("--play", str(write_wav(tmp_path / "said.wav", tone(440.0, 4.0)))),
            *("--record", str(heard)),
        ),
        stdout=subprocess.DEVNULL,
        env=environment(),
    )
    try:
        bob.wait_for("CALL_ESTABLISHED")
        bob.wait_until_heard(1.0)
        held, resumed = (daemon.log().count(direction) for direction in (HELD, TALKING))
        bob.hold()
        daemon.wait_until_logged(HELD, count=held + 1)
        with pytest.raises(subprocess.TimeoutExpired):  # the call goes on
            calling.wait(1.0)
        bob.resume()
        daemon.wait_until_logged(TALKING, count=resumed + 1)
        assert calling.wait(20.0) == 0
    finally:
        calling.kill()
        calling.wait()
    sound = sounding(read_wav(heard))
    assert_is_tone(sound[:8000], 1000.0, 0.99)
    assert_is_tone(sound[-8000:], 1000.0, 0.99)
    assert 0.9 < longest_gap(sound) < 2.0  # nothing is heard of who holds


@pytest.mark.parametrize("transport", ["udp", "tls"])
def test_a_phone_hands_on_its_caller(make_phone: MakePhone, transport: str) -> None:
    alice, carol = make_phone("101", 440.0), make_phone("103", 1000.0, transport=transport)
    bob = make_phone("102", 700.0, transport=transport)
    alice.dial("102")
    bob.wait_for("CALL_ESTABLISHED")
    alice.wait_until_heard(0.5)
    bob.transfer("103")
    bob.wait_for("CALL_CLOSED")
    carol.wait_for("CALL_ESTABLISHED")
    carol.wait_until_heard(2.0)
    alice.hang_up()
    carol.wait_for("CALL_CLOSED")
    assert_is_tone(sounding(read_wav(carol.heard())), 440.0, 1.9)
    assert_is_tone(sounding(read_wav(alice.heard()))[-8000:], 1000.0, 0.99)


def test_a_caller_is_led_by_the_menu_to_a_department_and_leaves_a_message(
    daemon: Daemon, make_phone: MakePhone
) -> None:
    members = [make_phone(number, answers=False) for number in ("102", "103")]
    alice = make_phone("101", noise(60.0))
    alice.dial("+48221234567")
    alice.wait_until_heard(1.0)
    alice.press("1")
    for member in members:  # in turn, and nobody answers
        member.wait_for("CALL_INCOMING")
        member.wait_for("CALL_CLOSED")
    beep_ends = alice.said_by_the_last_sound(1.0) + PACKET  # the last one is still to be heard
    daemon.wait_for_recording("sales", 2.0)
    alice.hang_up()
    [(path, message)] = daemon.wait_for_messages("sales", 1)
    heard, said, kept = (read_wav(each) for each in (alice.heard(), alice.said(), path))
    assert message.caller == "101"
    assert message.duration == pytest.approx(len(kept) / 8000, abs=0.001)
    assert level_db(heard[:8000]) > -40.0, "the menu's greeting is not heard"
    begin = position(kept, said)
    assert np.allclose(kept, said[begin : begin + len(kept)], rtol=0.05, atol=0.001)
    beep_end = len(_until_last_sound(heard))
    assert frequency(heard[beep_end - 1600 : beep_end]) == pytest.approx(1000.0, abs=5.0)
    assert abs(begin - beep_ends) <= PACKET  # nothing is lost behind the beep
    assert len(said) - (begin + len(kept)) <= 0.02 * 8000  # up to the moment of hanging up


def position(part: Samples, whole: Samples) -> int:
    """Return at which sample of `whole` the `part` begins."""
    return int(np.argmax(np.correlate(whole, part, "valid")))


def _until_last_sound(samples: Samples) -> Samples:
    return samples[: np.flatnonzero(np.abs(samples) > 0.01)[-1] + 1]
