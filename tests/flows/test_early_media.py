"""Whom the caller hears before the answer, and after it."""

import pytest

from softswitch.phone.events import Incoming
from tests.flows.conftest import MakeOffice
from tests.support.audio import frequency, level_db, tone
from tests.support.handset import Answers, Handset, encode_ulaw
from tests.support.office import Office

SALES = """
employees:
  101: {name: Caller, password: p}
  102: {name: Two, password: p}
  103: {name: Three, password: p}
  104: {name: Four, password: p}
voicemail:
  desk: {}
departments:
  sales:
    number: 600
    members: [102, 103, 104]
    ring: all at once
    no_answer: {after: 30s, to: voicemail desk}
"""


def previews(hertz: float, *, after: float, refuses: float = 0, answers: float = 0) -> Answers:
    """Send a tone before the answer. Times are in seconds from the INVITE."""

    def user(handset: Handset, call: Incoming) -> None:
        def preview() -> None:
            handset.preview(call.call)
            handset.say(encode_ulaw(tone(hertz, 20.0)))

        handset.world.after(after, preview)
        if refuses:
            handset.world.after(refuses, lambda: handset.refuse(call.call, 486))
        if answers:
            handset.world.after(answers, lambda: handset.pick_up(call.call))

    return user


def silent_until(seconds: float, hertz: float) -> Answers:
    """Ring, answer, and only then speak."""

    def user(handset: Handset, call: Incoming) -> None:
        def answer() -> None:
            handset.pick_up(call.call)
            handset.say(encode_ulaw(tone(hertz, 20.0)))

        handset.send(handset.phone.ring(call.call, handset.now))
        handset.world.after(seconds, answer)

    return user


def hears(world: Office, caller: Handset, seconds: float = 0.6) -> float:
    """Return the frequency that the caller hears from now on, 0 for silence."""
    before = len(caller.heard())
    world.advance(seconds)
    heard = caller.heard()[before:] / 32768
    if len(heard) < 1600 or level_db(heard) < -50:
        return 0.0
    return frequency(heard[-1600:])


def test_the_caller_hears_a_telephone_before_it_is_picked_up(office: MakeOffice) -> None:
    world = office(SALES)
    caller, two = world.register("101", "102")
    two.user = previews(400, after=0.5, answers=3.0)
    caller.call("102")
    world.advance(1.0)
    assert not caller.connected
    assert hears(world, caller) == pytest.approx(400, abs=6)
    world.until(lambda: caller.connected)
    assert hears(world, caller) == pytest.approx(400, abs=6)


def test_of_two_the_first_is_heard_and_the_second_after_it(office: MakeOffice) -> None:
    world = office(SALES)
    caller, two, three, four = world.register("101", "102", "103", "104")
    two.user = previews(400, after=0.5, refuses=4.0)
    three.user = previews(700, after=1.0)
    four.user = silent_until(8.0, 1000)
    caller.call("600")
    world.advance(0.7)
    assert hears(world, caller, 0.2) == pytest.approx(400, abs=6)
    world.advance(0.6)
    assert hears(world, caller) == pytest.approx(400, abs=6), "the second does not interrupt"
    world.advance(2.0)
    assert hears(world, caller) == pytest.approx(700, abs=6), "the first has gone"
    world.until(lambda: four.connected)
    world.advance(0.2)
    assert hears(world, caller) == pytest.approx(1000, abs=6), "who has answered is heard"
    assert not world.ringing


def test_without_early_media_there_is_180_and_no_media(office: MakeOffice) -> None:
    world = office(SALES)
    caller, two = world.register("101", "102")
    two.user = silent_until(2.0, 500)
    caller.call("102")
    world.advance(1.0)
    assert "101 hears ringing" in [what for _, what in world.ladder]
    assert caller.talks == {}
    world.until(lambda: caller.connected)
    assert hears(world, caller) == pytest.approx(500, abs=6)


def test_when_the_only_one_heard_has_gone_ringing_is_heard(office: MakeOffice) -> None:
    world = office(SALES)
    caller, two, *_ = world.register("101", "102", "103")
    two.user = previews(900, after=0.2, refuses=2.0)
    caller.call("600")
    world.advance(1.0)
    assert hears(world, caller, 0.5) == pytest.approx(900, abs=6)
    world.advance(0.6)
    assert hears(world, caller, 0.8) == pytest.approx(425, abs=10), "the European ringing tone"


def test_ringing_is_that_of_the_country_in_the_configuration(office: MakeOffice) -> None:
    world = office(SALES, network="country: fr")
    caller, two, *_ = world.register("101", "102", "103")
    two.user = previews(900, after=0.2, refuses=1.0)
    caller.call("600")
    world.advance(1.6)
    assert hears(world, caller, 0.8) == pytest.approx(440, abs=6)


def test_the_answer_of_who_was_not_heard_is_heard_at_once(office: MakeOffice) -> None:
    world = office(SALES)
    caller, two, three = world.register("101", "102", "103")
    two.user = previews(400, after=0.2)
    three.user = previews(700, after=0.4, answers=2.0)
    caller.call("600")
    world.until(lambda: caller.connected)
    assert hears(world, caller, 0.4) == pytest.approx(700, abs=6)
    caller.say(encode_ulaw(tone(300, 0.5)))
    before = len(three.heard())
    world.advance(0.7)
    assert len(three.heard()) - before == 4000


def test_early_media_that_is_over_gives_way_to_ringing(office: MakeOffice) -> None:
    world = office(SALES)
    caller, two = world.register("101", "102")

    def ends(handset: Handset, call: Incoming) -> None:
        previews(900, after=0.2)(handset, call)
        handset.world.after(
            2.0, lambda: handset.send(handset.phone.progress(call.call, b"", handset.now, 199))
        )

    two.user = ends
    caller.call("102")
    world.advance(1.0)
    assert hears(world, caller, 0.5) == pytest.approx(900, abs=6)
    world.advance(0.6)
    assert hears(world, caller, 0.8) == pytest.approx(425, abs=10), "though it goes on sending"
    two.pick_up(next(iter(two.ringing)))
    world.advance(0.2)
    assert hears(world, caller) == pytest.approx(900, abs=6)
