"""Who calls and who is connected, from what a telephone sends to what calls hear, and back."""

import pytest

from softswitch.sip.message import Header, Request
from softswitch.sip.settings import EndpointSettings, ListenerSettings
from softswitch.sip.vocabulary import (
    Accept,
    Change,
    ChangeRefused,
    Claims,
    Identify,
    LegCommand,
    Offered,
    Party,
    Progress,
    Ring,
)
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk, Done
from tests.unit.softswitch.sip.speaking import REALM, SERVER, answer, contact_of, request

ZOE = Party("102", "Zoë")
SHOWN = '"Zoë" <sip:102@192.0.2.1>'
TRUSTED = EndpointSettings(
    realm=REALM, listeners=(ListenerSettings("udp", SERVER, is_trusted=True),)
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def offered(desk: Desk, sender: str, *headers: tuple[Header | str, str]) -> Done:
    invite = request("INVITE", to="103", headers=[contact_of(), *headers], body=OFFER)
    invite.set(Header.FROM, f"{sender};tag=phone")
    return desk.ask(invite)


def event(done: Done) -> Offered:
    assert isinstance(done.event, Offered)
    return done.event


def test_a_telephone_that_hides_is_known_by_its_password() -> None:
    desk = Desk()
    desk.register()
    done = offered(desk, '"Anonymous" <sip:anonymous@anonymous.invalid>')
    assert event(done).caller == Party("101")
    assert event(done).identity.extension == "101"
    assert event(done).claims == Claims(privacy=frozenset(("id",)))


def test_a_telephone_that_asks_to_be_hidden_is_known_too() -> None:
    done = offered(Desk(), '"One" <sip:101@192.0.2.1>', (Header.PRIVACY, "id"))
    assert event(done).caller == Party("101", "One")
    assert (claims := event(done).claims) is not None
    assert claims.is_anonymous


def test_a_telephone_does_not_call_in_the_name_of_another() -> None:
    assert offered(Desk(), "<sip:102@192.0.2.1>").statuses == [403]
    asserted = (Header.P_ASSERTED_IDENTITY, "<sip:102@192.0.2.1>")
    assert event(offered(Desk(), "<sip:101@192.0.2.1>", asserted)).caller == Party("101")


def test_nobody_registers_without_a_name() -> None:
    asked = request("REGISTER", headers=[contact_of()])
    asked.set(Header.FROM, "<sip:anonymous@anonymous.invalid>;tag=x")
    assert Desk().ask(asked).statuses == [403]


def test_a_trusted_side_calls_in_the_name_of_others() -> None:
    assert event(offered(Desk(TRUSTED), '"Far" <sip:+4822@far>')).caller == Party("+4822", "Far")
    asserted = (Header.P_ASSERTED_IDENTITY, '"Zoë" <tel:+48-33>')
    done = offered(Desk(TRUSTED), "<sip:anonymous@anonymous.invalid>", asserted)
    assert event(done).caller == Party("+4833", "Zoë")
    assert event(done).identity.extension == "101"


def test_privacy_that_cannot_be_kept_is_refused_to_who_insists() -> None:
    done = offered(Desk(), "<sip:101@192.0.2.1>", (Header.PRIVACY, "moon;critical"))
    assert done.statuses == [500]
    assert done.response.reason == "Privacy Cannot Be Kept: moon"


@pytest.mark.parametrize("command", [Ring, Progress, Accept])
def test_the_callers_telephone_shows_who_is_connected(command: type) -> None:
    desk = Desk()
    leg = desk.offer(to="103").leg
    told: dict[type, LegCommand] = {
        Ring: Ring(leg, ZOE),
        Progress: Progress(leg, ANSWER, connected=ZOE),
        Accept: Accept(leg, ANSWER, ZOE),
    }
    assert desk.tell(told[command]).response.first(Header.P_ASSERTED_IDENTITY) == SHOWN


def test_what_is_shown_stays_until_somebody_else_answers() -> None:
    desk = Desk()
    leg = desk.offer(to="103").leg
    desk.tell(Ring(leg, Party("600", "Sales")))
    answered = desk.tell(Accept(leg, ANSWER, ZOE)).response
    assert answered.values(Header.P_ASSERTED_IDENTITY) == [SHOWN]


def test_nothing_is_shown_of_whom_nothing_is_known() -> None:
    desk = Desk()
    leg = desk.offer(to="103").leg
    assert Header.P_ASSERTED_IDENTITY not in desk.tell(Ring(leg)).response.ids
    assert Header.P_ASSERTED_IDENTITY not in desk.tell(Accept(leg, ANSWER)).response.ids


def connected(desk: Desk, *headers: tuple[Header | str, str]) -> str:
    leg = desk.offer(to="103", headers=headers).leg
    tag = desk.tell(Accept(leg, ANSWER)).response.to().tag or ""
    desk.send(request("ACK", to="103", cseq=2, to_tag=tag))
    return leg


def asked_of(desk: Desk, leg: str) -> Request:
    return desk.tell(Identify(leg, ZOE)).request


def test_a_telephone_that_takes_update_is_told_by_it_with_whom_it_talks_now() -> None:
    desk = Desk()
    update = asked_of(desk, connected(desk, (Header.ALLOW, "INVITE, UPDATE")))
    assert (update.method, update.body) == ("UPDATE", b"")
    assert update.first(Header.P_ASSERTED_IDENTITY) == SHOWN


def test_another_is_told_with_the_next_change(desk: Desk) -> None:
    leg = connected(desk)
    assert desk.tell(Identify(leg, ZOE)).requests == []
    invite = desk.tell(Change(leg, OFFER)).request
    assert invite.first(Header.P_ASSERTED_IDENTITY) == SHOWN


def test_a_change_may_say_who_has_come(desk: Desk) -> None:
    invite = desk.tell(Change(connected(desk), OFFER, ZOE)).request
    assert (invite.method, invite.body) == ("INVITE", OFFER)
    assert invite.first(Header.P_ASSERTED_IDENTITY) == SHOWN


@pytest.mark.parametrize("status", [200, 488])
def test_a_change_waits_until_that_has_been_said(desk: Desk, status: int) -> None:
    leg = connected(desk, (Header.ALLOW, "INVITE, UPDATE"))
    update = asked_of(desk, leg)
    assert desk.tell(Change(leg, OFFER)) == desk.tell(Change("nobody", b""))._replace(slugs=[])
    refused = desk.tell(Change(leg, OFFER)).event
    assert refused == ChangeRefused(leg, 491), "one may wait, and no more"
    invite = desk.send(answer(update, status, "phone")).request
    assert (invite.method, invite.body) == ("INVITE", OFFER)


def test_who_is_connected_before_the_answer_is_said_with_it() -> None:
    desk = Desk()
    leg = desk.offer(to="103").leg
    assert desk.tell(Identify(leg, ZOE)).requests == []
    answered = desk.tell(Accept(leg, ANSWER)).response
    assert answered.first(Header.P_ASSERTED_IDENTITY) == SHOWN


def test_a_telephone_number_may_be_called_by_its_uri() -> None:
    desk = Desk()
    invite = request("INVITE", headers=[contact_of()], body=OFFER, uri="tel:+48-22-1.23")
    invite.set(Header.TO, "<tel:+48-22-1.23>")
    assert event(desk.ask(invite)).dialled == "+4822123"


def test_a_dialled_number_loses_its_context() -> None:
    desk = Desk()
    uri = "sip:7042;phone-context=+48@192.0.2.1;user=phone"
    invite = request("INVITE", headers=[contact_of()], body=OFFER, uri=uri)
    assert event(desk.ask(invite)).dialled == "7042"
