"""What a ban leaves to who has an account or a call, and what it takes from him."""

import pytest

from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request
from softswitch.sip.settings import BanSettings, EndpointSettings, ProxySettings
from softswitch.sip.vocabulary import Accept, Ring
from tests.unit.softswitch.sip.desk import ANSWER, Desk, ack_of
from tests.unit.softswitch.sip.speaking import REALM, authorized, contact_of, flow, request

HIDDEN = "<sip:101@anonymous.invalid>;tag=hidden"


def make() -> Desk:
    return Desk(EndpointSettings(realm=REALM, bans=BanSettings(failures=3, failures_of_host=9)))


def challenged(desk: Desk, asked: Request, user: str, path: Flow) -> list[int]:
    """Guess the password of `user` with a nonce of a challenge that another request got."""
    challenge = desk.send(request("REGISTER", call_id=f"{asked.call_id()}-first"), path)
    if not challenge.responses:
        return []
    return desk.send(authorized(asked, challenge.response, user, "guess"), path).statuses


def banned(path: Flow) -> Desk:
    """Return a desk where 101 is registered by `path`, and has guessed others' passwords."""
    desk = make()
    desk.register(path=path)
    for number in range(3):
        asked = request("REGISTER", "103", call_id=f"guess-{number}", headers=[contact_of("103")])
        desk.send(authorized(asked, desk.send(asked, path).response, "103", "guess"), path)
    assert [ban.address for ban in desk.endpoint.bans.standing(desk.now)] == ["198.51.100.7:5060"]
    return desk


def test_the_tag_of_a_call_lets_no_registration_of_another_by() -> None:
    desk = make()
    tag = desk.tell(Ring(desk.offer().leg)).response.to().tag or ""
    answers = []
    for number in range(6):
        asked = request(
            "REGISTER", "103", call_id=f"g{number}", to_tag=tag, headers=[contact_of("103")]
        )
        answers.append(challenged(desk, asked, "103", flow()))
    assert answers == [[401]] * 3 + [[]] * 3


def test_a_tag_counts_only_where_the_call_is() -> None:
    desk = make()
    offered = desk.offer()
    accepted = desk.tell(Accept(offered.leg, ANSWER)).response
    desk.send(ack_of(desk.invite(), accepted))
    bye = request("BYE", to="102", cseq=3, to_tag=accepted.to().tag or "")
    elsewhere = flow(port=7777)
    for number in range(9):
        asked = request("REGISTER", "103", call_id=f"g{number}", headers=[contact_of("103")])
        challenged(desk, asked, "103", flow(port=6000 + number))
    assert desk.send(bye, elsewhere).slugs == ["banned"]
    assert desk.send(bye).statuses == [200]


@pytest.mark.parametrize("method", ["SUBSCRIBE", "MESSAGE", "INVITE", "OPTIONS"])
def test_who_is_registered_guesses_for_nobody_else_behind_a_hidden_name(method: str) -> None:
    desk = banned(flow())
    asked = request(method, to="102", call_id="hidden", headers=[contact_of()])
    asked.set(Header.FROM, HIDDEN)
    assert challenged(desk, asked, "103", flow()) == []


def test_who_is_registered_guesses_for_nobody_else_in_his_own_name() -> None:
    desk = banned(flow())
    asked = request("SUBSCRIBE", to="102", call_id="own", headers=[contact_of()])
    first = desk.send(asked)
    both = authorized(authorized(asked, first.response, "101"), first.response, "103", "guess")
    assert desk.send(both).slugs == ["banned"]


def test_a_banned_phone_that_is_registered_calls_in_its_own_name_and_in_nobodys() -> None:
    desk = banned(flow())
    asked = request("INVITE", to="102", call_id="own", headers=[contact_of()])
    asked.set(Header.FROM, HIDDEN)
    done = desk.ask(asked)
    assert done.statuses == [100]
    assert done.events
    desk.offer()


def test_what_a_banned_host_sends_by_unproven_ways_is_not_even_parsed() -> None:
    desk = make()
    desk.register(path=flow(port=7000))
    for number in range(9):
        path = flow(port=6000 + number)
        asked = request("REGISTER", "103", call_id=f"g{number}", headers=[contact_of("103")])
        challenged(desk, asked, "103", path)
    assert desk.send_bytes(b"noise", flow(port=6000)).slugs == ["banned"]
    assert desk.send_bytes(b"noise", flow(port=7000)).slugs == ["unreadable"]
    assert desk.send_bytes(b"noise", flow(host="203.0.113.9")).slugs == ["unreadable"]
    stream = flow(connection=7)
    assert desk.send_bytes(b"noise", stream).closed == [stream]


def test_a_banned_host_is_read_where_other_domains_may_call() -> None:
    desk = Desk(
        EndpointSettings(
            realm=REALM, bans=BanSettings(failures=1), proxy=ProxySettings(leads_outside=True)
        )
    )
    asked = request("REGISTER", "103", call_id="guess", headers=[contact_of("103")])
    assert challenged(desk, asked, "103", flow()) == [401]
    assert desk.send_bytes(b"noise").slugs == ["unreadable"]
    assert desk.send(asked).slugs == ["banned"]
