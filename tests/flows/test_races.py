"""Messages that cross: whatever the order, everybody agrees in the end and nothing is left."""

import pytest

from softswitch.sip.message import Header, Request
from tests.flows.conftest import MakeOffice
from tests.support.handset import Handset, answers_after
from tests.support.office import Office
from tests.support.stranger import Stranger

TWO = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p, no_answer: {after: 10s, to: employee 103}}
  103: {name: Three, password: p}
"""
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 10.0.9.9\r\ns=-\r\nc=IN IP4 10.0.9.9\r\nt=0 0\r\n"
    b"m=audio 30000 RTP/AVP 0\r\n"
)
AROUND = [round(milliseconds * 0.0005, 4) for milliseconds in range(-10, 11)]
"""Seconds before and after: two machines away and back takes 4 ms."""


def talking(world: Office) -> tuple[Handset, Handset]:
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    world.advance(1.0)
    return one, two


def assert_all_is_over(world: Office) -> None:
    """Fail unless both sides are free and there is exactly one record."""
    world.advance(40.0)
    for handset in world.handsets.values():
        assert handset.phone.dialogs() == []
        assert not handset.ringing
        assert not handset.connected
    assert len(world.records) == 1
    counts = world.switch.endpoint.counts()
    assert not any(counts.values()), counts


@pytest.mark.parametrize("offset", AROUND)
def test_giving_up_while_the_other_answers(office: MakeOffice, offset: float) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    two.user = answers_after(2.0)
    one.call("102")
    world.until(lambda: two.ringing)
    world.advance(2.0 + offset - 1e-6)
    one.hang_up()
    assert_all_is_over(world)
    assert world.records[0].by == "caller"


@pytest.mark.parametrize("delay", [n * 0.0005 for n in range(20)])
def test_giving_up_at_once(office: MakeOffice, delay: float) -> None:
    world = office(TWO)
    one, *_ = world.register("101", "102")
    one.call("102")
    world.advance(delay)
    one.hang_up()
    world.advance(40.0)
    assert one.phone.dialogs() == []
    assert not world.ringing
    assert len(world.records) <= 1


@pytest.mark.parametrize("offset", AROUND)
def test_both_hang_up_at_the_same_moment(office: MakeOffice, offset: float) -> None:
    world = office(TWO)
    one, two = talking(world)
    at = world.now + 1.0
    world.world.at(at, one.hang_up)
    world.world.at(at + offset, two.hang_up)
    world.advance(2.0)
    assert_all_is_over(world)


@pytest.mark.parametrize("offset", AROUND)
@pytest.mark.parametrize("asks", ["101", "102"])
def test_hanging_up_while_a_change_is_open(office: MakeOffice, asks: str, offset: float) -> None:
    world = office(TWO)
    one, two = talking(world)
    holder, other = (one, two) if asks == "101" else (two, one)
    [call] = holder.connected
    at = world.now + 1.0

    def hold() -> None:
        if holder.connected:
            holder.hold(call)

    world.world.at(at, hold)
    world.world.at(at + offset, other.hang_up)
    world.advance(2.0)
    assert_all_is_over(world)


@pytest.mark.parametrize("delay", [n * 0.001 for n in range(8)])
@pytest.mark.parametrize("asks", ["101", "102"])
def test_hanging_up_over_ones_own_open_change(office: MakeOffice, asks: str, delay: float) -> None:
    world = office(TWO)
    talking(world)
    holder = world.handsets[asks]
    holder.hold(next(iter(holder.connected)))
    world.advance(delay)
    holder.hang_up()
    assert_all_is_over(world)


@pytest.mark.parametrize("offset", AROUND)
def test_an_answer_at_the_end_of_the_ring_time(office: MakeOffice, offset: float) -> None:
    world = office(TWO)
    one, two, three = world.register("101", "102", "103")
    two.user = answers_after(10.0 + offset)
    one.call("102")
    world.advance(11.0)
    assert bool(two.connected) != bool(three.ringing)
    assert bool(one.connected) == bool(two.connected)
    one.hang_up()
    assert_all_is_over(world)


def odd_telephone(world: Office, number: str = "102") -> Stranger:
    """Return a registered telephone that is told each of its answers."""
    odd = Stranger(world)
    odd.register(number, "p")
    return odd


def test_a_telephone_that_answers_what_was_cancelled(office: MakeOffice) -> None:
    world = office(TWO)
    odd = odd_telephone(world)
    (one,) = world.register("101")
    one.call("102")
    world.until(lambda: odd.received("INVITE"))
    [invite] = odd.received("INVITE")
    odd.answer(invite, 180, "t1")
    world.advance(0.5)
    one.hang_up()
    world.until(lambda: odd.received("CANCEL"))
    odd.answer(odd.received("CANCEL")[0], 200, "t1")
    odd.answer(invite, 200, "t1", SDP)
    world.until(lambda: odd.received("ACK") and odd.received("BYE"))
    odd.answer(odd.received("BYE")[0], 200, "t1")
    assert_all_is_over(world)
    assert len(odd.received("BYE")) == 1


def test_a_second_answer_from_behind_one_contact_is_ended(office: MakeOffice) -> None:
    world = office(TWO)
    odd = odd_telephone(world)
    (one,) = world.register("101")
    one.call("102")
    world.until(lambda: odd.received("INVITE"))
    [invite] = odd.received("INVITE")
    odd.answer(invite, 180, "t1")
    odd.answer(invite, 180, "t2")
    odd.answer(invite, 200, "t1", SDP)
    world.until(lambda: one.connected)
    odd.answer(invite, 200, "t2", SDP)
    world.until(lambda: odd.received("BYE"))
    acknowledged = {ack.to().tag for ack in odd.received("ACK")}
    assert acknowledged == {"t1", "t2"}
    [bye] = odd.received("BYE")
    assert bye.to().tag == "t2"
    odd.answer(bye, 200, "t2")
    world.advance(1.0)
    assert one.connected
    one.hang_up()
    world.until(lambda: len(odd.received("BYE")) == 2)
    assert odd.received("BYE")[1].to().tag == "t1"
    odd.answer(odd.received("BYE")[1], 200, "t1")
    assert_all_is_over(world)


def test_a_telephone_that_never_answers_a_cancel_is_forgotten(office: MakeOffice) -> None:
    world = office(TWO)
    odd = odd_telephone(world)
    (one,) = world.register("101")
    one.call("102")
    world.until(lambda: odd.received("INVITE"))
    odd.answer(odd.received("INVITE")[0], 180, "t1")
    world.advance(0.5)
    one.hang_up()
    assert_all_is_over(world)
    assert odd.received("CANCEL") != []


def test_a_telephone_that_says_nothing_is_not_cancelled_before_it_says_something(
    office: MakeOffice,
) -> None:
    world = office(TWO)
    odd = odd_telephone(world)
    (one,) = world.register("101")
    one.call("102")
    world.advance(0.2)
    one.hang_up()
    world.advance(0.3)
    assert odd.received("CANCEL") == []
    [invite] = odd.received("INVITE")
    odd.answer(invite, 180, "t1")
    world.until(lambda: odd.received("CANCEL"))
    odd.answer(odd.received("CANCEL")[0], 200, "t1")
    odd.answer(invite, 487, "t1")
    assert_all_is_over(world)


def test_the_branch_of_a_challenged_invite_may_be_used_again(office: MakeOffice) -> None:
    """As pyVoIP does: the same branch, another CSeq and another From tag."""
    world = office(TWO)
    _one, two = world.register("101", "102")
    stranger = Stranger(world)
    call = stranger.request("INVITE", "102", "101", body=SDP)
    proven = stranger.prove(call, stranger.ask(call), "p")
    proven.prepend(Header.VIA, call.first(Header.VIA) or "")
    proven.set(Header.FROM, "<sip:101@10.0.0.1>;tag=another")
    stranger.send(proven.to_bytes())
    world.until(lambda: two.ringing, within=1.0)
    stranger.send(cancel_of(proven).to_bytes())
    world.until(lambda: not two.ringing, within=1.0)
    assert_all_is_over(world)


def cancel_of(invite: Request) -> Request:
    return Request.build(
        "CANCEL",
        invite.uri,
        (
            *(
                (header, invite.first(header) or "")
                for header in (Header.VIA, Header.FROM, Header.TO, Header.CALL_ID)
            ),
            (Header.CSEQ, f"{invite.cseq().number} CANCEL"),
        ),
    )
