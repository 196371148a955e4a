import sys
from types import FrameType

import pytest

from softswitch.sip.admission import Admission, Admitted
from softswitch.sip.digest import NonceSource, authorize
from softswitch.sip.flow import Flow
from softswitch.sip.guard import Bans
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Challenge, Credentials, Header, Request, Response
from softswitch.sip.settings import BanSettings, EndpointSettings, ListenerSettings
from tests.unit.softswitch.sip.speaking import (
    ABROAD,
    REALM,
    SERVER,
    KnownPasswords,
    authorized,
    flow,
    request,
)


@pytest.fixture
def door() -> Admission:
    return make()


def make(bans: Bans | None = None, listener: ListenerSettings | None = None) -> Admission:
    chosen = EndpointSettings(realm=REALM, listeners=() if listener is None else (listener,))
    return Admission(
        chosen,
        Listeners(chosen),
        KnownPasswords(),
        NonceSource(b"key"),
        bans or Bans(BanSettings()),
        decoy="nobody knows",
        tag="t",
    )


def refused(door: Admission, asked: Request, now: float = 0.0) -> Response:
    decision = door.admit(asked, flow(), now)
    assert isinstance(decision, Response)
    return decision


@pytest.mark.parametrize(
    "method",
    ["INVITE", "REGISTER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "REFER", "PUBLISH", "INFO", "BREW"],
)
def test_every_method_of_a_stranger_is_challenged(door: Admission, method: str) -> None:
    response = refused(door, request(method))
    assert response.status == 401
    assert Challenge.parse(response.first(Header.WWW_AUTHENTICATE) or "").realm == REALM
    assert response.to().tag


def test_a_strangers_options_learns_nothing_but_that_somebody_is_there(door: Admission) -> None:
    response = refused(door, request("OPTIONS"))
    assert response.status == 200
    assert not {Header.ALLOW, Header.SERVER, Header.SUPPORTED, Header.ACCEPT} & set(response.ids)


def test_right_credentials_admit_the_extension(door: Admission) -> None:
    asked = request("INVITE", to="102")
    assert door.admit(authorized(asked, refused(door, asked)), flow(), 0.0) == Admitted("101")


def test_a_wrong_password_is_challenged_again(door: Admission) -> None:
    asked = request("INVITE")
    again = refused(door, authorized(asked, refused(door, asked), password="wrong"))
    assert again.status == 401
    assert not Challenge.parse(again.first(Header.WWW_AUTHENTICATE) or "").is_stale


def test_a_user_that_does_not_exist_sees_what_a_wrong_password_sees(door: Admission) -> None:
    def shape(user: str) -> list[list[str]]:
        asked = request("REGISTER", user)
        first = refused(door, asked)
        second = refused(door, authorized(asked, first, user, password="guess"))
        return [
            [str(r.status), *(line.replace(user, "?").partition("nonce")[0] for line in r.lines)]
            for r in (first, second)
        ]

    assert shape("101") == shape("999")


def test_nobody_is_admitted_by_an_empty_user_name(door: Admission) -> None:
    asked = request("INVITE")
    asked.set(Header.FROM, "<sip:192.0.2.1>;tag=phone")
    assert refused(door, authorized(asked, refused(door, asked), "", password="x")).status == 401


def test_from_must_name_the_authenticated_user(door: Admission) -> None:
    asked = request("INVITE", user="102")
    response = refused(door, authorized(asked, refused(door, asked), user="101"))
    assert (response.status, response.reason) == (403, "From Is Not Yours")


def test_nobody_registers_somebody_else(door: Admission) -> None:
    asked = request("REGISTER", user="101", to="102")
    assert refused(door, authorized(asked, refused(door, asked))).status == 403


def test_a_replayed_count_is_stale_and_no_guess(door: Admission) -> None:
    asked = request("INVITE")
    right = authorized(asked, refused(door, asked))
    assert door.admit(right, flow(), 0.0) == Admitted("101")
    replayed = refused(door, right)
    assert Challenge.parse(replayed.first(Header.WWW_AUTHENTICATE) or "").is_stale


def test_an_old_nonce_is_stale(door: Admission) -> None:
    asked = request("INVITE")
    late = refused(door, authorized(asked, refused(door, asked)), now=10_000.0)
    assert Challenge.parse(late.first(Header.WWW_AUTHENTICATE) or "").is_stale


def test_credentials_for_another_realm_are_no_credentials(door: Admission) -> None:
    asked = request("INVITE")
    other = str(Credentials("101", "elsewhere", "n", "sip:x", "0" * 32))
    asked.append(Header.AUTHORIZATION, other)
    assert refused(door, asked).status == 401
    right = authorized(asked, refused(door, request("INVITE")))
    assert door.admit(right, flow(), 0.0) == Admitted("101")


def test_credentials_that_cannot_be_read_are_no_credentials(door: Admission) -> None:
    asked = request("INVITE", headers=[(Header.AUTHORIZATION, "Digest ,,,")])
    assert refused(door, asked).status == 401


def test_a_listener_offers_its_own_algorithms() -> None:
    listener = ListenerSettings("udp", SERVER, algorithms=("SHA-256", "MD5"))
    door = make(listener=listener)
    asked = request("INVITE")
    offered = refused(door, asked)
    values = offered.values(Header.WWW_AUTHENTICATE)
    assert [Challenge.parse(value).algorithm for value in values] == ["SHA-256", "MD5"]
    assert door.admit(authorized(asked, offered), flow(), 0.0) == Admitted("101")


def test_an_algorithm_that_was_not_offered_is_not_taken() -> None:
    offered = refused(make(), request("INVITE"))
    strict = make(listener=ListenerSettings("udp", SERVER, algorithms=("SHA-256",)))
    assert refused(strict, authorized(request("INVITE"), offered)).status == 401


def guess(door: Admission, way: Flow, now: float = 0.0) -> None:
    """Take a challenge, and answer it with a wrong password."""
    asked = request("INVITE")
    challenge = door.admit(asked, way, now)
    assert isinstance(challenge, Response)
    door.admit(authorized(asked, challenge, password="guess"), way, now)


def test_a_user_is_asked_nothing_about_the_password_of_another(door: Admission) -> None:
    asked = request("INVITE", user="101")
    for password in ("two", "guess"):
        asked = request("INVITE", user="101")
        other = authorized(asked, refused(door, asked), user="102", password=password)
        assert refused(door, other).status == 403


def test_a_nonce_that_was_given_to_another_host_proves_nothing(door: Admission) -> None:
    asked = request("INVITE")
    theirs = door.admit(asked, flow(host="203.0.113.9"), 0.0)
    assert isinstance(theirs, Response)
    for password in ("one", "guess"):
        again = refused(door, authorized(asked, theirs, password=password))
        assert Challenge.parse(again.first(Header.WWW_AUTHENTICATE) or "").is_stale


def test_forged_answers_ban_nobody() -> None:
    bans = Bans(BanSettings(failures=3))
    door = make(bans)
    asked = request("INVITE")
    forger = door.admit(asked, flow(host="203.0.113.9"), 0.0)
    assert isinstance(forger, Response)
    invented = Challenge(REALM, "invented")
    for _ in range(10):
        refused(door, authorized(asked, forger, password="guess"))
        value = authorize(invented, "101", "guess", "INVITE", asked.uri, "c", 1)
        refused(door, request("INVITE", headers=[(Header.AUTHORIZATION, value)]))
    assert not bans.hold(flow(), 0.0)


def test_a_new_port_for_each_guess_does_not_help() -> None:
    bans = Bans(BanSettings(failures=3, failures_of_host=20))
    door = make(bans)
    for port in range(20):
        assert not bans.hold(flow(port=9000), 0.0)
        guess(door, flow(port=2000 + port))
    assert bans.hold(flow(port=9000), 0.0)
    assert not bans.hold(flow(host="203.0.113.9"), 0.0)
    assert not bans.hold(flow(port=9000), 60.0)


def test_who_guesses_too_often_is_banned_for_a_while_and_alone() -> None:
    bans = Bans(BanSettings(failures=3, within=60.0))
    door = make(bans)
    for _ in range(3):
        assert not bans.hold(flow(), 0.0)
        guess(door, flow())
    assert bans.hold(flow(), 1.0)
    assert not bans.hold(flow(port=5062), 1.0)
    assert not bans.hold(flow(), 60.0)


def test_the_right_password_forgives_earlier_guesses() -> None:
    bans = Bans(BanSettings(failures=2))
    door = make(bans)
    asked = request("INVITE")
    refused(door, authorized(asked, refused(door, asked), password="guess"))
    assert door.admit(authorized(asked, refused(door, asked)), flow(), 0.0) == Admitted("101")
    refused(door, authorized(asked, refused(door, asked), password="guess"))
    assert not bans.hold(flow(), 0.0)


def test_a_right_password_from_a_place_that_is_not_the_extensions_is_refused_and_no_guess() -> None:
    bans = Bans(BanSettings(failures=1, failures_of_host=1))
    door = make(bans)
    asked, abroad = request("INVITE"), flow(host=ABROAD)
    challenge = door.admit(asked, abroad, 0.0)
    assert isinstance(challenge, Response)
    decision = door.admit(authorized(asked, challenge), abroad, 0.0)
    assert isinstance(decision, Response)
    assert (decision.status, decision.reason) == (403, "Not From There")
    assert not bans.hold(abroad, 0.0)


def test_where_an_extension_may_be_is_told_to_nobody_without_its_password() -> None:
    door = make()
    asked, abroad = request("INVITE"), flow(host=ABROAD)
    challenge = door.admit(asked, abroad, 0.0)
    assert isinstance(challenge, Response)
    decision = door.admit(authorized(asked, challenge, password="guess"), abroad, 0.0)
    assert isinstance(decision, Response)
    assert decision.status == 401


def mistype(door: Admission, call_id: str, user: str = "101", password: str = "guess") -> Response:
    """Take a challenge, and answer it with a password; return what that is answered with."""
    asked = request("REGISTER", user, call_id=call_id)
    return refused(door, authorized(asked, refused(door, asked), user, password))


@pytest.mark.parametrize("user", ["101", "999"])
def test_who_repeats_a_wrong_password_in_one_call_gets_no_challenge_to_repeat_it(user: str) -> None:
    door = make()
    answers = [mistype(door, "one", user) for _ in range(4)]
    assert [answer.status for answer in answers] == [401, 401, 403, 403]
    assert answers[2].reason == "Wrong User or Password"
    assert Header.WWW_AUTHENTICATE not in answers[2].ids
    assert [denied.status for denied in door.denials()] == [401, 401, 403, 403]
    assert mistype(door, "another", user).status == 401


def test_whoever_is_refused_was_counted_as_often_as_whoever_is_challenged() -> None:
    """One who guesses gains nothing by an unlike Call-ID, and nothing by the same."""
    for call_ids in (["one"] * 10, [f"{n}" for n in range(10)]):
        bans = Bans(BanSettings())
        door = make(bans)
        for call_id in call_ids:
            assert not bans.hold(flow(), 0.0)
            mistype(door, call_id, password=f"guess {call_id}")
        assert bans.hold(flow(), 0.0)


def test_the_right_password_is_taken_after_the_refusal_and_ends_the_row() -> None:
    door = make()
    asked = request("REGISTER", call_id="one")
    for _ in range(3):
        mistype(door, "one")
    assert door.admit(authorized(asked, refused(door, asked)), flow(), 0.0) == Admitted("101")
    assert mistype(door, "one").status == 401


HASHES = ("openssl_md5", "openssl_sha256", "new")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512-256"])
def test_a_user_that_does_not_exist_costs_as_many_hashes_as_a_wrong_password(
    algorithm: str,
) -> None:
    def hashes(user: str) -> int:
        door = make(listener=ListenerSettings("udp", SERVER, algorithms=(algorithm,)))
        asked = request("REGISTER", user)
        guessed = authorized(asked, refused(door, asked), user, password="guess")
        counted = 0

        def count(frame: FrameType, event: str, function: object) -> None:
            nonlocal counted
            counted += event == "c_call" and getattr(function, "__name__", "") in HASHES

        sys.setprofile(count)
        try:
            refused(door, guessed)
        finally:
            sys.setprofile(None)
        return counted

    assert hashes("101") == hashes("999") > 0
