"""The base intervals of RFC 3261, Table 4."""

from softswitch.sip.transaction.timers import TimerValues


def test_transactions_give_up_after_64_round_trips() -> None:
    assert TimerValues().timeout == 32.0
    assert TimerValues(t1=0.1).timeout == 6.4
