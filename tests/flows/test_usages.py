"""PRACK, UPDATE, INFO, session timers and reasons, with telephones that speak them."""

import random

import pytest

from media.control import SendDigits
from softswitch.calls.record import Cause
from softswitch.phone.events import Cancelled, HungUp, Reinvited
from softswitch.sip.dialog import RAck
from softswitch.sip.message import Header, Response
from softswitch.sip.transaction import RequestArrived
from tests.flows.conftest import MakeOffice
from tests.flows.test_network import Cutter, word
from tests.support.handset import EVENTS, Handset, answers_after
from tests.support.office import SWITCH, Office
from tests.support.quiet import QuietEngine
from tests.support.scripted import Scripted

TWO = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
security: {silence: 24h, silence_on_hold: 24h, call_duration: 24h}
"""
MENU = (
    TWO
    + """
menus:
  main:
    greeting: {say: Welcome}
    keys: {1: employee 102}
numbers:
  "4930": menu main
"""
)
RELAY = "application/dtmf-relay"


def scripted(world: Office, number: str) -> Scripted:
    """Return a scripted telephone where one of this number has registered."""
    handset = world.handset(number, address=f"10.0.8.{number[-1]}")
    handset.register()
    world.until(lambda: handset.registered)
    handset.unplug()
    del world.handsets[number]
    return Scripted(world, number, handset.address)


def sdp(phone: Scripted, version: int = 1, direction: str = "sendrecv") -> bytes:
    host = phone.address[0]
    lines = (
        "v=0", f"o=- 1 {version} IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0",
        f"m=audio 30000 RTP/AVP 0 {EVENTS}", "a=rtpmap:0 PCMU/8000",
        f"a=rtpmap:{EVENTS} telephone-event/8000", f"a={direction}",
    )  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines).encode()


def acknowledges(phone: Scripted) -> list[int]:
    """Let a caller send PRACK for what it hears in order; return the numbers so far."""
    numbers: list[int] = []

    def provisional(response: Response) -> None:
        if Header.RSEQ not in response.ids:
            return
        number = int(response.first(Header.RSEQ) or 0)
        if number in numbers:
            return
        numbers.append(number)
        rack = RAck(number, response.cseq().number, "INVITE")
        phone.send(phone.request("PRACK", headers=[(Header.RACK, str(rack))]))

    phone.provisional = provisional
    return numbers


def talking(world: Office, *headers: tuple[Header | str, str]) -> tuple[Scripted, Handset]:
    """Let a scripted caller be connected to a telephone."""
    one = scripted(world, "101")
    [two] = world.register("102")
    two.user = answers_after(1.0)
    one.invite("102", sdp(one), headers)
    cseq = one.cseq
    assert one.final("INVITE", cseq).status == 200
    one.acknowledge(cseq)
    world.until(lambda: two.connected)
    world.advance(0.1)
    return one, two


@pytest.mark.parametrize("seed", range(6))
def test_a_caller_that_acknowledges_hears_everything_once_over_a_bad_network(
    office: MakeOffice, seed: int
) -> None:
    world = office(TWO, seed=seed)
    one = scripted(world, "101")
    [two] = world.register("102")

    def user(handset: Handset, call: object) -> None:
        handset.preview(next(iter(handset.ringing)))
        handset.world.after(3.0, lambda: handset.pick_up(next(iter(handset.ringing), "")))

    two.user = user
    numbers = acknowledges(one)
    one.invite("102", sdp(one), [(Header.REQUIRE, "100rel")])
    world.network.impair(loss=0.25, duplication=0.2, jitter=0.2)
    cseq = one.cseq - len(numbers)
    answer = one.final("INVITE", cseq)
    world.network.impair(loss=0.0, duplication=0.0, jitter=0.0)
    assert answer.status == 200
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    early = [r for r in one.responses if r.status == 183 and r.body]
    assert early, "the session comes in the reliable response"
    assert answer.body == b"", "and not again"
    one.acknowledge(cseq)
    world.until(lambda: two.connected)
    assert one.ask("BYE").status == 200
    world.advance(40.0)
    assert len(world.records) == 1


@pytest.mark.parametrize("seed", range(6))
def test_a_called_telephone_that_wants_prack_gets_it_over_a_bad_network(
    office: MakeOffice, seed: int
) -> None:
    world = office(TWO, seed=seed)
    [one] = world.register("101")
    two = scripted(world, "102")

    def rings(arrived: RequestArrived) -> None:
        two.respond_reliably(arrived, 183, sdp(two))
        world.world.after(8.0, lambda: two.respond(arrived, 200))

    two.on["INVITE"] = rings
    dice = random.Random(seed)
    world.network.impair(loss=0.2, duplication=0.2 * dice.random(), jitter=0.2)
    one.call("102")
    world.until(lambda: two.reliable is not None and not two.reliable.is_open, within=30.0)
    world.network.impair(loss=0.0, duplication=0.0, jitter=0.0)
    world.until(lambda: one.connected)
    world.until(lambda: two.acks)
    one.hang_up()
    world.advance(40.0)
    assert len(world.records) == 1
    assert len(two.heard("BYE")) == 1


def test_hold_by_update_is_passed_on_and_taken_back(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    held = one.ask("UPDATE", sdp(one, 2, "sendonly"))
    assert (held.status, b"a=recvonly" in held.body) == (200, True)
    resumed = one.ask("UPDATE", sdp(one, 3))
    assert (resumed.status, b"a=sendrecv" in resumed.body) == (200, True)
    said = [event.sdp for event in two.events_of(Reinvited) if isinstance(event, Reinvited)]
    assert [b"a=sendonly" in body for body in said] == [True, False]
    one.ask("BYE")


def test_an_update_that_changes_nothing_bothers_nobody(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    answer = one.ask("UPDATE")
    assert (answer.status, answer.body) == (200, b"")
    first = one.ask("UPDATE", sdp(one)).body
    assert one.ask("UPDATE", sdp(one)).body == first, "the same session, the same version"
    assert not two.events_of(Reinvited)
    one.ask("BYE")


def test_an_update_with_nothing_in_common_is_refused_in_words(office: MakeOffice) -> None:
    world = office(TWO)
    one, _ = talking(world)
    answer = one.ask("UPDATE", sdp(one).replace(b"RTP/AVP 0", b"RTP/AVP 18"))
    assert answer.status == 488
    assert "codec" in (answer.first(Header.WARNING) or "")
    one.ask("BYE")


def test_an_invite_with_nothing_in_common_is_refused_in_words(office: MakeOffice) -> None:
    world = office(TWO)
    one = scripted(world, "101")
    one.invite("102", sdp(one).replace(b"RTP/AVP 0", b"RTP/AVP 18"))
    answer = one.final("INVITE", one.cseq)
    assert (answer.status, (answer.first(Header.WARNING) or "")[:4]) == (488, "305 ")


@pytest.mark.parametrize(
    ("offered", "code", "words"),
    [
        (b"RTP/SAVP 0", 302, "encrypted media (SRTP) is not supported: offer plain RTP/AVP"),
        (b"RTP/SAVPF 0", 302, "encrypted media (SRTP) is not supported"),
        (
            b"UDP/TLS/RTP/SAVPF 0",
            302,
            "media of browsers (SRTP with keys by DTLS) is not supported",
        ),
        (b"FOO 0", 302, "audio over another protocol is not supported"),
        (b"RTP/AVP 18", 305, "the offer has no codec of ours: "),
    ],
)
def test_a_session_that_cannot_be_is_refused_with_the_reason(
    office: MakeOffice, offered: bytes, code: int, words: str
) -> None:
    world = office(TWO)
    one = scripted(world, "101")
    [two] = world.register("102")
    one.invite("102", sdp(one).replace(b"RTP/AVP 0", offered))
    answer = one.final("INVITE", one.cseq)
    assert answer.status == 488
    warning = answer.first(Header.WARNING) or ""
    assert warning.startswith(f"{code} {SWITCH}")
    assert words in warning
    assert not two.invites


def test_a_change_to_encrypted_media_is_refused_with_the_reason(office: MakeOffice) -> None:
    world = office(TWO)
    one, _ = talking(world)
    answer = one.ask("UPDATE", sdp(one).replace(b"RTP/AVP 0", b"RTP/SAVP 0"))
    assert answer.status == 488
    assert (answer.first(Header.WARNING) or "").startswith("302 ")
    one.ask("BYE")


def test_an_offer_without_audio_is_refused_with_the_reason(office: MakeOffice) -> None:
    world = office(TWO)
    one = scripted(world, "101")
    one.invite("102", sdp(one).replace(b"m=audio", b"m=video"))
    answer = one.final("INVITE", one.cseq)
    assert (answer.status, (answer.first(Header.WARNING) or "")[:4]) == (488, "304 ")


def test_a_digit_by_info_is_heard_by_the_menu(office: MakeOffice) -> None:
    world = office(MENU)
    one = scripted(world, "101")
    [two] = world.register("102")
    one.invite("4930", sdp(one))
    cseq = one.cseq
    assert one.final("INVITE", cseq).status == 200
    one.acknowledge(cseq)
    world.advance(0.5)
    assert one.ask("INFO", b"Signal=1\r\nDuration=100\r\n", kind=RELAY).status == 200
    world.until(lambda: two.ringing, within=5.0)
    one.ask("BYE")


def test_a_digit_by_info_reaches_the_other_side_as_a_named_event(
    office: MakeOffice,
) -> None:
    world = office(TWO, quiet=QuietEngine())
    one, _ = talking(world)
    before = len(sent_digits(world))
    assert one.ask("INFO", b"Signal=5\r\nDuration=120\r\n", kind=RELAY).status == 200
    [digits] = sent_digits(world)[before:]
    assert (digits.digits, digits.milliseconds) == ("5", 120)
    one.ask("BYE")


def test_a_digit_by_info_passes_by_info_where_media_does(office: MakeOffice) -> None:
    world = office(TWO, direct=True)
    [one] = world.register("101")
    two = scripted(world, "102")
    two.on["INVITE"] = lambda arrived: two.respond(
        arrived, 200, sdp(two), [(Header.ALLOW, "INVITE, INFO")]
    )
    one.call("102")
    world.until(lambda: two.acks)
    assert two.ask("INFO", b"Signal=5", kind=RELAY).status == 200
    world.advance(1.0)
    assert not one.complaints, "a telephone that does not take INFO gets none"
    two.ask("BYE")


def sent_digits(world: Office) -> list[SendDigits]:
    assert isinstance(world.engine, QuietEngine)
    return world.engine.digits


def test_the_reason_of_a_bye_reaches_the_other_side(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    one.ask("BYE", headers=[(Header.REASON, 'Q.850;cause=31;text="Odd"')])
    world.advance(0.5)
    [hung_up] = two.events_of(HungUp)
    assert isinstance(hung_up, HungUp)
    assert hung_up.reason == 'Q.850;cause=31;text="Odd"'


def test_without_one_the_other_side_is_told_that_all_is_normal(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    one.ask("BYE")
    world.advance(0.5)
    [hung_up] = two.events_of(HungUp)
    assert isinstance(hung_up, HungUp)
    assert hung_up.reason.startswith("Q.850;cause=16")


def test_the_reason_of_a_cancel_reaches_those_who_ring(office: MakeOffice) -> None:
    world = office(TWO)
    one = scripted(world, "101")
    [two] = world.register("102")
    one.invite("102", sdp(one))
    world.until(lambda: two.ringing)
    one.cancel(((Header.REASON, 'SIP;cause=200;text="Elsewhere"'),))
    world.until(lambda: two.events_of(Cancelled), within=2.0)
    assert two.cancel_reason == 'SIP;cause=200;text="Elsewhere"'


def test_telephones_without_timers_are_asked_whether_they_are_there(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    world.advance(2000.0)
    assert one.connected
    assert two.connected
    for handset in (one, two):
        assert len(handset.events_of(Reinvited)) == 2
    two.unplug()
    world.until(lambda: not one.connected, within=1000.0)
    assert world.records[0].cause is Cause.LOST
    del world.handsets["102"]


def test_a_telephone_that_was_to_refresh_and_does_not_is_hung_up(office: MakeOffice) -> None:
    world = office(TWO)
    headers = (Header.SUPPORTED, "timer"), (Header.SESSION_EXPIRES, "300;refresher=uac")
    one, two = talking(world, *headers)
    world.until(lambda: not two.connected, within=300.0)
    world.advance(1.0)
    [record] = world.records
    assert (record.cause, record.by) == (Cause.EXPIRED, "switch")
    assert len(one.heard("BYE")) == 1


def test_an_answer_that_comes_again_after_the_end_gets_its_ack_alone(office: MakeOffice) -> None:
    world = office(TWO)
    cutter = Cutter(world)
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    cutter.cuts = lambda data, source, to: to == two.address and word(data) == "ACK"
    one.call("102")
    world.until(lambda: one.connected)
    one.hang_up()
    world.advance(0.05)
    cutter.cuts = lambda data, source, to: False
    world.advance(40.0)
    assert cutter.passed["10.0.0.1", two.address[0], "BYE"] == 1


def previews(handset: Handset, call: object) -> None:
    handset.preview(next(iter(handset.ringing)))


def test_a_caller_who_acknowledges_nothing_is_not_recorded_as_answered(
    office: MakeOffice,
) -> None:
    world = office(TWO)
    [callee] = world.register("102")
    callee.user = previews
    caller = scripted(world, "101")
    caller.invite("102", sdp(caller), [(Header.REQUIRE, "100rel")])
    world.until(lambda: callee.ringing)
    callee.pick_up(next(iter(callee.ringing)))
    assert caller.final("INVITE", 2).status == 504
    world.until(lambda: world.records, within=5.0)
    record = world.records[0]
    assert (record.cause, record.status, record.answer) == (Cause.NO_PRACK, 504, None)
    assert record.disposition == "FAILED"


def test_the_caller_moves_its_audio_before_the_answer(office: MakeOffice) -> None:
    world = office(TWO)
    one = scripted(world, "101")
    [two] = world.register("102")
    two.user = previews
    acknowledges(one)
    one.invite("102", sdp(one), [(Header.SUPPORTED, "100rel")])
    cseq = one.cseq
    world.until(lambda: one.heard_statuses("PRACK") == [200], within=5.0)
    changed = one.ask("UPDATE", sdp(one, 2).replace(b"m=audio 30000", b"m=audio 30002"))
    assert (changed.status, b"m=audio" in changed.body) == (200, True)
    two.pick_up(next(iter(two.ringing)))
    assert one.final("INVITE", cseq).status == 200
    one.acknowledge(cseq)
    world.until(lambda: two.connected)
    assert one.ask("BYE").status == 200


def test_a_caller_that_offers_nothing_hears_early_media_by_our_offer(office: MakeOffice) -> None:
    world = office(TWO)
    one = scripted(world, "101")
    [two] = world.register("102")
    two.user = previews
    offers: list[bytes] = []

    def provisional(response: Response) -> None:
        if response.body and not offers:
            offers.append(response.body)
            rack = RAck(int(response.first(Header.RSEQ) or 0), response.cseq().number, "INVITE")
            answer = one.request("PRACK", sdp(one), [(Header.RACK, str(rack))])
            one.send(answer)

    one.provisional = provisional
    one.invite("102", b"", [(Header.SUPPORTED, "100rel")])
    cseq = one.cseq
    world.until(lambda: one.heard_statuses("PRACK") == [200], within=5.0)
    two.say(bytes(1600))
    world.advance(0.3)
    two.pick_up(next(iter(two.ringing)))
    answer = one.final("INVITE", cseq)
    assert (answer.status, answer.body) == (200, b"")
    one.acknowledge(cseq)
    world.until(lambda: two.connected)
    assert one.ask("BYE").status == 200
    world.advance(1.0)
    assert world.records[0].cause is Cause.CALLER_HUNG_UP


def test_the_called_telephone_moves_its_audio_before_the_answer(office: MakeOffice) -> None:
    world = office(TWO)
    [one] = world.register("101")
    two = scripted(world, "102")
    invites: list[RequestArrived] = []

    def rings(arrived: RequestArrived) -> None:
        invites.append(arrived)
        two.respond_reliably(arrived, 183, sdp(two))

    two.on["INVITE"] = rings
    one.call("102")
    world.until(lambda: two.reliable is not None and not two.reliable.is_open, within=5.0)
    changed = two.ask("UPDATE", sdp(two, 2).replace(b"m=audio 30000", b"m=audio 30002"))
    assert (changed.status, b"m=audio" in changed.body) == (200, True)
    two.respond(invites[0], 200)
    world.until(lambda: one.connected)
    world.advance(0.2)
    assert two.ask("BYE").status == 200


def test_before_the_answer_media_past_the_switch_is_not_changed(office: MakeOffice) -> None:
    world = office(TWO, direct=True)
    [one] = world.register("101")
    two = scripted(world, "102")
    invites: list[RequestArrived] = []

    def rings(arrived: RequestArrived) -> None:
        invites.append(arrived)
        two.respond_reliably(arrived, 183, sdp(two))

    two.on["INVITE"] = rings
    one.call("102")
    world.until(lambda: two.reliable is not None and not two.reliable.is_open, within=5.0)
    assert two.ask("UPDATE", sdp(two, 2)).status == 488
    two.respond(invites[0], 200)
    world.until(lambda: one.connected)
    one.hang_up()
    world.advance(1.0)
