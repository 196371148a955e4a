"""Which codec is spoken, and that each side may change its mind within what was agreed."""

import numpy as np
import pytest

from tests.flows.conftest import MakeOffice
from tests.support.audio import frequency, level_db, longest_gap, tone
from tests.support.handset import answers_after, encode_alaw, encode_ulaw

TWO = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
"""


@pytest.mark.parametrize("codecs", [("0 PCMU", "8 PCMA"), ("8 PCMA", "0 PCMU")])
def test_a_phone_that_answered_with_two_codecs_may_send_by_the_second(
    office: MakeOffice, codecs: tuple[str, str]
) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    one.codecs = ("0 PCMU",)
    two.codecs = codecs
    two.user = answers_after(1.0)
    two.speaks_last_codec = True
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    encode = encode_alaw if two.talk().payload_type == 8 else encode_ulaw
    two.say(encode(tone(700, 2.0)))
    world.advance(2.2)
    heard = one.heard() / 32768
    assert len(heard) == 16_000
    assert frequency(heard) == pytest.approx(700, abs=2)
    assert level_db(heard) == pytest.approx(-12, abs=1)
    assert longest_gap(heard) == 0.0


def test_a_phone_may_change_between_the_codecs_of_its_answer_at_any_packet(
    office: MakeOffice,
) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    one.codecs = ("0 PCMU",)
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    said = tone(700, 2.0)
    for number, part in enumerate(np.split(said, 10)):
        two.talk().payload_type, encode = ((0, encode_ulaw), (8, encode_alaw))[number % 2]
        two.say(encode(part))
        world.advance(0.2)
    world.advance(0.2)
    heard = one.heard() / 32768
    assert np.abs(heard[-16_000:] - said).max() < 0.02


def test_a_codec_that_was_not_agreed_is_not_heard(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    two.codecs = ("0 PCMU",)
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    two.talk().payload_type = 8
    two.say(encode_alaw(tone(700, 1.0)))
    world.advance(1.2)
    assert one.heard().size == 0
