"""Transfers: blind, attended, while it rings; and what becomes of the caller when they fail."""

import pytest

from media.control import WorkerLost
from softswitch.calls.record import Cause, Record
from softswitch.sip.message import Header
from tests.flows.conftest import MakeOffice
from tests.support.audio import frequency, tone
from tests.support.handset import Handset, answers_after, encode_ulaw, refuses_with, rings
from tests.support.office import SWITCH, Office
from tests.support.world import Conditions

COMPANY = """
employees:
  101: {name: One, password: p, calls: 2}
  102: {name: Two, password: p, calls: 2}
  103: {name: Three, password: p, calls: 2}
  104: {name: Four, password: p, calls: 2}
departments:
  sales: {number: 600, members: [103, 104]}
"""


def talking(world: Office, caller: str = "101", callee: str = "102") -> tuple[Handset, Handset]:
    """Let two of four registered telephones talk."""
    world.register("101", "102", "103", "104")
    one, two = world.handsets[caller], world.handsets[callee]
    connect(world, one, two)
    return one, two


def connect(world: Office, one: Handset, two: Handset) -> str:
    """Let `one` call `two`, who answers; return the caller's name of the call."""
    two.user = answers_after(1.0)
    before = set(two.connected)
    call = one.call(two.number)
    world.until(lambda: call in one.connected and two.connected - before)
    world.advance(0.2)
    return call


def only(handset: Handset) -> str:
    [call] = handset.connected
    return call


def newest(handset: Handset) -> str:
    return list(handset.talks)[-1]


def assert_they_talk(world: Office, one: Handset, two: Handset) -> None:
    """Both say a tone, and hear the other's."""
    world.advance(0.2)
    before = [len(handset.heard(newest(handset))) for handset in (one, two)]
    one.say(encode_ulaw(tone(400, 0.5)))
    two.say(encode_ulaw(tone(700, 0.5)))
    world.advance(0.8)
    for handset, hertz, start in ((one, 700, before[0]), (two, 400, before[1])):
        heard = handset.heard(newest(handset))[start:] / 32768
        assert len(heard) >= 3200, f"{handset.number} hears too little"
        assert frequency(heard) == pytest.approx(hertz, abs=15), handset.number


def only_record(world: Office) -> Record:
    world.advance(3.0)
    [record] = world.records
    return record


def notes(record: Record) -> list[str]:
    return [note.kind for step in record.steps for note in step.notes]


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("transferor", ["101", "102"])
def test_a_blind_transfer_connects_the_other_with_its_target(
    office: MakeOffice, transferor: str, direct: bool
) -> None:
    world = office(COMPANY, direct=direct)
    one, two = talking(world)
    by, other = (one, two) if transferor == "101" else (two, one)
    three = world.handsets["103"]
    three.user = answers_after(2.0)
    by.transfer(only(by), "103")
    world.until(lambda: three.connected)
    world.advance(1.0)
    assert by.referred_with == [202]
    assert by.reports == ["100", "180", "200"]
    assert not by.connected
    assert other.connected
    assert_they_talk(world, other, three)
    assert three.invites[-1].first(Header.REFERRED_BY) == f"<sip:{transferor}@{SWITCH}:5060>"
    assert three.invites[-1].from_().uri.user == other.number
    three.hang_up()
    record = only_record(world)
    assert (record.cause, record.answered_by) == (Cause.CALLEE_HUNG_UP, "103")
    assert "transferred" in notes(record)
    assert [why.verdict for why in record.steps[-1].because] == ["transferred", "rings"]


def test_who_is_handed_on_hears_ringing_meanwhile(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    one.hold(only(one))
    world.advance(1.0)
    one.transfer(only(one), "103")
    before = len(two.heard())
    world.advance(2.0)
    heard = two.heard()[before:] / 32768
    assert abs(heard).max() > 0.05
    assert frequency(heard[abs(heard).argmax() :][:4000]) == pytest.approx(425, abs=25)
    three = world.handsets["103"]
    three.pick_up(next(iter(three.ringing)))
    world.until(lambda: three.connected)
    assert_they_talk(world, two, three)


def test_a_transferor_who_hangs_up_at_once_does_not_end_the_call(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    three = world.handsets["103"]
    three.user = answers_after(2.0)
    call = only(one)
    one.transfer(call, "103")
    world.until(lambda: one.referred_with)
    one.hang_up(call)
    world.until(lambda: three.connected)
    world.advance(1.0)
    assert one.reports == ["100", "180", "200"]
    assert_they_talk(world, two, three)


def test_a_target_that_is_busy_gives_the_caller_back(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    world.handsets["103"].user = refuses_with(486)
    two.transfer(only(two), "103")
    world.until(lambda: "486" in two.reports)
    world.advance(1.0)
    assert one.connected
    assert two.connected
    assert_they_talk(world, one, two)
    two.hang_up()
    record = only_record(world)
    assert (record.cause, record.by) == (Cause.CALLEE_HUNG_UP, "callee")
    assert "transfer-failed" in notes(record)


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("transferor", ["101", "102"])
def test_a_target_that_does_not_answer_gives_the_caller_back(
    office: MakeOffice, transferor: str, direct: bool
) -> None:
    world = office(COMPANY, direct=direct)
    one, two = talking(world)
    by, other = (one, two) if transferor == "101" else (two, one)
    by.transfer(only(by), "103")
    world.until(lambda: "480" in by.reports)
    assert world.ringing == set()
    assert_they_talk(world, by, other)


def test_a_failed_transfer_rings_a_transferor_who_has_gone(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    three = world.handsets["103"]
    three.user = rings
    call = only(two)
    two.transfer(call, "103")
    world.until(lambda: three.ringing)
    two.hang_up(call)
    world.until(lambda: "102" in world.ringing)
    assert two.reports[-1] == "480"
    world.until(lambda: two.connected)
    assert_they_talk(world, one, two)
    two.hang_up()
    record = only_record(world)
    assert [why.verdict for why in record.steps[-1].because] == ["returned", "rings"]


def test_nobody_to_return_to_ends_the_call(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    three = world.handsets["103"]
    three.user = refuses_with(486, after=3.0)
    call = only(two)
    two.transfer(call, "103")
    world.until(lambda: three.ringing)
    two.user = refuses_with(486)
    two.hang_up(call)
    world.until(lambda: not one.connected)
    record = only_record(world)
    assert (record.cause, record.reason) == (Cause.PLAN, "busy")


@pytest.mark.parametrize("gone", ["101", "103"])
def test_hanging_up_during_a_transfer(office: MakeOffice, gone: str) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    three = world.handsets["103"]
    two.transfer(only(two), "103")
    world.until(lambda: three.ringing)
    if gone == "101":
        one.hang_up()
        world.until(lambda: two.reports[-1:] == ["487"])
        world.advance(1.0)
        assert not two.connected
        assert not three.ringing
        assert only_record(world).cause is Cause.CALLER_HUNG_UP
    else:
        three.refuse(next(iter(three.ringing)), 603)
        world.until(lambda: two.reports[-1:] == ["603"])
        assert_they_talk(world, one, two)


@pytest.mark.parametrize(
    ("number", "status"), [("999", 404), ("102", 480), ("101", 480), ("sip:103@example.net", 404)]
)
def test_what_nobody_can_be_handed_to_is_refused(
    office: MakeOffice, number: str, status: int
) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    two.transfer(only(two), number)
    world.until(lambda: two.referred_with)
    assert two.referred_with == [status]
    assert_they_talk(world, one, two)


def test_the_second_of_two_transfers_is_refused(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    two.transfer(only(two), "103")
    one.transfer(only(one), "104")
    world.until(lambda: one.referred_with and two.referred_with)
    assert sorted(one.referred_with + two.referred_with) in ([202, 491], [202, 603])
    world.handsets["103"].pick_up(next(iter(world.handsets["103"].ringing)))
    world.until(lambda: world.handsets["103"].connected)
    assert_they_talk(world, one, world.handsets["103"])


def test_a_department_is_rung_without_the_transferor(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, three = talking(world, "101", "103")
    three.user = rings
    four = world.handsets["104"]
    four.user = answers_after(2.0)
    three.transfer(only(three), "600")
    world.until(lambda: world.ringing)
    assert world.ringing == {"104"}
    world.until(lambda: four.connected)
    assert_they_talk(world, one, four)


@pytest.mark.parametrize("transferor", ["101", "102"])
def test_an_application_takes_the_call(office: MakeOffice, transferor: str) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    by, other = (one, two) if transferor == "101" else (two, one)
    by.transfer(only(by), "*43")
    world.until(lambda: not by.connected)
    world.advance(5.0)
    assert by.reports == ["100", "200"]
    before = len(other.heard())
    other.say(encode_ulaw(tone(600, 0.5)))
    world.advance(0.8)
    assert frequency(other.heard()[before:] / 32768) == pytest.approx(600, abs=15)
    other.hang_up()
    record = only_record(world)
    assert record.stage == "echo"


def test_a_caller_is_handed_on_twice(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    three, four = world.handsets["103"], world.handsets["104"]
    three.user = four.user = answers_after(1.0)
    two.transfer(only(two), "103")
    world.until(lambda: three.connected and not two.connected)
    three.transfer(only(three), "104")
    world.until(lambda: four.connected and not three.connected)
    assert_they_talk(world, one, four)


def consulting(world: Office) -> tuple[Handset, Handset, Handset, str, str]:
    """Let 102, whom 101 has called, put it on hold and call 103; return both calls of 102."""
    one, two = talking(world)
    first = only(two)
    two.hold(first)
    world.advance(1.0)
    second = two.call("103")
    return one, two, world.handsets["103"], first, second


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("asks_by", ["first", "second"])
def test_an_attended_transfer_joins_both_calls(
    office: MakeOffice, asks_by: str, direct: bool
) -> None:
    world = office(COMPANY, direct=direct)
    one, two, three, first, second = consulting(world)
    three.user = answers_after(1.0)
    world.until(lambda: three.ringing)
    three.pick_up(next(iter(three.ringing)))
    world.until(lambda: second in two.connected)
    world.advance(0.5)
    if asks_by == "first":
        two.transfer(first, "103", second)
    else:
        two.transfer(second, "101", first)
    world.until(lambda: not two.connected)
    world.advance(1.0)
    assert two.referred_with == [202]
    assert two.reports == ["100", "200"]
    assert one.connected
    assert three.connected
    assert_they_talk(world, one, three)
    one.hang_up()
    world.advance(3.0)
    assert not three.connected
    former, latter = world.records
    assert former.cause is Cause.TRANSFERRED
    assert former.joined == (latter.call,)
    assert latter.joined == (former.call,)
    assert latter.cause in (Cause.CALLER_HUNG_UP, Cause.CALLEE_HUNG_UP)


@pytest.mark.parametrize("asks_by", ["first", "second"])
def test_calls_on_two_workers_are_joined_and_no_telephone_notices(
    office: MakeOffice, asks_by: str
) -> None:
    world = office(COMPANY, workers=2)
    one, two, three, first, second = consulting(world)
    three.user = answers_after(1.0)
    world.until(lambda: three.ringing)
    three.pick_up(next(iter(three.ringing)))
    world.until(lambda: second in two.connected)
    world.advance(0.5)
    assert [count["streams"] for count in world.link.counts()] == [2, 2]
    before = [len(one.invites), len(three.invites)]
    if asks_by == "first":
        two.transfer(first, "103", second)
    else:
        two.transfer(second, "101", first)
    world.until(lambda: not two.connected)
    world.advance(1.0)
    assert sorted(count["streams"] for count in world.link.counts()) == [0, 2]
    assert [len(one.invites), len(three.invites)] == before
    assert_they_talk(world, one, three)
    one.hang_up()
    world.advance(5.0)
    assert not three.connected
    assert [count["streams"] for count in world.link.counts()] == [0, 0]
    assert all(desk.engine.discards == {} for desk in world.desks)


def test_a_worker_that_is_lost_takes_the_streams_that_moved_to_it(office: MakeOffice) -> None:
    world = office(COMPANY, workers=2)
    one, two, three, first, second = consulting(world)
    three.user = answers_after(1.0)
    world.until(lambda: three.ringing)
    three.pick_up(next(iter(three.ringing)))
    world.until(lambda: second in two.connected)
    world.advance(0.5)
    two.transfer(first, "103", second)
    world.until(lambda: not two.connected)
    world.advance(1.0)
    [worker] = [at for at, count in enumerate(world.link.counts()) if count["streams"]]
    world.media_event(WorkerLost("killed"), worker)
    world.advance(5.0)
    assert not one.connected
    assert not three.connected
    assert Cause.WORKER_LOST in [record.cause for record in world.records]


@pytest.mark.parametrize("direct", [False, True])
def test_a_transfer_while_it_rings_lets_the_caller_wait(office: MakeOffice, direct: bool) -> None:
    world = office(COMPANY, direct=direct)
    one, two, three, first, second = consulting(world)
    world.until(lambda: three.ringing)
    world.advance(2.0)
    two.transfer(first, "103", second)
    world.advance(1.0)
    assert two.referred_with == [202]
    assert len(three.invites) == (2 if direct else 1)
    three.pick_up(next(iter(three.ringing)))
    world.until(lambda: not two.connected)
    world.advance(1.0)
    assert two.reports[-1] == "200"
    assert_they_talk(world, one, three)
    three.hang_up()
    world.advance(3.0)
    assert {record.cause for record in world.records} == {
        Cause.TRANSFERRED,
        Cause.CALLEE_HUNG_UP,
    }


@pytest.mark.feature("F62")
@pytest.mark.parametrize("answers", [True, False])
def test_the_caller_is_never_dropped_before_the_target_has_answered(
    office: MakeOffice, answers: bool
) -> None:
    world = office(COMPANY)
    one, two, three, first, second = consulting(world)
    world.until(lambda: three.ringing)
    world.advance(1.0)
    two.transfer(first, "103", second)
    world.until(lambda: two.referred_with)
    two.hang_up(first)  # the transferor leaves before anybody has answered
    world.advance(5.0)
    assert one.connected
    if answers:
        three.pick_up(next(iter(three.ringing)))
        world.until(lambda: three.connected)
        assert_they_talk(world, one, three)
    else:
        world.until(lambda: two.connected)  # rung again, and answering at once
        assert one.connected
        assert_they_talk(world, one, two)


@pytest.mark.feature("F61")
@pytest.mark.parametrize("refuses", [True, False])
def test_a_manager_who_refuses_or_does_not_answer_gives_the_caller_back(
    office: MakeOffice, refuses: bool
) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    three = world.handsets["103"]
    three.user = refuses_with(603, after=2.0) if refuses else rings
    two.transfer(only(two), "103")
    world.until(lambda: two.reports[-1:] == ["603" if refuses else "480"])
    assert one.connected
    assert_they_talk(world, one, two)


def test_a_transfer_while_it_rings_that_fails_gives_the_caller_back(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two, three, first, second = consulting(world)
    world.until(lambda: three.ringing)
    world.advance(1.0)
    two.transfer(first, "103", second)
    world.until(lambda: "480" in two.reports)
    assert one.connected
    assert first in two.connected
    world.advance(1.0)
    two.hold(first, "sendrecv")
    world.advance(1.0)
    two.talks.pop(second, None)
    assert_they_talk(world, one, two)


def test_only_the_own_calls_are_joined(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    other = connect(world, world.handsets["104"], world.handsets["103"])
    [view] = [v for v in world.handsets["104"].phone.dialogs() if v.call == other]
    replaces = f"{view.call_id}%3Bto-tag%3D{view.remote_tag}%3Bfrom-tag%3D{view.local_tag}"
    two.transfer(only(two), f"sip:103@{SWITCH}?Replaces={replaces}")
    world.until(lambda: two.referred_with)
    assert two.referred_with == [403]
    assert_they_talk(world, one, two)


@pytest.mark.parametrize("seed", range(6))
def test_transfers_survive_a_network_that_loses_a_fifth(office: MakeOffice, seed: int) -> None:
    world = office(COMPANY, seed=seed)
    one, two = talking(world)
    three = world.handsets["103"]
    three.user = answers_after(2.0)
    world.network.conditions = Conditions(loss=0.2)
    two.hold(only(two))
    world.advance(4.0)
    two.transfer(only(two), "103")
    world.until(lambda: three.connected, within=40.0)
    world.until(lambda: not two.connected, within=40.0)
    world.advance(35.0)
    world.network.conditions = Conditions()
    assert two.referred_with == [202]
    assert_they_talk(world, one, three)


def test_nothing_of_a_transfer_is_kept(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two, three, first, second = consulting(world)
    world.advance(1.0)
    three.pick_up(next(iter(three.ringing)))
    world.until(lambda: second in two.connected)
    two.transfer(first, "103", second)
    world.until(lambda: not two.connected)
    world.advance(1.0)
    four = world.handsets["104"]
    four.user = answers_after(1.0)
    three.transfer(only(three), "104")
    world.until(lambda: four.connected and not three.connected)
    one.hang_up()
    world.advance(60.0)
    kept = {name: count for name, count in world.switch.endpoint.counts().items() if count}
    assert kept.keys() <= {"bindings", "aors", "hosts", "nonces"}, kept
