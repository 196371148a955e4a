"""Who is kept out, who has to wait, and what goes on all the same."""

from pathlib import Path

import pytest

from softswitch.configuration.load import Loaded, parse
from softswitch.sip.digest import ha1
from softswitch.sip.guard import BanBegan, BanLifted
from softswitch.sip.message import Challenge, Header, Request
from tests.flows.conftest import MakeOffice
from tests.support.handset import answers_after
from tests.support.office import SIP_PORT, SWITCH, Office
from tests.support.stranger import Stranger

TWO = """
employees:
  101: {name: One, password: secret-one}
  102: {name: Two, password: secret-two}
"""
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 10.0.9.9\r\ns=-\r\nc=IN IP4 10.0.9.9\r\nt=0 0\r\n"
    b"m=audio 30000 RTP/AVP 0\r\n"
)
HALT = 10.0
"""Seconds by which a process is late that has more to do than it can."""


def listening(people: str, listener: str) -> Loaded:
    """Return a configuration whose one listener has more to say than where it is."""
    network = f"network: {{listen: [{{on: 'udp {SWITCH}:{SIP_PORT}', {listener}}}]}}\n"
    return parse(people + network, Path("/"), {})


def guess(stranger: Stranger, times: int, user: str = "101") -> None:
    for _ in range(times):
        register = stranger.request("REGISTER", user, user)
        stranger.ask(stranger.prove(register, stranger.ask(register), "guess", user=user))


def is_answered(world: Office, stranger: Stranger, request: Request | None = None) -> bool:
    before = len(stranger.responses)
    stranger.post(request or stranger.request("REGISTER", "101"))
    world.advance(1.0)
    return len(stranger.responses) > before


# Before a message is read


def test_a_scanner_gets_no_answer_and_a_telephone_at_its_address_does(office: MakeOffice) -> None:
    world = office(TWO)
    scanner = Stranger(world)
    scan = scanner.request("OPTIONS", "100", headers=[(Header.USER_AGENT, "friendly-scanner")])
    assert not is_answered(world, scanner, scan)
    assert world.switch.discards["scanner"] == 1
    assert is_answered(world, scanner)


def test_names_of_scanners_can_be_chosen(office: MakeOffice) -> None:
    world = office(TWO + "security: {scanners: [Nosy]}\n")
    scanner = Stranger(world)
    nosy = scanner.request("OPTIONS", "100", headers=[(Header.USER_AGENT, "a nosy one")])
    assert not is_answered(world, scanner, nosy)


def test_one_loud_stranger_is_shed_unread_and_nobody_else_notices(office: MakeOffice) -> None:
    world = office(TWO + "security: {strangers_per_second: 10}\n")
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    loud = Stranger(world)
    for number in range(1000):
        loud.post(loud.request("INVITE", "102", f"guess{number}", body=SDP))
    one.call("102")
    quiet = Stranger(world, ("10.0.8.8", 5060))
    assert is_answered(world, quiet)
    world.until(lambda: one.connected and two.connected)
    assert len(loud.responses) <= 50
    assert world.switch.discards["stranger-too-often"] >= 950


def test_a_telephone_goes_on_at_the_address_of_a_loud_stranger(office: MakeOffice) -> None:
    world = office(TWO + "security: {strangers_per_second: 1}\n")
    [one] = world.register("101")
    loud = Stranger(world, (one.address[0], 4000))
    for _ in range(100):
        loud.post(loud.request("OPTIONS", "102"))
    world.advance(0.1)
    assert not is_answered(world, loud)
    one.register()
    world.advance(1.0)
    assert one.registered
    assert one.refused_with is None


def test_a_listener_hears_only_whom_it_may(office: MakeOffice) -> None:
    world = office(listening(TWO, "allow: 10.0.0.0/8, deny: [10.0.9.0/24]"))
    world.register("101")
    denied = Stranger(world, ("10.0.9.9", 5060))
    foreign = Stranger(world, ("203.0.113.9", 5060))
    assert not is_answered(world, denied)
    assert not is_answered(world, foreign)
    assert world.switch.discards["address-denied"] == 2


# Passwords


def test_an_extension_is_used_only_from_where_it_may_be(office: MakeOffice) -> None:
    world = office(TWO.replace("secret-one}", "secret-one, allow: 192.168.0.0/16}"))
    inside = world.handset("101", address="192.168.1.1")
    outside = world.handset("101", address="10.0.5.5")
    for handset in (inside, outside):
        handset.register()
    world.advance(2.0)
    assert inside.registered
    assert (outside.registered, outside.refused_with) == (False, 403)
    assert world.bans == []


@pytest.mark.parametrize("algorithms", ["md5", "sha-256", "sha-512-256", "[sha-256, md5]"])
def test_telephones_prove_their_passwords_as_the_listener_wants(
    office: MakeOffice, algorithms: str
) -> None:
    world = office(listening(TWO, f"digest: {algorithms}"))
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)


def test_an_employee_of_whom_only_hashes_are_known_registers_and_a_guesser_does_not(
    office: MakeOffice,
) -> None:
    known = ", ".join(
        f"{name}: {ha1('101', 'softswitch', 'secret', name.upper())}" for name in ("sha-256", "md5")
    )
    people = f"employees: {{101: {{ha1: {{{known}}}}}}}\n"
    world = office(listening(people, "digest: [sha-256, md5]"))
    right, wrong = world.handset("101", password="secret"), world.handset("101", password="guess")
    for handset in (right, wrong):
        handset.register()
    world.advance(2.0)
    assert right.registered
    assert (wrong.registered, wrong.refused_with) == (False, 401)


def test_an_algorithm_of_a_session_is_not_offered_and_not_taken(office: MakeOffice) -> None:
    world = office(TWO)
    stranger = Stranger(world)
    register = stranger.request("REGISTER", "101")
    proven = stranger.prove(register, stranger.ask(register), "secret-one")
    value = proven.first(Header.AUTHORIZATION) or ""
    proven.set(Header.AUTHORIZATION, value.replace("algorithm=MD5", "algorithm=MD5-sess"))
    answer = stranger.ask(proven)
    assert answer.status == 401
    assert not Challenge.parse(answer.first(Header.WWW_AUTHENTICATE) or "").is_stale
    assert world.bans == []


# Bans


def test_first_requests_and_stale_nonces_are_no_guesses(office: MakeOffice) -> None:
    world = office(TWO + "security: {bans: {failures: 2, failures_of_host: 3}}\n")
    stranger = Stranger(world)
    register = stranger.request("REGISTER", "101")
    challenge = stranger.ask(register)
    for _ in range(20):
        stranger.ask(stranger.request("REGISTER", "101"))
    proven = stranger.prove(register, challenge, "secret-one")
    assert stranger.ask(proven).status == 200
    for _ in range(20):
        assert stranger.ask(proven).status == 401
    world.advance(3600.0)
    for _ in range(20):
        assert stranger.ask(stranger.prove(register, challenge, "guess")).status == 401
    assert world.bans == []


def test_who_guesses_again_after_a_ban_is_banned_for_longer(office: MakeOffice) -> None:
    world = office(TWO + "security: {bans: {failures: 3, first: 10s, longest: 30s}}\n")
    stranger = Stranger(world)
    for seconds in (10.0, 20.0, 30.0, 30.0):
        guess(stranger, 3)
        assert not is_answered(world, stranger)
        world.advance(seconds - 2.0)
        assert not is_answered(world, stranger)
        assert is_answered(world, stranger)
    begun = [each.ban for each in world.bans if isinstance(each, BanBegan)]
    assert [ban.times for ban in begun] == [1, 2, 3, 4]
    assert {(ban.address, ban.user) for ban in begun} == {("10.0.9.9:5060", "101")}


def test_a_ban_is_lifted_by_an_operator(office: MakeOffice) -> None:
    world = office(TWO)
    stranger = Stranger(world)
    guess(stranger, 10)
    assert not is_answered(world, stranger)
    assert world.switch.unban("10.0.9.8", world.now) == []
    assert world.switch.unban("10.0.9.9", world.now) == [BanLifted("10.0.9.9:5060")]
    assert is_answered(world, stranger)


def test_a_ban_of_one_port_of_a_host_is_none_of_the_others(office: MakeOffice) -> None:
    world = office(TWO)
    guess(Stranger(world, ("10.0.9.9", 5060)), 10)
    neighbour = Stranger(world, ("10.0.9.9", 5070))
    register = neighbour.request("REGISTER", "101")
    answer = neighbour.ask(neighbour.prove(register, neighbour.ask(register), "secret-one"))
    assert answer.status == 200


def test_who_tries_ports_in_turn_is_banned_with_all_of_them(office: MakeOffice) -> None:
    world = office(TWO + "security: {bans: {failures: 10, failures_of_host: 20}}\n")
    for port in range(20):
        guess(Stranger(world, ("10.0.9.9", 2000 + port)), 1)
    assert not is_answered(world, Stranger(world, ("10.0.9.9", 3000)))
    assert is_answered(world, Stranger(world, ("10.0.9.8", 3000)))


def test_who_is_never_banned_may_mistype_without_end(office: MakeOffice) -> None:
    world = office(TWO + "security: {never_ban: [10.0.9.0/24], bans: {failures: 2}}\n")
    guess(stranger := Stranger(world), 30)
    assert is_answered(world, stranger)


def test_a_call_goes_on_at_an_address_that_is_banned(office: MakeOffice) -> None:
    world = office(TWO + "security: {bans: {failures: 2, failures_of_host: 2}}\n")
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    guess(Stranger(world, (one.address[0], 4000)), 2, "102")
    one.hold(next(iter(one.connected)))
    world.advance(2.0)
    one.register()
    world.advance(2.0)
    assert one.registered
    one.hang_up()
    world.until(lambda: not two.connected)
    assert one.refused_with is None


# Too much


def test_an_extension_that_calls_without_end_is_told_to_wait_and_others_are_not(
    office: MakeOffice,
) -> None:
    world = office(TWO + "security: {extension_calls_per_second: 1}\n")
    [two] = world.register("102")
    stranger = Stranger(world)
    answers = []
    for _ in range(4):
        call = stranger.request("INVITE", "999", body=SDP)
        answers.append(stranger.ask(stranger.prove(call, stranger.ask(call), "secret-one")))
    assert [answer.status for answer in answers] == [404, 404, 404, 503]
    wait = int(answers[-1].first(Header.RETRY_AFTER) or "")
    two.call("999")
    world.advance(float(wait))
    assert two.refused_with == 404
    call = stranger.request("INVITE", "999", body=SDP)
    assert stranger.ask(stranger.prove(call, stranger.ask(call), "secret-one")).status == 404


def test_an_overloaded_switch_refuses_new_calls_and_leaves_the_rest_alone(
    office: MakeOffice,
) -> None:
    world = office(TWO + "  103: {password: secret-three}\n")
    one, two, three = world.register("101", "102", "103")
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    world.switch.note_lag(HALT, 0.0, world.now)

    three.call("101")
    world.advance(1.0)
    assert three.refused_with == 503
    assert world.switch.discards["overloaded"] == 1
    three.refused_with = None
    three.register()
    world.advance(1.0)
    assert three.refused_with is None
    one.hold(next(iter(one.connected)))
    world.advance(1.0)
    assert one.connected
    two.hang_up()
    world.until(lambda: not one.connected)


def test_strangers_are_refused_by_an_overloaded_switch_without_a_challenge(
    office: MakeOffice,
) -> None:
    world = office(TWO)
    world.switch.note_lag(HALT, 0.0, world.now)
    stranger = Stranger(world)
    for method, status in (("INVITE", 503), ("SUBSCRIBE", 503), ("REGISTER", 401)):
        answer = stranger.ask(stranger.request(method, "102", body=SDP))
        assert answer.status == status
        assert (answer.first(Header.RETRY_AFTER) is not None) is (status == 503)
    assert not any(world.switch.exchange.counts().values())


def test_a_switch_that_is_late_turns_strangers_away_before_its_telephones(
    office: MakeOffice,
) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    for _ in range(5):
        world.switch.note_lag(0.15, 0.0, world.now)
    stranger = Stranger(world)
    assert stranger.ask(stranger.request("INVITE", "102", body=SDP)).status == 503
    for method in ("OPTIONS", "MESSAGE"):
        assert not is_answered(world, stranger, stranger.request(method, "102"))
    assert stranger.ask(stranger.request("REGISTER", "102")).status == 401
    assert world.switch.discards["stranger-in-overload"] == 3
    one.call("102")
    world.until(lambda: two.ringing)
    assert world.switch.discards["overloaded"] == 0


def test_calls_are_taken_again_when_the_load_is_gone(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    world.switch.note_lag(HALT, 0.0, world.now)
    for _ in range(12):
        world.advance(0.1)
        world.switch.note_lag(0.001, 0.0, world.now)
    one.call("102")
    world.until(lambda: two.ringing)


def test_a_switch_that_is_told_to_is_never_overloaded(office: MakeOffice) -> None:
    world = office(TWO + "security: {overload: off}\n")
    one, two = world.register("101", "102")
    world.switch.note_lag(HALT, 1.0, world.now)
    one.call("102")
    world.until(lambda: two.ringing)
