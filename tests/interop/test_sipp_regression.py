"""One set of sipp scenarios for all ways to carry a call: by a listener of the switch's own, whose
calls are two dialogs, with speech through the switch or past it, and by one that passes them on."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from softswitch.calls.record import Cause
from tests.support.daemon import Daemon
from tests.support.ports import free_port
from tests.support.sipp import Desk, Sipp

RULES = """
employees:
  101: {password: long-enough, calls: 100}
  102: {password: long-enough, calls: 100}
  103: {password: long-enough}
  104: {password: long-enough, calls: 10}
  105: {password: long-enough, calls: 10}
  106: {password: long-enough}
  107: {password: long-enough}
departments:
  nobody here: {number: 600, members: [103]}
numbers:
  "7000": menu main
menus:
  main:
    greeting: {say: Welcome}
    keys: {1: employee 104}
    dial: none
    nothing_pressed: {after: 20s, to: hang up}
security:
  extension_calls_per_second: 100
  phone_messages_per_second: 5000
"""

BY_INVITE = {"switch": "", "direct": "_by_invite"}
"""How one is told of whom he talks with now: where his speech goes there too, with a session."""

LOUD = ("--log-level", "debug")
NETWORK = "  follow_redirects: yes\n"
WAYS = ("switch", "direct", "proxy")

pytestmark = [pytest.mark.interop, pytest.mark.sipp, pytest.mark.slow]


class Play(NamedTuple):
    """Who plays what. Where one way shows a side something else, that side plays another part in
    it; `README.md` of the scenarios tells why."""

    caller: str
    phone: str
    caller_of_proxy: str = ""
    phone_of_proxy: str = ""
    phone_of_direct: str = ""
    is_direct: bool = True
    """It is played with speech past the switch too: that makes a difference to it."""

    transport: str = "u1"
    copies: bool = False
    """The caller counts a message that comes again."""

    copies_of_phone: bool = False

    def parts(self, way: str) -> tuple[str, str]:
        """Return what the caller and the phone play."""
        match way:
            case "proxy":
                return self.caller_of_proxy or self.caller, self.phone_of_proxy or self.phone
            case "direct":
                return self.caller, self.phone_of_direct or self.phone
            case _:
                return self.caller, self.phone


PLAYS = {
    "a call": Play("caller", "phone"),
    "a call by TCP": Play("caller", "phone", transport="t1", is_direct=False),
    "the phone hangs up": Play("caller_who_is_hung_up_on", "phone_that_hangs_up"),
    "the caller gives up": Play("caller_who_gives_up", "phone_that_is_cancelled"),
    "a CANCEL after the answer": Play("caller_who_cancels_too_late", "phone", is_direct=False),
    "a CANCEL that crosses the answer": Play(
        "caller_who_gives_up",
        "phone_that_answers_anyway",
        caller_of_proxy="caller_who_is_answered_anyway",
    ),
    "an ACK is lost": Play("caller_who_loses_an_ack", "phone", copies=True, is_direct=False),
    "an answer to a BYE is lost": Play(
        "caller_who_loses_a_bye", "phone", copies=True, is_direct=False
    ),
    "a BYE is lost": Play(
        "caller", "phone_that_loses_a_bye", copies_of_phone=True, is_direct=False
    ),
    "nothing is heard of the phone": Play(
        "caller_who_sends_once", "phone_that_is_silent", is_direct=False
    ),
    "the caller holds": Play("caller_who_holds", "phone_that_is_held"),
    "the phone holds": Play("caller_who_is_held", "phone_that_holds"),
    "the caller stops speech both ways": Play("caller_who_stops", "phone_that_is_stopped"),
    "the caller holds by 0.0.0.0": Play(
        "caller_who_holds_by_zero",
        "phone_that_is_held",
        phone_of_proxy="phone_that_is_held_by_zero",
        phone_of_direct="phone_that_is_held_by_zero",
    ),
    "both change the session at once": Play(
        "caller_who_is_stopped", "phone_that_collides", caller_of_proxy="caller_who_collides"
    ),
    "the phone speaks before it answers": Play("caller_who_hears_early", "phone_that_speaks_early"),
    "the caller says why he hangs up": Play(
        "caller_who_says_why", "phone_that_is_told_why", is_direct=False
    ),
    "ringing is acknowledged": Play("caller_who_acknowledges", "phone_that_wants_prack"),
    "the caller holds by UPDATE": Play(
        "caller_who_updates", "phone_that_is_held", phone_of_proxy="phone_that_is_updated"
    ),
    "the phone holds by UPDATE": Play(
        "caller_who_is_held", "phone_that_updates", caller_of_proxy="caller_who_is_updated"
    ),
    "a late offer": Play("caller_without_an_offer", "phone", phone_of_proxy="phone_that_offers"),
    "a session is refreshed": Play(
        "caller_who_refreshes", "phone", phone_of_proxy="phone_that_is_refreshed"
    ),
}


@pytest.fixture(scope="module")
def proxy_server() -> str:
    return f"127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def gates() -> dict[str, str]:
    """Of each way a listener whose peers are believed who calls."""
    return {way: f"127.0.0.1:{free_port()}" for way in ("switch", "proxy")}


@pytest.fixture(scope="module")
def daemon(
    tmp_path_factory: pytest.TempPathFactory, proxy_server: str, gates: dict[str, str]
) -> Iterator[Daemon]:
    more = [f"{{on: '{transport} {proxy_server}', mode: proxy}}" for transport in ("udp", "tcp")]
    more += [f"{{on: 'udp {gates[mode]}', mode: {mode}, trusted: yes}}" for mode in gates]
    with Daemon(
        tmp_path_factory.mktemp("sipp"), RULES, *LOUD, more=more, network=NETWORK
    ) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def direct_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A switch that speech passes by."""
    folder = tmp_path_factory.mktemp("direct")
    with Daemon(folder, RULES, *LOUD, "--direct", network=NETWORK) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def ports() -> dict[str, list[int]]:
    """Where the phones of each extension are, in all tests: one takes the place of the other."""
    return places()


@pytest.fixture(scope="module")
def direct_ports() -> dict[str, list[int]]:
    """The same for the switch that speech passes by."""
    return places()


def places() -> dict[str, list[int]]:
    return {
        "101": [free_port()],
        "102": [free_port()],
        "104": [free_port()],
        "105": [free_port(), free_port()],
    }


@pytest.fixture(scope="module")
def sessions(
    daemon: Daemon, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Desk, Sipp, Sipp]]:
    """A desk, and two callers with sessions of 90 s, the least that RFC 4028 allows: the first test
    lets them begin, the last one waits for what comes of them."""
    places = {number: [free_port()] for number in ("106", "107")}
    with Desk(daemon, daemon.server, tmp_path_factory.mktemp("sessions"), places) as desk:
        for number in places:
            desk.phone("phone", number, within=150)
        silent = desk.caller("caller_who_falls_silent", "106", within=150)
        yield desk, silent, desk.caller("caller_who_is_refreshed", "107", within=150)


SIGNALLING = pytest.mark.parametrize("way", ["switch", "proxy"])
"""Where speech goes makes no difference."""


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """How the calls of a test are carried."""
    return str(request.param)


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, way: str
) -> Iterator[Desk]:
    prefix = "direct_" if way == "direct" else ""
    daemon: Daemon = request.getfixturevalue(f"{prefix}daemon")
    ports: dict[str, list[int]] = request.getfixturevalue(f"{prefix}ports")
    server, challenge = daemon.server, 401
    if way == "proxy":
        server, challenge = request.getfixturevalue("proxy_server"), 407
    with Desk(daemon, server, tmp_path_factory.mktemp(way), ports, challenge) as desk:
        yield desk


def test_sessions_begin(sessions: tuple[Desk, Sipp, Sipp]) -> None:
    for caller in sessions[1:]:
        caller.wait_until_traced("^ACK .*\n(?:.*\n)*?CSeq: 2 ACK")


@pytest.mark.parametrize(
    ("way", "name"),
    [
        (way, name)
        for way in WAYS
        for name, play in PLAYS.items()
        if play.is_direct or way != "direct"
    ],
)
def test_both_sides_of_a_call_hear_what_they_should(desk: Desk, way: str, name: str) -> None:
    play = PLAYS[name]
    caller, phone = play.parts(way)
    desk.phone(phone, counts_copies=play.copies_of_phone)
    desk.caller(caller, transport=play.transport, counts_copies=play.copies)
    desk.finish()


@SIGNALLING
def test_a_busy_phone_is_told_to_the_caller(desk: Desk) -> None:
    desk.phone("phone_that_is_busy")
    desk.caller("caller_to_nobody", status=486)
    desk.finish()


@SIGNALLING
@pytest.mark.parametrize(
    ("number", "status"),
    [("199", 404), ("103", 480), ("600", 480)],
    ids=["nobody has it", "no phone is on", "nobody of a department"],
)
def test_a_call_is_refused(desk: Desk, number: str, status: int) -> None:
    desk.caller("caller_to_nobody", to=number, status=status)
    desk.finish()


@SIGNALLING
@pytest.mark.parametrize("scenario", ["caller_to_nobody", "message"])
def test_a_wrong_password_is_asked_for_again(desk: Desk, scenario: str) -> None:
    challenge = desk.challenge if scenario == "caller_to_nobody" else 407
    desk.caller(scenario, password="guess", challenge=challenge, status=challenge)
    desk.finish()


@SIGNALLING
def test_fifty_calls_at_25_a_second_all_succeed(desk: Desk) -> None:
    desk.phone("phone", calls=50)
    desk.caller("caller", calls=50, rate=25)
    desk.finish()


def test_a_phone_forwards_its_calls_to_another(desk: Desk) -> None:
    desk.phone("phone_that_forwards", "102", "104")
    desk.phone("phone", "104")
    desk.caller("caller")
    desk.finish()


def test_of_two_phones_the_slower_one_is_cancelled(desk: Desk) -> None:
    desk.phone("phone_that_is_told_that_another_answered", "105", place=0)
    desk.phone("phone", "105", place=1)
    desk.caller("caller_of_two", to="105")
    desk.finish()


def test_of_two_phones_that_answer_at_once_one_is_hung_up(desk: Desk, way: str) -> None:
    """The switch ends the call of the second one itself; a proxy leaves that to the caller."""
    desk.phone("phone_that_answers_anyway", "105", place=0)
    desk.phone("phone", "105", place=1)
    desk.caller("caller_who_is_answered_twice" if way == "proxy" else "caller_of_two", to="105")
    desk.finish()


def test_a_phone_refers_its_caller_to_another(desk: Desk, way: str) -> None:
    """REFER: the switch lets the caller talk with the other; by a proxy he calls there himself."""
    if way == "proxy":
        desk.phone("phone_that_refers", "102", "104")
        desk.caller("caller_who_is_referred")
        desk.finish()
        return
    began = time.time()
    desk.phone("phone", "104")
    desk.phone("phone_that_hands_on", "102", "104")
    desk.caller("caller_who_is_handed_on" + BY_INVITE[way])
    desk.finish()
    [record] = desk.daemon.wait_for_records(1, since=began)
    assert (record.cause, record.answered_by) == (Cause.CALLER_HUNG_UP, "104")


def test_a_call_goes_on_by_another_telephone(desk: Desk, way: str) -> None:
    """INVITE with Replaces: who is at the other end of its dialog ends the call that it names."""
    if way == "proxy":
        desk.phone("phone_that_is_moved_to", calls=2)
    else:
        desk.phone("phone_that_is_joined" + BY_INVITE[way])
    left = desk.caller("caller_who_is_hung_up_on")
    desk.caller("caller_who_moves", dialog=left.dialog())
    desk.finish()


@SIGNALLING
def test_a_gateway_says_who_calls(desk: Desk, way: str, gates: dict[str, str]) -> None:
    """The switch tells it in its own words; a proxy passes on what a trusted side asserts."""
    is_proxy = way == "proxy"
    told = "phone_that_is_told_who_is_asserted" if is_proxy else "phone_that_is_told_who_calls"
    desk.phone(told)
    desk.caller("caller_for_a_client", by=gates[way])
    desk.finish()


@SIGNALLING
def test_a_gateway_hides_its_client(desk: Desk, way: str, gates: dict[str, str]) -> None:
    is_proxy = way == "proxy"
    desk.phone(
        "phone_that_is_not_told_who_is_asserted" if is_proxy else "phone_that_is_shown_nobody"
    )
    desk.caller("caller_for_a_hidden_client", by=gates[way])
    desk.finish()


@SIGNALLING
def test_a_caller_whom_nobody_understands_is_told_so(desk: Desk, way: str) -> None:
    """Warning: of the switch itself, or of the phone."""
    if way == "proxy":
        desk.phone("phone_that_does_not_understand")
    desk.caller("caller_who_is_not_understood")
    desk.finish()


@SIGNALLING
def test_a_key_by_info_leads_out_of_a_menu(desk: Desk) -> None:
    """A menu needs the switch, whichever listener a call comes in by."""
    desk.phone("phone", "104")
    desk.caller("caller_who_presses_a_key", to="7000")
    desk.finish()


@SIGNALLING
def test_a_text_reaches_the_phone(desk: Desk) -> None:
    desk.phone("phone_that_reads")
    desk.caller("message", challenge=407, status=200)
    desk.finish()


@SIGNALLING
def test_a_phone_is_asked_what_it_can(desk: Desk) -> None:
    """The question of somebody whose phone is not registered would be answered for the phone."""
    desk.phone("phone_that_says_what_it_can")
    desk.caller("options", challenge=407, status=200, is_registered=True)
    desk.finish()


@SIGNALLING
@pytest.mark.parametrize("scenario", ["message", "options"])
def test_what_is_for_a_phone_that_is_not_on_is_refused(desk: Desk, scenario: str) -> None:
    desk.caller(scenario, to="103", challenge=407, status=480, is_registered=True)
    desk.finish()


@SIGNALLING
@pytest.mark.parametrize("transport", ["u1", "t1"], ids=["udp", "tcp"])
def test_a_lamp_is_lit_kept_and_put_out(desk: Desk, transport: str) -> None:
    desk.caller("watcher", calls=20, rate=20, transport=transport, challenge=401)
    desk.finish()


def test_sessions_are_refreshed_or_end(sessions: tuple[Desk, Sipp, Sipp]) -> None:
    """RFC 4028, section 10: BYE comes a third of the interval before it is over, the refresh at
    half of it."""
    desk, silent, refreshed = sessions
    desk.finish()
    assert silent.moment("BYE ") - silent.moment("ACK ") == pytest.approx(60.0, abs=3.0)
    assert refreshed.moment("UPDATE ") - refreshed.moment("ACK ") == pytest.approx(45.0, abs=3.0)
