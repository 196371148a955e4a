"""*43: you hear yourself."""

import pytest

from tests.flows.conftest import MakeOffice
from tests.support.audio import frequency, level_db, longest_gap, tone
from tests.support.handset import encode_ulaw

ONE = """
employees:
  101: {name: One, password: p}
"""


@pytest.mark.parametrize("codec", ["0 PCMU", "8 PCMA"])
def test_who_dials_the_echo_hears_himself(office: MakeOffice, codec: str) -> None:
    world = office(ONE)
    (one,) = world.register("101")
    one.codecs = (codec,)
    one.call("*43")
    world.until(lambda: one.connected, within=1.0)
    world.advance(1.0)  # a beep says that it is ready
    said = encode_ulaw(tone(620, 2.0))
    one.say(said)
    before = len(one.talk().heard)
    world.advance(2.3)
    assert b"".join(data[12:] for _, data in one.talk().heard[before:]) == said
    one.hang_up()
    world.advance(0.5)
    [record] = world.records
    assert (record.cause.value, record.by, record.stage) == ("caller-hung-up", "caller", "echo")
    assert record.disposition.value == "ANSWERED"
    assert not world.switch.discards  # the ACK of the challenge is none


def test_the_echo_is_as_loud_as_the_voice_and_unbroken(office: MakeOffice) -> None:
    world = office(ONE)
    (one,) = world.register("101")
    one.call("*43")
    world.until(lambda: one.connected, within=1.0)
    world.advance(1.0)
    before = len(one.heard())
    one.say(encode_ulaw(tone(620, 3.0)))
    world.advance(3.3)
    heard = one.heard()[before:] / 32768
    assert frequency(heard) == pytest.approx(620, abs=2)
    assert level_db(heard) == pytest.approx(-12, abs=1)
    assert longest_gap(heard) < 0.02


def test_the_echo_can_be_held_and_taken_back(office: MakeOffice) -> None:
    world = office(ONE)
    (one,) = world.register("101")
    call = one.call("*43")
    world.until(lambda: one.connected, within=1.0)
    for direction in ("sendonly", "sendrecv"):
        one.hold(call, direction)
        world.advance(0.5)
    before = len(one.heard())
    one.say(encode_ulaw(tone(620, 1.0)))
    world.advance(1.3)
    assert len(one.heard()) - before == 8000
