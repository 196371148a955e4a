"""Who may speak within a call: the telephone that is in it, wherever it has gone to."""

import pytest

from softswitch.sip.message import Header, Request, Response
from tests.flows.conftest import MakeOffice
from tests.support.handset import answers_after
from tests.support.office import Office
from tests.support.scripted import Scripted
from tests.support.stranger import Stranger

HOME = "10.0.9.7"
ELSEWHERE = "203.0.113.5", 5060
TWO = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
"""
KEPT_HOME = TWO.replace(
    "101: {name: One, password: p}", "101: {name: One, password: p, allow: [10.0.0.0/8]}"
)


def sdp(host: str) -> bytes:
    return (
        f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 0\r\n"
    ).encode()


def talk(world: Office) -> Scripted:
    """Return 101, which talks with 102."""
    one = Scripted(world, "101", (HOME, 5060))
    world.register("102")
    world.handsets["102"].user = answers_after(0.1)
    one.invite("102", sdp(HOME))
    assert one.final("INVITE", 2).status == 200
    one.acknowledge(2)
    world.advance(0.5)
    return one


def said_by(one: Scripted, method: str, host: str, cseq: int = 900) -> Request:
    """Return a request of that dialog, as somebody at `host` writes it."""
    request = one.request(method, sdp(host) if method in ("INVITE", "UPDATE") else b"", cseq=cseq)
    request.set(Header.CONTACT, f"<sip:101@{host}:5060>")
    return request


def acknowledge(other: Stranger, one: Scripted, cseq: int) -> None:
    ack = said_by(one, "ACK", other.address[0], cseq)
    other.post(ack)


@pytest.mark.parametrize(
    "method", ["BYE", "INVITE", "UPDATE", "REFER", "INFO", "OPTIONS", "MESSAGE", "PRACK"]
)
def test_nobody_takes_a_call_over_by_its_tags(office: MakeOffice, method: str) -> None:
    world = office(TWO)
    one = talk(world)
    thief = Stranger(world, ELSEWHERE)
    assert thief.ask(said_by(one, method, ELSEWHERE[0])).status == 401
    world.advance(1.0)
    assert world.handsets["102"].connected
    # The switch still speaks with the telephone that is in the call, which may still count on.
    assert one.ask("OPTIONS").status == 200
    world.handsets["102"].hang_up()
    world.advance(1.0)
    assert len(one.heard("BYE")) == 1
    assert thief.requests == []


def test_the_password_of_somebody_else_does_not_count(office: MakeOffice) -> None:
    world = office(TWO)
    one = talk(world)
    thief = Stranger(world, ELSEWHERE)
    bye = said_by(one, "BYE", ELSEWHERE[0])
    assert thief.ask(thief.prove(bye, thief.ask(bye), "p", user="102")).status == 403
    assert world.handsets["102"].connected


def test_a_telephone_takes_its_call_along_to_another_network(office: MakeOffice) -> None:
    world = office(TWO)
    one = talk(world)
    roamed = Stranger(world, ELSEWHERE)
    invite = said_by(one, "INVITE", ELSEWHERE[0])
    proven = roamed.prove(invite, roamed.ask(invite), "p")
    assert roamed.ask(proven).status == 200
    acknowledge(roamed, one, proven.cseq().number)
    world.advance(40.0)
    assert world.handsets["102"].connected
    world.handsets["102"].hang_up()
    world.advance(1.0)
    assert len(roamed.received("BYE")) == 1
    assert one.heard("BYE") == []


def test_it_may_hang_up_from_there(office: MakeOffice) -> None:
    world = office(TWO)
    one = talk(world)
    roamed = Stranger(world, ELSEWHERE)
    bye = said_by(one, "BYE", ELSEWHERE[0])
    assert roamed.ask(roamed.prove(bye, roamed.ask(bye), "p")).status == 200
    world.advance(1.0)
    assert not world.handsets["102"].connected


def test_a_called_telephone_may_roam_too(office: MakeOffice) -> None:
    world = office(TWO)
    world.register("102")
    home = Stranger(world, (HOME, 5060))
    home.register("101", "p")
    world.handsets["102"].call("101")
    world.advance(0.5)
    (invite,) = home.received("INVITE")
    home.answer(invite, 200, "mine", sdp(HOME))
    world.advance(0.5)
    assert world.handsets["102"].connected
    roamed = Stranger(world, ELSEWHERE)
    bye = Request.build(
        "BYE",
        f"sip:{host_of(invite)}",
        (
            (Header.MAX_FORWARDS, "70"),
            (Header.FROM, f"{invite.first(Header.TO)};tag=mine"),
            (Header.TO, invite.first(Header.FROM) or ""),
            (Header.CALL_ID, invite.call_id()),
            (Header.CSEQ, "7 BYE"),
        ),
    )
    assert roamed.ask(roamed.prove(bye, roamed.ask(bye), "p")).status == 200
    world.advance(1.0)
    assert not world.handsets["102"].connected


def host_of(invite: Request) -> str:
    return invite.contacts()[0].uri.host


def test_whoever_may_not_come_from_there_may_not_roam_there(office: MakeOffice) -> None:
    world = office(KEPT_HOME)
    one = talk(world)
    roamed = Stranger(world, ELSEWHERE)
    bye = said_by(one, "BYE", ELSEWHERE[0])
    refused: Response = roamed.ask(roamed.prove(bye, roamed.ask(bye), "p"))
    assert (refused.status, refused.reason) == (403, "Not From There")
    assert world.handsets["102"].connected


def test_a_router_may_choose_another_port(office: MakeOffice) -> None:
    world = office(TWO)
    one = talk(world)
    rebound = Stranger(world, (HOME, 61000))
    assert rebound.ask(said_by(one, "OPTIONS", HOME)).status == 200
    world.handsets["102"].hang_up()
    world.advance(1.0)
    assert len(rebound.received("BYE")) == 1


def test_a_subscription_is_its_subscribers_alone(office: MakeOffice) -> None:
    world = office(TWO)
    home = Stranger(world, (HOME, 5060))
    asked = home.request("SUBSCRIBE", "102", "101", [(Header.EVENT, "dialog")])
    granted = home.ask(home.prove(asked, home.ask(asked), "p"))
    assert granted.status == 200
    world.advance(0.5)
    (notify,) = home.received("NOTIFY")
    home.answer(notify, 200, "")
    world.advance(0.5)
    end = asked.copy()
    end.set(Header.TO, granted.first(Header.TO) or "")
    end.set(Header.EXPIRES, "0")
    end.set(Header.CSEQ, "50 SUBSCRIBE")
    roamed = Stranger(world, ELSEWHERE)
    doubted = roamed.ask(end)
    assert doubted.status == 401
    assert world.switch.endpoint.counts()["subscriptions"] == 1
    assert roamed.ask(roamed.prove(end, doubted, "p")).status == 200
    world.advance(0.5)
    (last,) = roamed.received("NOTIFY")
    assert last.first(Header.SUBSCRIPTION_STATE) == "terminated;reason=timeout"


@pytest.mark.parametrize("whose", ["tag", "host"])
def test_an_ack_of_somebody_else_settles_nothing(office: MakeOffice, whose: str) -> None:
    world = office(TWO)
    one = Scripted(world, "101", (HOME, 5060))
    world.register("102")
    world.handsets["102"].user = answers_after(0.1)
    one.invite("102", sdp(HOME))
    assert one.final("INVITE", 2).status == 200
    ack = said_by(one, "ACK", HOME, 2)
    if whose == "tag":
        ack.set(Header.FROM, "<sip:101@office>;tag=another")
    Stranger(world, (HOME, 61000) if whose == "tag" else ELSEWHERE).post(ack)
    world.advance(40.0)
    assert not world.handsets["102"].connected  # the ACK never came
    assert "ack-of-another-peer" in world.switch.discards


def test_thousands_of_answers_cost_no_thousands_of_transactions(office: MakeOffice) -> None:
    world = office(TWO)
    world.register("102")
    home = Stranger(world, (HOME, 5060))
    home.register("101", "p")
    world.handsets["102"].call("101")
    world.advance(0.5)
    (invite,) = home.received("INVITE")
    for number in range(500):
        home.answer(invite, 200, f"fork{number}", sdp(HOME))
    world.advance(1.0)
    assert len(home.received("BYE")) == 8
    assert world.handsets["102"].connected


def test_what_a_watcher_is_told_of_a_call_is_not_what_it_takes_to_speak_in_it(
    office: MakeOffice,
) -> None:
    world = office(
        TWO + "  103: {name: Three, password: p}\n"
        "departments:\n  sales: {number: 600, members: [102, 103]}\n"
    )
    world.register("101", "102")
    world.handsets["102"].user = answers_after(3.0)
    watcher = Stranger(world)
    asked = watcher.request("SUBSCRIBE", "102", "103", [(Header.EVENT, "dialog")])
    assert watcher.ask(watcher.prove(asked, watcher.ask(asked), "p", user="103")).status == 200
    world.advance(0.5)
    watcher.answer(watcher.received("NOTIFY")[-1], 200, "")
    world.handsets["101"].call("102")
    world.advance(1.0)
    watcher.answer(watcher.received("NOTIFY")[-1], 200, "")
    world.advance(0.5)
    told = watcher.received("NOTIFY")[-1].body.decode()
    (invite,) = world.handsets["102"].invites
    call_id, tag = invite.call_id(), invite.from_().tag or ""
    assert 'call-id="' in told
    assert call_id not in told
    assert tag not in told
