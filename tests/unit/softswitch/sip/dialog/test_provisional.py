import pytest

from softswitch.sip.dialog import NotAcknowledged, RAck, ReceivedOrder, ReliableResponses
from softswitch.sip.dialog.provisional import first_number
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.transaction import TimerValues

RINGING = Transmit(b"180", Flow("udp", ("192.0.2.1", 5060), ("192.0.2.2", 5060)))


@pytest.fixture
def responses() -> ReliableResponses:
    made = ReliableResponses(7, 2, TimerValues())
    made.sent(RINGING, carries_session=False, now=0.0)
    return made


def test_a_response_is_repeated_with_doubling_gaps_and_no_longest_one(
    responses: ReliableResponses,
) -> None:
    times = []
    while (due := responses.deadline) is not None:
        outputs = responses.expire(due)
        times.append(due)
    assert times == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 32.0]
    assert outputs == [NotAcknowledged()]
    assert not responses.is_open


def test_prack_of_the_right_three_acknowledges(responses: ReliableResponses) -> None:
    for wrong in (RAck(8, 2, "INVITE"), RAck(7, 3, "INVITE"), RAck(7, 2, "UPDATE")):
        assert not responses.acknowledge(wrong)
    assert responses.acknowledge(RAck(7, 2, "INVITE"))
    assert not responses.acknowledge(RAck(7, 2, "INVITE"))
    assert responses.number == 8
    assert responses.deadline is None
    assert responses.expire(99.0) == []


def test_the_final_response_ends_repeating_and_the_prack_is_welcome_still(
    responses: ReliableResponses,
) -> None:
    responses.settle()
    assert responses.deadline is None
    assert responses.expire(99.0) == []
    assert responses.acknowledge(RAck(7, 2, "INVITE"))


def test_the_first_number_leaves_room_for_more() -> None:
    assert first_number(0.0) == 1
    assert first_number(0.999999999) < 2**31


@pytest.mark.parametrize("text", ["1 2 INVITE", "  1\t2  INVITE "])
def test_a_rack_is_read(text: str) -> None:
    assert RAck.parse(text) == RAck(1, 2, "INVITE")
    assert str(RAck.parse(text)) == "1 2 INVITE"


@pytest.mark.parametrize("text", ["", "1", "1 2", "1 x INVITE", "-1 2 INVITE", "1 2 INVITE x"])
def test_a_rack_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        RAck.parse(text)


def test_responses_count_in_their_order_and_once() -> None:
    order = ReceivedOrder()
    assert [order.admit(number) for number in (5, 5, 7, 4, 6, 6, 7)] == [
        True,
        False,
        False,
        False,
        True,
        False,
        True,
    ]
