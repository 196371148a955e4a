"""Legs that are placed elsewhere: what they hear of hops that fail, and of those that do not."""

import pytest

from softswitch.sip.flow import Flow
from softswitch.sip.locate import Resolve
from softswitch.sip.message import Header
from softswitch.sip.settings import EndpointSettings, ListenerSettings
from softswitch.sip.vocabulary import (
    Answered,
    Elsewhere,
    End,
    Ended,
    Party,
    Place,
    Progressed,
    Refused,
    Withdraw,
)
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk, Done
from tests.unit.softswitch.sip.speaking import REALM, SERVER, answer

TCP = ("192.0.2.1", 5062)
QUESTION = Resolve("b.example", "A")
ONE, TWO = "203.0.113.1", "203.0.113.2"


def by_udp(host: str) -> Flow:
    return Flow("udp", SERVER, (host, 5060))


def by_tcp(host: str) -> Flow:
    return Flow("tcp", TCP, (host, 5060))


class Abroad(Desk):
    """A desk that places a call to bob at b.example, which has two servers."""

    def __init__(self, target: Elsewhere) -> None:
        listeners = (ListenerSettings("udp", SERVER), ListenerSettings("tcp", TCP))
        super().__init__(EndpointSettings(realm=REALM, listeners=listeners))
        self.placed = self.tell(Place("b", target, Party("101", "One"), "bob", OFFER))

    def set_out(self) -> Done:
        assert self.advance(0.0).asked == [QUESTION]
        return self.resolve(QUESTION, ONE, TWO)


@pytest.fixture
def abroad() -> Abroad:
    return Abroad(Elsewhere("sip:bob@b.example:5060;transport=tcp"))


def test_the_invite_says_of_itself_what_the_hop_is_to_see(abroad: Abroad) -> None:
    assert (abroad.placed.flows, abroad.placed.events) == ([], [])
    done = abroad.set_out()
    assert done.flows == [by_tcp(ONE)]
    invite = done.request
    assert invite.uri == "sip:bob@b.example:5060;transport=tcp"
    assert invite.to().uri.host == "b.example"
    assert invite.first(Header.CONTACT) == "<sip:192.0.2.1:5062;transport=tcp>"
    assert (invite.via().transport, invite.body) == ("TCP", OFFER)
    assert invite.count(Header.VIA) == 1


def test_routes_of_our_own_lead_the_way() -> None:
    route = "<sip:b.example:5060;lr>"
    abroad = Abroad(Elsewhere("sip:bob@home.example", "sip:b.example:5060;lr", (route,)))
    invite = abroad.set_out().request
    assert (invite.uri, invite.values(Header.ROUTE)) == ("sip:bob@home.example", [route])


def test_a_leg_hears_nothing_of_a_hop_that_fails(abroad: Abroad) -> None:
    first = abroad.set_out().request
    done = abroad.lose(by_tcp(ONE))
    assert (done.events, done.flows) == ([], [by_tcp(TWO)])
    second = done.request
    assert second.branch() != first.branch()
    assert second.count(Header.VIA) == 1
    assert second.call_id() == first.call_id()
    ringing = abroad.send(answer(second, 180), by_tcp(TWO))
    assert ringing.events == [Progressed("b", 180)]
    contact = (Header.CONTACT, f"<sip:bob@{TWO};transport=tcp>")
    answered = abroad.send(answer(second, 200, sdp=ANSWER, headers=[contact]), by_tcp(TWO))
    assert answered.events == [Answered("b", ANSWER)]
    assert (answered.methods, answered.flows) == (["ACK"], [by_tcp(TWO)])
    bye = abroad.tell(End("b"))
    assert (bye.methods, bye.flows) == (["BYE"], [by_tcp(TWO)])
    ended = abroad.send(answer(bye.request, 200), by_tcp(TWO))
    assert [*bye.events, *ended.events] == [Ended("b", "ended")]
    abroad.advance(140.0)
    assert abroad.held == {}


def test_a_leg_is_refused_when_every_hop_has_failed(abroad: Abroad) -> None:
    abroad.set_out()
    abroad.lose(by_tcp(ONE))
    assert abroad.lose(by_tcp(TWO)).events == [Refused("b", 503)]
    abroad.advance(140.0)
    assert abroad.held == {}


def test_a_leg_is_refused_when_nobody_answers() -> None:
    abroad = Abroad(Elsewhere("sip:bob@b.example:5060"))
    abroad.set_out()
    done = abroad.advance(40.0)
    assert by_udp(TWO) in done.flows
    assert done.events == [Refused("b", 408)]


def test_a_leg_is_refused_when_there_is_no_such_name(abroad: Abroad) -> None:
    abroad.advance(0.0)
    abroad.resolve(QUESTION)
    assert abroad.advance(0.0).events == [Refused("b", 404)]
    assert abroad.held == {}


def test_a_secure_address_is_refused_where_nothing_is_secure() -> None:
    abroad = Abroad(Elsewhere("sips:bob@b.example"))
    assert abroad.advance(0.0).events == [Refused("b", 416)]


def test_a_leg_is_withdrawn_before_its_way_is_known(abroad: Abroad) -> None:
    abroad.advance(0.0)
    assert abroad.tell(Withdraw("b")).events == []
    assert abroad.advance(0.0).events == [Refused("b", 487)]
    assert abroad.resolve(QUESTION, ONE).flows == []
    assert abroad.held == {}


def test_a_leg_is_withdrawn_at_the_hop_where_it_is(abroad: Abroad) -> None:
    abroad.set_out()
    second = abroad.lose(by_tcp(ONE)).request
    abroad.send(answer(second, 180), by_tcp(TWO))
    cancel = abroad.tell(Withdraw("b"))
    assert (cancel.methods, cancel.flows) == (["CANCEL"], [by_tcp(TWO)])
    assert cancel.request.branch() == second.branch()
    assert abroad.send(answer(second, 487), by_tcp(TWO)).events == [
        Refused("b", 487, "Request Terminated")
    ]
    abroad.advance(140.0)
    assert abroad.held == {}
