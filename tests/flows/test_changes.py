"""Changes of a session with a telephone that is slow, or does not keep to the rules."""

from collections.abc import Callable

from softswitch.phone.events import ReinviteAccepted
from softswitch.sip.message import Header, Response
from softswitch.sip.transaction import RequestArrived
from tests.flows.conftest import MakeOffice
from tests.support.handset import Handset, answers_after
from tests.support.office import Office
from tests.support.scripted import Scripted

COMPANY = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p, calls: 2}
  103: {name: Three, password: p}
"""


def session(direction: str = "sendrecv", port: int = 4000) -> bytes:
    return (
        "v=0\r\no=- 1 1 IN IP4 10.0.9.7\r\ns=-\r\nc=IN IP4 10.0.9.7\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na={direction}\r\n"
    ).encode()


def direction_of(body: bytes) -> str:
    return body.decode().rpartition("\r\na=")[2].strip()


def agrees(one: Scripted) -> Callable[[RequestArrived], None]:
    mirror = {"sendonly": "recvonly", "inactive": "inactive"}

    def answer(asked: RequestArrived) -> None:
        direction = direction_of(asked.request.body)
        one.respond(asked, 200, session(mirror.get(direction, "sendrecv")))

    return answer


def talking(world: Office) -> tuple[Scripted, Handset]:
    one = Scripted(world, "101", ("10.0.9.7", 5060))
    (two,) = world.register("102")
    two.user = answers_after(0.1)
    one.on["INVITE"] = agrees(one)
    one.invite("102", session())
    assert one.final("INVITE", 2).status == 200
    one.acknowledge(2)
    world.advance(0.5)
    return one, two


def several(body: bytes) -> bytes:
    return (
        b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
        b"--b\r\nContent-Type: application/sdp\r\n\r\n" + body + b"\r\n--b--\r\n"
    )


def changed(world: Office, two: Handset) -> bool:
    """Hold, and return whether it was agreed."""
    two.events.clear()
    two.hold(next(iter(two.connected)))
    world.advance(10.0)
    return any(isinstance(event, ReinviteAccepted) for _, event in two.events)


def acknowledged(one: Scripted, response: Response) -> int:
    if response.status == 200:
        one.acknowledge(response.cseq().number)
    return response.status


def test_an_update_whose_contact_cannot_be_read_leaves_room_for_others(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    bad = one.request("UPDATE", session(port=4002))
    bad.set(Header.CONTACT, "<sip:[bad")
    one.send(bad)
    assert one.final("UPDATE", bad.cseq().number).status == 400
    assert one.ask("UPDATE", session(port=4004)).status == 200
    assert acknowledged(one, one.ask("INVITE", session(port=4006))) == 200
    world.advance(1.0)
    assert changed(world, two)


def test_an_ack_that_owes_an_answer_leaves_the_session_as_it_was(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    offer = one.ask("INVITE")
    assert offer.body
    one.acknowledge(offer.cseq().number)
    world.advance(1.0)
    assert acknowledged(one, one.ask("INVITE", session(port=4010))) == 200
    world.advance(1.0)
    assert changed(world, two)


def test_a_change_waits_for_an_ack_that_is_late(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    again = one.request("INVITE", session(port=4010))
    one.send(again)
    assert one.final("INVITE", again.cseq().number).status == 200
    two.events.clear()
    two.hold(next(iter(two.connected)))
    world.advance(0.4)
    assert one.heard("INVITE") == []
    one.acknowledge(again.cseq().number)
    world.advance(1.0)
    assert [direction_of(each.body) for each in one.heard("INVITE")] == ["sendonly"]
    assert any(isinstance(event, ReinviteAccepted) for _, event in two.events)


def test_who_gets_another_partner_before_his_ack_is_taken_off_hold(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    (three,) = world.register("103")
    three.user = answers_after(0.1)
    two.hold(next(iter(two.connected)))
    world.advance(2.0)
    again = one.request("INVITE", session("recvonly"))
    one.send(again)
    assert one.final("INVITE", again.cseq().number).status == 200
    two.transfer(next(iter(two.connected)), "103")
    world.advance(1.0)
    one.acknowledge(again.cseq().number)
    world.advance(5.0)
    assert three.connected
    assert direction_of(one.heard("INVITE")[-1].body) == "sendrecv"


def test_an_offer_among_other_parts_is_taken(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    mixed = "multipart/mixed;boundary=b"
    again = one.request("INVITE", several(session("sendonly")), content_type=mixed)
    one.send(again)
    answer = one.final("INVITE", again.cseq().number)
    assert (answer.status, direction_of(answer.body)) == (200, "recvonly")
    one.acknowledge(again.cseq().number)
    world.advance(0.5)
    assert changed(world, two)
