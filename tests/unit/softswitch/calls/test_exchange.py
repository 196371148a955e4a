"""The exchange: calls found, counted and forgotten; two-party calls from end to end."""

import pytest

from media.control import Audible, Bridge, Close, Direct, Leased, Open, Silence, WorkerLost
from softswitch.calls import CallSettings, Discard
from softswitch.calls.ending import reason_for
from softswitch.calls.facts import Logged
from softswitch.calls.instructions import CallEnded, Heard, SaveMessage, StopPlaying
from softswitch.calls.outputs import Output
from softswitch.calls.ports import LeasedPort
from softswitch.calls.record import Cause, Closed, Disposition
from softswitch.sip.flow import Flow
from softswitch.sip.vocabulary import (
    Accept,
    AcceptTransfer,
    Answered,
    Confirmed,
    End,
    Ended,
    Identity,
    Offered,
    Party,
    Place,
    Progressed,
    Refuse,
    RefuseTransfer,
    Ring,
    Transferring,
    Withdraw,
)
from tests.unit.softswitch.calls.office import CALLER, EPOCH, Office, answered, described, flow


@pytest.fixture
def office() -> Office:
    return Office()


def test_an_extension_rings_and_the_caller_hears_so_once(office: Office) -> None:
    office.call("102")
    (place,) = office.asked(Place)
    assert (place.called, place.caller.number, place.caller.name) == ("102", "101", "Person 101")
    office.ring(place.leg)
    office.ring(place.leg)
    assert office.asked(Ring) == [Ring(CALLER, Party("102", "Person 102"))]


def test_an_answer_bridges_both_streams_and_accepts_the_caller(office: Office) -> None:
    office.call("102")
    office.answer(office.leg_of("102"), port=6000)
    assert [(d.stream, d.address, d.port) for d in office.told(Direct)] == [
        (2, "192.0.2.50", 6000),
        (1, "192.0.2.50", 4000),
    ]
    assert office.told(Bridge) == [Bridge(1, 2)]
    (accept,) = office.asked(Accept)
    assert b"m=audio 10002 " in accept.sdp


def test_telephones_are_told_our_address_and_never_each_others(office: Office) -> None:
    office.call("102")
    office.answer(office.leg_of("102"))
    bodies = [place.sdp for place in office.asked(Place)]
    bodies += [accept.sdp for accept in office.asked(Accept)]
    assert all(b"192.0.2.1" in body and b"192.0.2.50" not in body for body in bodies)


def test_the_callee_is_offered_the_callers_codecs_first(office: Office) -> None:
    office.call("102", sdp=described(4000, codecs=("PCMU",)))
    (place,) = office.asked(Place)
    assert b" RTP/AVP 0 9 8 101" in place.sdp


def test_the_caller_gets_the_codec_that_the_callee_took(office: Office) -> None:
    office.call("102", sdp=described(4000, codecs=("PCMA", "PCMU")))
    leg = office.leg_of("102")
    offer = office.placed[leg].sdp
    office.say(Answered(leg, answered(offer, 6000, codecs=("PCMU",))))
    assert {direct.codec for direct in office.told(Direct)} == {"PCMU"}


@pytest.mark.parametrize(
    ("side", "cause", "by"),
    [("caller", Cause.CALLER_HUNG_UP, "caller"), ("callee", Cause.CALLEE_HUNG_UP, "callee")],
)
def test_a_bye_of_either_side_ends_the_other(
    office: Office, side: str, cause: Cause, by: str
) -> None:
    office.call("102")
    callee = office.leg_of("102")
    office.answer(callee)
    office.confirm()
    office.wait(10.0)
    gone, other = (CALLER, callee) if side == "caller" else (callee, CALLER)
    out = office.say(Ended(gone, "bye"))
    assert End(other, reason_for(cause)) in out
    assert [c.stream for c in office.told(Close)] == [1, 2]
    office.settle()
    record = office.record
    assert (record.cause, record.by, record.disposition) == (cause, by, Disposition.ANSWERED)
    assert (record.end - record.start, record.answered_by) == (10.0, "102")
    assert office.is_empty


def test_a_caller_who_gives_up_stops_every_telephone(office: Office) -> None:
    office.call("600")
    out = office.say(Ended(CALLER, "cancel"))
    assert [o.answered_elsewhere for o in out if isinstance(o, Withdraw)] == [False, False]
    office.settle()
    assert office.record.cause is Cause.CANCELLED
    assert office.record.disposition is Disposition.NO_ANSWER
    assert office.is_empty


def test_an_answer_that_crosses_the_callers_cancel_is_hung_up(office: Office) -> None:
    office.call("102")
    leg = office.leg_of("102")
    body = answered(office.placed[leg].sdp, 6000)
    office.say(Ended(CALLER, "cancel"))
    assert End(leg) in office.say(Answered(leg, body))
    office.owed.clear()
    office.say(Ended(leg, "ended"))
    for stream in (1, 2):
        office._owe_media(Close(stream))
    office.settle()
    assert office.record.cause is Cause.CANCELLED
    assert office.is_empty


def test_an_unknown_number_is_refused_with_404(office: Office) -> None:
    office.call("999")
    assert office.asked(Refuse) == [Refuse(CALLER, 404)]
    assert office.told(Open) == []
    office.settle()
    assert (office.record.cause, office.record.reason) == (Cause.PLAN, "unknown-number")


def test_a_second_call_finds_the_extension_busy_while_it_talks(office: Office) -> None:
    office.call("102")
    office.answer(office.leg_of("102"))
    second = office.call("102", caller="103")
    assert office.asked(Refuse) == [Refuse(second, 486)]


def test_an_extension_that_only_rings_is_not_busy(office: Office) -> None:
    office.call("102")
    office.call("102", caller="103")
    assert office.ringing == ["102", "102"]


def test_an_extension_is_free_again_after_its_call(office: Office) -> None:
    office.call("102")
    office.answer(office.leg_of("102"))
    office.say(Ended(CALLER, "bye"))
    office.call("102", caller="103")
    assert office.asked(Refuse) == []


def test_whoever_makes_a_call_is_busy(office: Office) -> None:
    office.call("102")
    second = office.call("101", caller="103")
    assert office.asked(Refuse) == [Refuse(second, 486)]


def test_too_many_calls_are_refused_and_recorded() -> None:
    office = Office(CallSettings(maximum_calls=1))
    office.call("102")
    second = office.call("103", caller="104")
    assert office.asked(Refuse) == [Refuse(second, 503)]
    office.settle()
    assert office.record.cause is Cause.TOO_MANY_CALLS
    assert office.record.disposition is Disposition.CONGESTION


def test_new_calls_are_refused_while_draining_and_running_ones_go_on(office: Office) -> None:
    office.call("102")
    office.exchange.drain()
    second = office.call("103", caller="104")
    assert office.asked(Refuse) == [Refuse(second, 503)]
    office.answer(office.leg_of("102"))
    assert len(office.asked(Accept)) == 1


def test_end_all_ends_everything(office: Office) -> None:
    office.call("102")
    office.answer(office.leg_of("102"))
    office.call("103", caller="104")
    office._took(office.exchange.end_all(office.now))
    office.settle()
    assert {closed.record.cause for closed in office.asked(Closed)} == {Cause.STOPPING}
    assert office.is_empty


@pytest.mark.parametrize("ports", [0, 1])
def test_without_ports_a_call_is_refused_with_503(ports: int) -> None:
    office = Office(ports=ports)
    office.call("102")
    assert office.asked(Refuse) == [Refuse(CALLER, 503)]
    office.settle()
    assert office.record.cause is Cause.NO_PORTS
    assert office.ports_left == ports
    assert office.is_empty


def test_a_group_rings_as_far_as_ports_reach() -> None:
    office = Office(ports=2)
    office.call("600")
    assert office.ringing == ["102"]
    assert office.asked(Refuse) == []


def test_a_lost_ack_ends_the_call(office: Office) -> None:
    office.call("102")
    callee = office.leg_of("102")
    office.answer(callee)
    assert End(callee, reason_for(Cause.NO_ACK)) in office.say(Ended(CALLER, "no-ack"))
    office.settle()
    assert (office.record.cause, office.record.by) == (Cause.NO_ACK, "switch")


def test_a_lost_telephone_ends_the_call(office: Office) -> None:
    office.call("102")
    callee = office.leg_of("102")
    office.answer(callee)
    assert End(CALLER, reason_for(Cause.LOST)) in office.say(Ended(callee, "timeout"))
    office.settle()
    assert office.record.cause is Cause.LOST


def test_a_telephone_that_is_heard_again_is_not_given_up(office: Office) -> None:
    office.call("102")
    office.answer(office.leg_of("102"))
    office.hear(Silence(2, 240.0, False))
    office.hear(Audible(2))
    assert office.wait(300.0) == []


def test_dead_media_ends_the_call_after_five_minutes(office: Office) -> None:
    office.call("102")
    office.answer(office.leg_of("102"))
    office.hear(Silence(2, 240.0, False))
    assert office.wait(59.0) == []
    assert End(CALLER, reason_for(Cause.DEAD_MEDIA)) in office.wait(1.0)
    office.settle()
    assert office.record.cause is Cause.DEAD_MEDIA


def test_nobody_talks_for_more_than_four_hours(office: Office) -> None:
    office.call("102")
    office.answer(office.leg_of("102"))
    office.wait(4 * 3600.0 - 1)
    assert office.asked(End) == []
    office.wait(1.0)
    assert len(office.asked(End)) == 2
    office.settle()
    assert office.record.cause is Cause.MAXIMUM_DURATION


def test_a_lost_worker_ends_its_calls_and_their_streams_are_forgotten(office: Office) -> None:
    office.call("102")
    office.answer(office.leg_of("102"))
    office.hear(WorkerLost("killed"))
    assert len(office.asked(End)) == 2
    assert office.told(Close) == []
    office.settle()
    assert office.record.cause is Cause.WORKER_LOST
    assert office.is_empty


def test_another_workers_loss_is_nothing_to_a_call(office: Office) -> None:
    office.call("102")
    assert office.hear(WorkerLost("killed"), worker=1) == []


def test_what_is_left_behind_is_forgotten_in_the_end(office: Office) -> None:
    office.call("102")
    office.say(Ended(CALLER, "cancel"))
    assert office.asked(Closed) == []
    office.wait(60.0)
    assert office.record.cause is Cause.CANCELLED
    assert office.is_empty


def test_an_unusable_offer_is_refused_before_anybody_rings(office: Office) -> None:
    for body in (b"nonsense", described(4000).replace(b"RTP/AVP", b"RTP/SAVP")):
        office.call("102", sdp=body)
    assert [refuse.status for refuse in office.asked(Refuse)] == [488, 488]
    assert office.placed == {}


def test_a_caller_without_an_offer_gets_ours_with_the_answer(office: Office) -> None:
    office.call("102", sdp=b"")
    office.ring(office.leg_of("102"), early=answered(office.asked(Place)[0].sdp, 6000))
    assert office.asked(Ring) == [Ring(CALLER, Party("102", "Person 102"))]
    office.answer(office.leg_of("102"), port=6000)
    (accept,) = office.asked(Accept)
    assert [direct.stream for direct in office.told(Direct)] == [2]
    office.confirm(sdp=answered(accept.sdp, 4000))
    assert [(d.stream, d.port) for d in office.told(Direct)] == [(2, 6000), (1, 4000)]


def test_a_caller_who_never_answers_our_offer_is_hung_up(office: Office) -> None:
    office.call("102", sdp=b"")
    office.answer(office.leg_of("102"))
    out = office.confirm()
    assert End(CALLER, reason_for(Cause.NOT_ACCEPTABLE)) in out
    office.settle()
    assert office.record.cause is Cause.NOT_ACCEPTABLE


def test_events_of_nobody_are_dropped(office: Office) -> None:
    assert office.say(Ended("ghost", "bye")) == [Discard("leg-of-no-call")]
    assert office.hear(Silence(77, 300.0, True)) == [Discard("stream-of-no-call")]
    assert office.instruct(StopPlaying(), "ghost") == [Discard("instruction-of-no-call")]
    assert office.hear(Leased((10000,))) == []


def test_a_message_is_saved_even_after_its_call_is_forgotten(office: Office) -> None:
    message = SaveMessage("sales", "/tmp/a.wav", "101", "", 3.0)
    assert office.instruct(message, "ghost") == [message]


def test_direct_media_passes_descriptions_end_to_end() -> None:
    office = Office(CallSettings(direct=True))
    offer = described(4000)
    office.call("102", sdp=offer)
    leg = office.leg_of("102")
    assert office.placed[leg].sdp == offer
    office.say(Progressed(leg, 180))
    office.say(Answered(leg, answered(offer, 6000)))
    assert [accept.sdp for accept in office.asked(Accept)] == [answered(offer, 6000)]
    office.say(Confirmed(CALLER))
    office.say(Ended(CALLER, "bye"))
    office.settle()
    assert office.told(Open) == []
    assert office.is_empty


def test_direct_media_still_answers_a_caller_for_an_application() -> None:
    office = Office(CallSettings(direct=True))
    office.call("800")
    office.confirm()
    assert len(office.told(Open)) == 1
    office.say(Ended(CALLER, "bye"))
    assert [heard.happening for heard in office.asked(Heard)] == [CallEnded()]


def test_how_far_each_call_is_can_be_asked(office: Office) -> None:
    office.call("102")
    assert [(one.caller, one.dialled) for one in office.exchange.progress()] == [("101", "102")]
    assert office.exchange.progress()[0].state.startswith("ring")
    assert office.exchange.progress()[0].since == EPOCH
    office.answer(office.leg_of("102"))
    office.confirm()
    assert [one.state for one in office.exchange.progress()] == ["talk 102"]
    office.say(Ended(CALLER, "bye"))
    assert [one.state for one in office.exchange.progress()] == ["ending"]


class Brittle(Office):
    """An office whose ports, and telephones, cannot be asked for some of the calls."""

    broken = False

    def take(self, label: str, peer: Flow) -> LeasedPort | None:
        if self.broken:
            raise RuntimeError("broken")
        return super().take(label, peer)

    def resume(self) -> list[Output]:
        outputs = self.exchange.resume(self.now)
        self.out += outputs
        return outputs


def test_a_call_in_which_something_raises_is_refused_and_closed() -> None:
    office = Brittle()
    office.broken = True
    with pytest.raises(RuntimeError):
        office.call("102")
    assert Refuse(CALLER, 503) in office.resume()
    office.say(Ended(CALLER, "refused"))
    assert office.record.cause is Cause.SWITCH_FAILED
    assert office.is_empty


def test_what_was_asked_for_before_something_raised_counts() -> None:
    office = Brittle()
    office.broken = True
    with pytest.raises(RuntimeError):
        office.call("102")
    kinds = [entry.kind for entry in office.resume() if isinstance(entry, Logged)]
    assert kinds == ["CallOffered", "StepEntered", "CallEnded"]


def test_an_exchange_in_which_nothing_raised_has_nothing_to_resume() -> None:
    office = Brittle()
    office.call("102")
    assert office.resume() == []


def test_a_leg_that_has_failed_ends_its_call(office: Office) -> None:
    office.call("102")
    leg = office.leg_of("102")
    assert Refuse(CALLER, 503) in office.exchange.give_up(leg, "", office.now)
    assert leg not in office.exchange.progress()[0].state
    assert office.exchange.give_up("nobody", "", office.now) == []


# What others see, and what calls cannot do yet


def test_what_the_calls_that_are_on_have_logged_can_be_read(office: Office) -> None:
    office.call("102")
    office.ring(office.leg_of("102"))
    logged = list(office.exchange.logged())
    assert [one.seq for one in logged] == list(range(1, len(logged) + 1))
    assert {"CallOffered", "LegPlaced", "LegRinging"} <= {one.kind for one in logged}


def test_extensions_of_the_configuration_are_known(office: Office) -> None:
    assert office.exchange.knows("102")
    assert not office.exchange.knows("999")


def test_a_transfer_of_a_call_that_is_not_there_is_dropped(office: Office) -> None:
    late = Transferring("gone", "103", "sip:103@192.0.2.1")
    assert office.say(late) == [Discard("leg-of-no-call")]


def test_a_transfer_before_the_callers_ack_has_to_wait(office: Office) -> None:
    office.call("102")
    callee = office.leg_of("102")
    office.answer(callee)
    asked = Transferring(callee, "103", "sip:103@192.0.2.1")
    assert office.say(asked) == [RefuseTransfer(callee, 491)]
    office.confirm()
    assert AcceptTransfer(callee) in office.say(asked)


@pytest.mark.parametrize(("replaces", "status"), [("gone", 481), (CALLER, 603)])
def test_a_transfer_into_no_other_call_is_refused(
    office: Office, replaces: str, status: int
) -> None:
    office.call("102")
    office.answer(office.leg_of("102"))
    office.confirm()
    asked = Transferring(CALLER, "103", "sip:103@192.0.2.1", replaces)
    assert office.say(asked) == [RefuseTransfer(CALLER, status)]
    assert office.asked(End) == []


def test_who_talks_to_an_application_cannot_hand_it_on(office: Office) -> None:
    office.call("*43")
    office.confirm()
    asked = Transferring(CALLER, "103", "sip:103@192.0.2.1")
    assert office.say(asked) == [RefuseTransfer(CALLER, 603)]


def test_a_false_referred_by_is_not_passed_on(office: Office) -> None:
    office.call("102")
    callee = office.leg_of("102")
    office.answer(callee)
    office.confirm()
    office.say(Transferring(callee, "103", "sip:103@h", "", "<sip:104@192.0.2.1>"))
    assert [place.referred_by for place in office.asked(Place)] == ["", ""]


def test_nobody_takes_a_place_in_a_call_that_is_not_there(office: Office) -> None:
    offered = Offered(
        "x", Identity("103"), Party("103"), "102", b"", "call-9", flow(5060), replaces="b"
    )
    assert office.say(offered) == [Refuse("x", 481)]
    assert office.exchange.calls == 0
