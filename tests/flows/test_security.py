"""What strangers, impostors and curious people can reach: nothing."""

import re

import pytest

from softswitch.sip.message import Challenge, Header, Response
from tests.flows.conftest import MakeOffice
from tests.support.handset import answers_after
from tests.support.office import Office
from tests.support.stranger import Stranger

TWO = """
employees:
  101: {name: One, password: secret-one}
  102: {name: Two, password: secret-two}
"""
METHODS = [
    *("INVITE", "MESSAGE", "SUBSCRIBE", "REFER", "NOTIFY", "PUBLISH"),
    *("INFO", "BYE", "UPDATE", "PRACK", "REGISTER", "FOO"),
]
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 10.0.9.9\r\ns=-\r\nc=IN IP4 10.0.9.9\r\nt=0 0\r\n"
    b"m=audio 30000 RTP/AVP 0\r\n"
)


def assert_nothing_reached(world: Office) -> None:
    """Fail if anything of a stranger's request is in the switch or at a telephone."""
    assert world.records == []
    assert world.journal == []
    assert not any(world.switch.exchange.counts().values())
    counts = world.switch.endpoint.counts()
    assert {name: count for name, count in counts.items() if name != "transactions" and count} == {}
    for handset in world.handsets.values():
        assert handset.invites == []
        assert handset.complaints == []


def asked_again(response: Response) -> Challenge:
    assert response.status == 401
    return Challenge.parse(response.first(Header.WWW_AUTHENTICATE) or "")


@pytest.mark.parametrize("method", METHODS)
def test_a_strangers_request_reaches_nothing(office: MakeOffice, method: str) -> None:
    world = office(TWO)
    world.register("101", "102")
    stranger = Stranger(world)
    answer = stranger.ask(stranger.request(method, "102", "101", body=SDP))
    assert answer.status == (407 if method == "MESSAGE" else 401)
    world.advance(1.0)
    assert_nothing_reached(world)


@pytest.mark.parametrize("method", ["INVITE", "REGISTER", "MESSAGE", "SUBSCRIBE"])
def test_what_a_stranger_sees_does_not_depend_on_who_exists(
    office: MakeOffice, method: str
) -> None:
    def seen(user: str, *, proven: bool) -> bytes:
        world = office(TWO)
        world.register("102")
        stranger = Stranger(world)
        to = user if method == "REGISTER" else "102"
        request = stranger.request(method, to, user)
        answer = stranger.ask(request)
        if proven:
            answer = stranger.ask(stranger.prove(request, answer, "wrong", user=user))
            assert answer.status == (407 if method == "MESSAGE" else 401)
        text = re.sub(rb'nonce="[^"]*"', b"", answer.to_bytes())
        return text.replace(user.encode(), b"USER")

    for proven in (False, True):
        assert seen("101", proven=proven) == seen("999", proven=proven)


@pytest.mark.parametrize("called", ["102", "999", "600"])
def test_whom_a_stranger_calls_makes_no_difference(office: MakeOffice, called: str) -> None:
    world = office(TWO)
    world.register("102")
    stranger = Stranger(world)
    first = stranger.ask(stranger.request("INVITE", called, "anonymous", body=SDP))
    assert (first.status, first.reason) == (401, "Unauthorized")
    assert first.first(Header.SERVER) is None
    assert first.first(Header.ALLOW) is None


def test_a_wrong_password_registers_nobody(office: MakeOffice) -> None:
    world = office(TWO)
    handset = world.handset("101", password="guess")
    handset.register()
    world.advance(2.0)
    assert handset.refused_with == 401
    assert not world.switch.endpoint.registrar.is_registered("101", world.now)
    assert world.bindings == []


def test_a_user_cannot_speak_in_the_name_of_another(office: MakeOffice) -> None:
    world = office(TWO)
    world.register("102")
    stranger = Stranger(world)
    call = stranger.request("INVITE", "102", "102", body=SDP)
    answer = stranger.ask(stranger.prove(call, stranger.ask(call), "secret-one"))
    assert answer.status == 403
    assert_nothing_reached(world)


def test_a_user_cannot_register_another(office: MakeOffice) -> None:
    world = office(TWO)
    stranger = Stranger(world)
    for caller in ("101", "102"):
        register = stranger.request("REGISTER", "102", caller)
        answer = stranger.ask(stranger.prove(register, stranger.ask(register), "secret-one"))
        assert answer.status == 403
    assert world.bindings == []


IDENTITIES = (
    (Header.P_ASSERTED_IDENTITY, '"Boss" <sip:900@10.0.0.1>'),
    (Header.P_PREFERRED_IDENTITY, '"Boss" <sip:900@10.0.0.1>'),
    (Header.REMOTE_PARTY_ID, '"Boss" <sip:900@10.0.0.1>;party=calling'),
    (Header.DIVERSION, "<sip:900@10.0.0.1>;reason=unconditional"),
    (Header.HISTORY_INFO, "<sip:900@10.0.0.1>;index=1"),
    (Header.PRIVACY, "id"),
)


def test_no_identity_that_a_telephone_claims_reaches_another(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    call, outputs = one.phone.call("102", one.describe(), one.now, IDENTITIES)
    one.send(outputs)
    world.until(lambda: one.connected and two.connected)
    [invite] = two.invites
    for header, _ in IDENTITIES:
        assert invite.first(header) is None, header
    assert b"900" not in invite.to_bytes()
    assert b"Boss" not in invite.to_bytes()
    one.hang_up(call)


def test_an_answer_to_a_challenge_cannot_be_used_again(office: MakeOffice) -> None:
    world = office(TWO)
    stranger = Stranger(world)
    register = stranger.request("REGISTER", "101")
    challenge = stranger.ask(register)
    proven = stranger.prove(register, challenge, "secret-one")
    assert stranger.ask(proven).status == 200
    assert asked_again(stranger.ask(proven)).is_stale
    later = stranger.prove(register, challenge, "secret-one", count=2)
    assert stranger.ask(later).status == 200


def test_an_old_nonce_is_called_stale_and_the_next_one_works(office: MakeOffice) -> None:
    world = office(TWO)
    stranger = Stranger(world)
    register = stranger.request("REGISTER", "101")
    challenge = stranger.ask(register)
    world.advance(24 * 3600.0)
    answer = stranger.ask(stranger.prove(register, challenge, "secret-one"))
    assert asked_again(answer).is_stale
    assert stranger.ask(stranger.prove(register, answer, "secret-one")).status == 200


def test_a_client_that_cannot_count_may_use_a_nonce_once_and_soon(office: MakeOffice) -> None:
    world = office(TWO)
    stranger = Stranger(world)
    register = stranger.request("REGISTER", "101")
    proven = stranger.prove(register, stranger.ask(register), "secret-one", with_qop=False)
    assert stranger.ask(proven).status == 200
    assert asked_again(stranger.ask(proven)).is_stale

    late = stranger.prove(register, stranger.ask(register), "secret-one", with_qop=False)
    world.advance(120.0)
    assert asked_again(stranger.ask(late)).is_stale


def test_a_call_that_has_gone_round_too_often_is_stopped(office: MakeOffice) -> None:
    world = office(TWO)
    world.register("102")
    stranger = Stranger(world)
    call = stranger.request("INVITE", "102", body=SDP)
    call.set(Header.MAX_FORWARDS, "0")
    assert stranger.ask(stranger.prove(call, stranger.ask(call), "secret-one")).status == 483
    assert_nothing_reached(world)


def test_what_a_telephone_requires_and_we_lack_is_named(office: MakeOffice) -> None:
    world = office(TWO)
    stranger = Stranger(world)
    call = stranger.request("INVITE", "102", headers=[(Header.REQUIRE, "foo")], body=SDP)
    answer = stranger.ask(stranger.prove(call, stranger.ask(call), "secret-one"))
    assert (answer.status, answer.first(Header.UNSUPPORTED)) == (420, "foo")


@pytest.mark.parametrize(
    "body", [b"nonsense", SDP.replace(b"RTP/AVP 0", b"RTP/AVP 18"), b"v=0\r\n", SDP[:-12], b"\xff"]
)
def test_an_offer_that_means_nothing_is_refused(office: MakeOffice, body: bytes) -> None:
    world = office(TWO)
    world.register("102")
    stranger = Stranger(world)
    call = stranger.request("INVITE", "102", body=body)
    answer = stranger.ask(stranger.prove(call, stranger.ask(call), "secret-one"))
    assert answer.status in (400, 488)
    assert world.ringing == set()


FLOODS = {
    "without a tag": {},
    "within a dialog of nobody": {Header.TO: "<sip:102@10.0.0.1>;tag=nobody"},
    "to nobody who can be read": {Header.TO: "<sip:102@10.0.0.1"},
    "from nobody who can be read": {Header.FROM: "<<>>"},
    "with options": {Header.REQUIRE: "foo"},
    "in the name of another": {
        Header.AUTHORIZATION: 'Digest username="102", realm="softswitch", nonce="n", uri="u", '
        'response="0"'
    },
}


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER", "BYE", "CANCEL"])
@pytest.mark.parametrize("changes", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_of_strangers_leaves_nothing(
    office: MakeOffice, method: str, changes: dict[Header, str]
) -> None:
    world = office(TWO)
    stranger = Stranger(world)
    before = world.switch.endpoint.counts()
    for number in range(300):
        request = stranger.request(method, "102", f"guess{number}", body=SDP)
        for header, value in changes.items():
            request.set(header, value)
        stranger.post(request)
    world.advance(0.1)
    assert len(stranger.responses) == 300
    assert all(response.status in (200, 400, 401, 403, 481) for response in stranger.responses)
    assert world.switch.endpoint.counts() == before
    world.advance(40.0)
    assert len(stranger.responses) == 300  # nothing is sent twice


def test_who_guesses_passwords_is_not_answered_for_a_while(office: MakeOffice) -> None:
    world = office(TWO)
    stranger = Stranger(world)
    for _ in range(10):
        register = stranger.request("REGISTER", "101")
        stranger.ask(stranger.prove(register, stranger.ask(register), "guess"))
    heard = len(stranger.responses)
    stranger.post(stranger.request("REGISTER", "101"))
    world.advance(1.0)
    assert len(stranger.responses) == heard
    world.advance(61.0)
    assert stranger.ask(stranger.request("REGISTER", "101")).status == 401


def test_nobody_ends_a_call_whose_tags_he_does_not_know(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    [view] = one.phone.dialogs()
    stranger = Stranger(world, ("10.0.9.9", 5060))
    for tag in ("", "a1", view.local_tag):
        bye = stranger.request("BYE", "102")
        bye.set(Header.CALL_ID, view.call_id)
        bye.set(Header.TO, f"<sip:102@10.0.0.1>;tag={tag}" if tag else "<sip:102@10.0.0.1>")
        assert stranger.ask(bye).status in (401, 481)
    world.advance(1.0)
    assert one.connected
    assert two.connected
