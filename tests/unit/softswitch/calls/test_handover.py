"""Sides that change: on whose media worker they meet, and what is given back when they cannot."""

import re

import pytest

from media.control import Bridge, Close, Open
from media.control import Closed as StreamClosed
from media.measuring import Statistics
from softswitch.calls.facts import Noted
from softswitch.calls.outputs import ToMedia
from softswitch.calls.ports import LeasedPort
from softswitch.calls.record import Cause, Closed
from softswitch.sip.flow import Flow
from softswitch.sip.vocabulary import (
    Accept,
    AcceptTransfer,
    Change,
    ChangeAnswered,
    Changed,
    ChangeRefused,
    End,
    Ended,
    Identity,
    Offered,
    Party,
    Refuse,
    RefuseChange,
    RefuseTransfer,
    ReportTransfer,
    Transferring,
    Withdraw,
)
from tests.unit.softswitch.calls.office import CALLER, Office, answered, described, flow


class Spread(Office):
    """An office with several media workers, of which a test chooses the next."""

    worker = 0

    def take(self, label: str, flow: Flow) -> LeasedPort | None:
        return self.take_beside(self.worker, label, flow)

    def move(self, port: LeasedPort, worker: int) -> LeasedPort | None:
        return port_at(port, worker) if self.moves else None

    moves = False


def port_at(port: LeasedPort, worker: int) -> LeasedPort:
    return LeasedPort(worker, port.stream, port.address, port.port)


@pytest.fixture
def office() -> Spread:
    return Spread()


def consult(office: Spread, *, worker: int) -> tuple[str, str]:
    """Let 102, whom 101 has called, talk to 103 on another worker; return the legs of 102."""
    office.call("102")
    asks = office.leg_of("102")
    office.answer(asks)
    office.confirm()
    office.worker = worker
    consults = office.call("103", caller="102")
    office.answer(office.leg_of("103"))
    office.confirm(consults)
    return asks, consults


def origin(sdp: bytes) -> tuple[bytes, int]:
    """Return session and version."""
    found = re.search(rb"o=\S+ (\d+) (\d+) ", sdp)
    assert found is not None
    return found[1], int(found[2])


def closed(office: Office) -> list[Cause]:
    return [one.record.cause for one in office.asked(Closed)]


def test_a_side_stays_where_it_is_when_both_are_on_one_worker(office: Spread) -> None:
    asks, consults = consult(office, worker=0)
    out = office.say(Transferring(asks, "103", "sip:103@h", consults))
    assert not [one for one in out if isinstance(one, Change)]
    assert office.told(Bridge)[-1] == Bridge(1, 4)
    assert [one.leg for one in out if isinstance(one, End)] == [asks, consults]


def test_a_stream_moves_and_its_telephone_notices_nothing(office: Spread) -> None:
    office.moves = True
    asks, consults = consult(office, worker=1)
    out = office.say(Transferring(asks, "103", "sip:103@h", consults))
    assert not [one for one in out if isinstance(one, Change)]
    assert ToMedia(1, Bridge(1, 4)) in out
    assert ToMedia(0, Close(1)) not in out
    office.say(Ended(CALLER, "bye"))
    assert [one.worker for one in office.asked(ToMedia) if one.command == Close(1)] == [1]
    office.settle()
    assert sorted(closed(office)) == [Cause.CALLEE_HUNG_UP, Cause.TRANSFERRED]
    assert office.is_empty


def test_a_stream_that_closes_untold_ends_its_call(office: Spread) -> None:
    office.call("102")
    office.answer(office.leg_of("102"))
    office.confirm()
    office.hear(StreamClosed(1, Statistics()))
    office.settle()
    assert closed(office) == [Cause.WORKER_LOST]
    assert office.is_empty


def test_a_side_gets_another_stream_where_its_own_cannot_move(office: Spread) -> None:
    asks, consults = consult(office, worker=1)
    before = office.asked(Accept)[0].sdp
    out = office.say(Transferring(asks, "103", "sip:103@h", consults))
    assert AcceptTransfer(asks) in out
    assert ReportTransfer(asks, 200) in out
    (change,) = [one for one in out if isinstance(one, Change)]
    assert change.leg == CALLER
    session, version = origin(before)
    assert origin(change.sdp) == (session, version + 1)
    assert ToMedia(1, Open(5, 10010, office.exchange.progress()[-1].call)) in out
    assert ToMedia(0, Close(1)) in out
    assert ToMedia(1, Bridge(5, 4)) in out
    moved = office.say(ChangeAnswered(CALLER, answered(change.sdp, 4000)))
    assert [one.worker for one in moved if isinstance(one, ToMedia)] == [1]
    office.say(Ended(CALLER, "bye"))
    office.settle()
    assert sorted(closed(office)) == [Cause.CALLEE_HUNG_UP, Cause.TRANSFERRED]
    assert office.is_empty


def test_a_telephone_that_refuses_its_new_stream_ends_the_call(office: Spread) -> None:
    asks, consults = consult(office, worker=1)
    office.say(Transferring(asks, "103", "sip:103@h", consults))
    office.say(ChangeRefused(CALLER, 488))
    office.settle()
    assert sorted(closed(office)) == [Cause.NOT_ACCEPTABLE, Cause.TRANSFERRED]
    assert office.is_empty


def test_two_calls_go_on_when_no_port_is_left_to_join_them(office: Spread) -> None:
    asks, consults = consult(office, worker=1)
    office.ports_left = 0
    out = office.say(Transferring(asks, "103", "sip:103@h", consults))
    assert out == [RefuseTransfer(asks, 503)]
    assert office.exchange.calls == 2
    office.say(Ended(CALLER, "bye"))
    office.say(Ended(consults, "bye"))
    office.settle()
    assert office.is_empty


def test_calls_of_others_are_not_joined(office: Spread) -> None:
    office.call("102")
    asks = office.leg_of("102")
    office.answer(asks)
    office.confirm()
    other = office.call("103", caller="104")
    office.answer(office.leg_of("103"))
    office.confirm(other)
    out = office.say(Transferring(asks, "103", "sip:103@h", other))
    assert RefuseTransfer(asks, 403) in out
    assert [note.kind for note in office.facts(Noted)] == ["transfer-refused"]


def test_who_was_in_a_menu_is_replaced_by_a_new_call_to_it(office: Spread) -> None:
    office.call("102")
    asks = office.leg_of("102")
    office.answer(asks)
    office.confirm()
    consults = office.call("*43", caller="102")
    office.confirm(consults)
    out = office.say(Transferring(asks, "*43", "sip:*43@h", consults))
    assert ReportTransfer(asks, 200) in out
    office.say(Ended(CALLER, "bye"))
    office.settle()
    assert sorted(closed(office)) == [Cause.CALLER_HUNG_UP, Cause.TRANSFERRED]
    assert office.is_empty


def test_a_transferor_who_waits_can_change_his_session(office: Spread) -> None:
    office.call("102")
    asks = office.leg_of("102")
    office.answer(asks)
    office.confirm()
    office.say(Transferring(asks, "103", "sip:103@h"))
    out = office.say(Changed(asks, described(7000)))
    assert not [one for one in out if isinstance(one, RefuseChange)]
    assert not [one for one in out if isinstance(one, Change)]


def test_a_switch_that_stops_ends_a_transfer_with_its_transferor(office: Spread) -> None:
    office.call("102")
    asks = office.leg_of("102")
    office.answer(asks)
    office.confirm()
    office.say(Transferring(asks, "103", "sip:103@h"))
    rung = office.leg_of("103")
    out = office._took(office.exchange.end_all(office.now))
    assert ReportTransfer(asks, 503) in out
    assert [one.leg for one in out if isinstance(one, End)] == [asks, CALLER]
    assert [one.leg for one in out if isinstance(one, Withdraw)] == [rung]
    office.settle()
    assert office.is_empty


def picks_up(leg: str, by: str, sdp: bytes) -> Offered:
    return Offered("p", Identity(by), Party(by), "102", sdp, "call-p", flow(5200), replaces=leg)


def test_who_picks_up_without_an_offer_is_offered_ours(office: Spread) -> None:
    office.call("102")
    leg = office.leg_of("102")
    out = office.say(picks_up(leg, "103", b""))
    [theirs, callers] = [one for one in out if isinstance(one, Accept)]
    assert (theirs.leg, callers.leg) == ("p", CALLER)
    assert Withdraw(leg, True) in out
    office.confirm()
    heard = office.confirm("p", answered(theirs.sdp, 8000))
    assert [one.worker for one in heard if isinstance(one, ToMedia)] == [0]
    office.say(Ended("p", "bye"))
    office.settle()
    assert office.record.answered_by == "103"
    assert office.is_empty


def test_nobody_is_kept_who_may_not_pick_up(office: Spread) -> None:
    office.call("102")
    leg = office.leg_of("102")
    assert Refuse("p", 403) in office.say(picks_up(leg, "105", described(7000)))
    assert Refuse("p", 403) in office.say(picks_up(leg, "", described(7000)))
    assert office.ringing == ["102"]
    office.say(Ended(CALLER, "cancel"))
    office.settle()
    assert office.is_empty
