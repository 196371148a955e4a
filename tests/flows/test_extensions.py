"""One extension calls another."""

import pytest

from softswitch.sip.message import Header
from tests.flows.conftest import MakeOffice
from tests.support.audio import frequency, level_db, longest_gap, tone
from tests.support.handset import answers_after, encode_ulaw, redirects_to, refuses_with

TWO = """
employees:
  101: {name: One, password: secret-one}
  102: {name: Two, password: secret-two}
"""

RULES = """
employees:
  101: {name: Caller, password: p}
  102:
    name: Callee
    password: p
    no_answer: {after: 10s, to: employee 103}
    busy: employee 104
    not_registered: employee 105
    refused: employee 106
  103: {name: After no answer, password: p}
  104: {name: After busy, password: p}
  105: {name: After not registered, password: p}
  106: {name: After refused, password: p}
"""

FORWARDING = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
  103: {name: Three, password: p}
  104: {name: Four, password: p}
departments:
  sales: {number: 600, ring: in turn, members: [103, 102, 104], timeout: 8s}
"""


@pytest.mark.feature("F17")
def test_101_dials_102_and_they_talk(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    two.user = answers_after(2.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    one.say(encode_ulaw(tone(400, 2.0)))
    two.say(encode_ulaw(tone(700, 2.0)))
    world.advance(2.2)

    for handset, hertz in ((one, 700), (two, 400)):
        heard = handset.heard() / 32768
        assert frequency(heard) == pytest.approx(hertz, abs=2)
        assert level_db(heard) == pytest.approx(-12, abs=1)
        assert longest_gap(heard) < 0.02
        assert len(heard) == 16000

    two.hang_up()
    world.advance(0.1)
    assert not one.connected
    [record] = world.records
    assert (record.caller, record.dialled, record.answered_by) == ("101", "102", "102")
    assert record.by == "callee"


@pytest.mark.parametrize("codecs", [("0 PCMU", "8 PCMA"), ("8 PCMA", "0 PCMU")], ids=["u", "a"])
def test_phones_without_a_common_codec_understand_each_other(
    office: MakeOffice, codecs: tuple[str, str]
) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    one.codecs, two.codecs = (codecs[0],), (codecs[1],)
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    speaker, listener = (one, two) if codecs[0].startswith("8") else (two, one)
    # Silence of one law is noise in the other: what passes untranslated is loud.
    silence = {"0": {0xFF, 0x7F, 0xFE, 0x7E}, "8": {0xD5, 0x55}}
    spoken, understood = speaker.codecs[0][0], listener.codecs[0][0]
    speaker.say(bytes([max(silence[spoken])]) * 8000)
    world.advance(1.2)
    packets = [data for _, data in listener.talk().heard]
    assert len(packets) == 50
    for data in packets:
        assert data[1] & 0x7F == int(understood)
        assert set(data[12:]) <= silence[understood]


def test_a_busy_phone_sends_the_call_on_at_once(office: MakeOffice) -> None:
    world = office(RULES)
    caller, callee, after = world.register("101", "102", "104")
    callee.user = refuses_with(486)
    caller.call("102")
    world.advance(0.1)
    assert world.ringing == {"104"}
    assert after.phone.dialogs() != []


@pytest.mark.parametrize(
    ("status", "onward"), [(486, "104"), (600, "104"), (603, "106"), (480, "103"), (503, "105")]
)
def test_each_refusal_has_its_destination(office: MakeOffice, status: int, onward: str) -> None:
    world = office(RULES)
    caller, callee, *_ = world.register("101", "102", "103", "104", "105", "106")
    callee.user = refuses_with(status)
    caller.call("102")
    world.advance(0.2)
    assert world.ringing == {onward}


@pytest.mark.parametrize("direct", [False, True], ids=["through", "direct"])
@pytest.mark.parametrize(("status", "heard"), [(488, 488), (415, 488), (606, 606), (603, 603)])
def test_a_session_that_is_not_taken_is_no_person_who_declines(
    office: MakeOffice, status: int, heard: int, direct: bool
) -> None:
    world = office(TWO, direct=direct)
    one, two = world.register("101", "102")
    two.user = refuses_with(status)
    one.call("102")
    world.advance(1.0)
    assert one.refused_with == heard
    [record] = world.records
    assert (record.status, record.reason) == (heard, "refused")


def test_a_telephone_that_cannot_take_a_session_leaves_the_others_ringing(
    office: MakeOffice,
) -> None:
    world = office(TWO)
    one, cannot, can = world.register("101", "102", "102")
    cannot.user = refuses_with(488)
    can.user = answers_after(2.0)
    one.call("102")
    world.until(lambda: one.connected and can.connected)


def test_one_person_who_declines_counts_for_more_than_a_telephone_that_cannot(
    office: MakeOffice,
) -> None:
    world = office(TWO)
    one, cannot, declines = world.register("101", "102", "102")
    cannot.user = refuses_with(488)
    declines.user = refuses_with(603, after=1.0)
    one.call("102")
    world.advance(2.0)
    assert one.refused_with == 603


def test_no_answer_has_its_destination_and_its_time(office: MakeOffice) -> None:
    world = office(RULES)
    caller, *_ = world.register("101", "102", "103")
    caller.call("102")
    world.advance(9.9)
    assert world.ringing == {"102"}
    world.advance(0.3)
    assert world.ringing == {"103"}
    assert "102 stops" in [what for _, what in world.ladder]


@pytest.mark.feature("F12")
def test_without_a_phone_the_call_goes_on_within_a_second(office: MakeOffice) -> None:
    world = office(RULES)
    caller, _ = world.register("101", "105")
    caller.call("102")
    world.advance(0.5)
    assert world.ringing == {"105"}


def test_an_unknown_number_is_refused_in_words_that_a_phone_shows(office: MakeOffice) -> None:
    world = office(TWO)
    (caller,) = world.register("101")
    caller.call("999")
    world.advance(0.5)
    assert caller.refused_with == 404


def test_a_user_who_talks_is_busy_to_the_next_caller(office: MakeOffice) -> None:
    world = office(RULES)
    caller, callee, other, _after = world.register("101", "102", "103", "104")
    callee.user = answers_after(1.0)
    caller.call("102")
    world.until(lambda: caller.connected)
    other.call("102")
    world.advance(0.5)
    assert world.ringing == {"104"}
    assert len(callee.invites) == 1


def test_all_devices_of_an_extension_ring_and_one_answers(office: MakeOffice) -> None:
    world = office(TWO)
    caller, desk = world.register("101", "102")
    mobile = world.handset("102")
    mobile.register()
    world.until(lambda: mobile.registered)
    desk.user = answers_after(3.0)
    caller.call("102")
    world.advance(1.0)
    assert len(world.ringing) == 2
    world.until(lambda: caller.connected)
    world.advance(0.2)
    assert not world.ringing
    assert "Call completed elsewhere" in mobile.cancel_reason


def test_a_forwarding_by_302_is_decided_anew(office: MakeOffice) -> None:
    world = office(RULES)
    caller, callee, other = world.register("101", "102", "103")
    callee.user = redirects_to("103")
    caller.call("102")
    world.advance(0.5)
    assert world.ringing == {"103"}
    diversion = other.invites[0].first(Header.DIVERSION)
    assert diversion is not None
    assert "102" in diversion


def test_a_call_that_was_forwarded_twice_names_both_newest_first(office: MakeOffice) -> None:
    world = office(FORWARDING)
    caller, two, three, four = world.register("101", "102", "103", "104")
    two.user, three.user = redirects_to("103"), redirects_to("104")
    caller.call("102")
    world.advance(0.5)
    assert world.ringing == {"104"}
    diversions = four.invites[0].values(Header.DIVERSION)
    assert [text.partition("@")[0] for text in diversions] == ["<sip:103", "<sip:102"]


def test_a_phone_cannot_forward_to_what_its_user_may_not_call(office: MakeOffice) -> None:
    world = office(FORWARDING)
    caller, two = world.register("101", "102")
    two.user = redirects_to("+441632960000")
    caller.call("102")
    world.advance(1.0)
    assert caller.refused_with == 603
    [note] = [note for step in world.records[0].steps for note in step.notes]
    assert note.detail == "102 to +441632960000: not-allowed"


def test_a_phone_cannot_forward_to_another_domain(office: MakeOffice) -> None:
    world = office(FORWARDING)
    caller, two, three = world.register("101", "102", "103")
    two.user = redirects_to("sip:103@far.example")
    caller.call("102")
    world.advance(1.0)
    assert caller.refused_with == 603
    assert three.invites == []
    [note] = [note for step in world.records[0].steps for note in step.notes]
    assert (note.kind, note.detail) == (
        "redirection-refused",
        "102 to sip:103@far.example: elsewhere",
    )


def test_a_phone_that_forwards_to_a_department_leaves_it_its_strategy(office: MakeOffice) -> None:
    world = office(FORWARDING)
    caller, two, *_ = world.register("101", "102", "103", "104")
    two.user = redirects_to("600")
    caller.call("102")
    world.advance(1.0)
    assert world.ringing == {"103"}
    world.advance(8.0)
    assert world.ringing == {"104"}


def test_two_phones_that_forward_to_each_other_end_the_call(office: MakeOffice) -> None:
    world = office(TWO)
    caller = world.handset("101")
    caller.register()
    other = world.handset("101")
    (two,) = world.register("102")
    two.user = redirects_to("102")
    caller.call("102")
    world.advance(5.0)
    assert caller.refused_with is not None
    assert len(two.invites) == 1
    assert other.invites == []


def test_the_name_and_number_of_the_caller_are_shown(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    one.call("102")
    world.advance(0.5)
    caller = two.invites[0].from_()
    assert (caller.uri.user, caller.display) == ("101", "One")


def test_a_caller_who_gives_up_stops_the_ringing(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    one.call("102")
    world.advance(1.0)
    assert two.ringing
    one.hang_up()
    world.advance(0.2)
    assert not two.ringing
    assert one.refused_with == 487
    [record] = world.records
    assert record.by == "caller"
    assert "elsewhere" not in two.cancel_reason
