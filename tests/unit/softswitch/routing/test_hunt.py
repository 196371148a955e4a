"""Who rings when: the three strategies."""

from softswitch.routing.hunt import Exhausted, Hunt, HuntOutput, StartRinging, StopRinging
from softswitch.routing.plan import Member, Outcome, Ring, Strategy

START = 100.0


def ring(
    strategy: Strategy,
    *members: tuple[str, float, float],
    timeout: float = 40.0,
    left_out: dict[str, Outcome] | None = None,
) -> Ring:
    return Ring(
        "department sales",
        strategy,
        tuple(Member(*member) for member in members),
        timeout,
        {},
        left_out or {},
    )


def run(
    step: Ring, refusals: dict[float, tuple[str, Outcome]] | None = None
) -> list[tuple[float, HuntOutput]]:
    """Return what the hunt does and when, in seconds from its start."""
    waiting = sorted((refusals or {}).items())
    hunt = Hunt(step, START)
    done = [(0.0, output) for output in hunt.start(START)]
    while (deadline := hunt.deadline) is not None:
        if waiting and START + waiting[0][0] <= deadline:
            at, (extension, outcome) = waiting.pop(0)
            done += [(at, output) for output in hunt.refused(extension, outcome, START + at)]
        else:
            done += [(deadline - START, output) for output in hunt.expire(deadline)]
    return done


def test_all_at_once_starts_together_and_stops_together() -> None:
    step = ring(Strategy.ALL_AT_ONCE, ("101", 0, 40), ("102", 0, 40))
    assert run(step) == [
        (0.0, StartRinging("101")),
        (0.0, StartRinging("102")),
        (40.0, StopRinging("101")),
        (40.0, StopRinging("102")),
        (40.0, Exhausted(Outcome.NO_ANSWER)),
    ]


def test_all_at_once_keeps_the_delay_and_the_time_of_each() -> None:
    step = ring(Strategy.ALL_AT_ONCE, ("101", 0, 10), ("102", 15, 40))
    assert run(step) == [
        (0.0, StartRinging("101")),
        (10.0, StopRinging("101")),
        (15.0, StartRinging("102")),
        (40.0, StopRinging("102")),
        (40.0, Exhausted(Outcome.NO_ANSWER)),
    ]


def test_in_turn_stops_one_before_it_starts_the_next() -> None:
    step = ring(Strategy.IN_TURN, ("101", 0, 15), ("102", 0, 10), ("103", 2, 5))
    assert run(step) == [
        (0.0, StartRinging("101")),
        (15.0, StopRinging("101")),
        (15.0, StartRinging("102")),
        (25.0, StopRinging("102")),
        (27.0, StartRinging("103")),
        (32.0, StopRinging("103")),
        (32.0, Exhausted(Outcome.NO_ANSWER)),
    ]


def test_in_turn_moves_on_at_once_from_who_refuses() -> None:
    step = ring(Strategy.IN_TURN, ("101", 0, 15), ("102", 0, 10))
    assert run(step, {4.0: ("101", Outcome.BUSY)}) == [
        (0.0, StartRinging("101")),
        (4.0, StartRinging("102")),
        (14.0, StopRinging("102")),
        (14.0, Exhausted(Outcome.NO_ANSWER)),
    ]


def test_increasing_lets_the_earlier_ones_ring_on() -> None:
    step = ring(Strategy.INCREASING, ("101", 0, 40), ("102", 10, 40), ("103", 15, 40))
    assert run(step) == [
        (0.0, StartRinging("101")),
        (10.0, StartRinging("102")),
        (15.0, StartRinging("103")),
        (40.0, StopRinging("101")),
        (40.0, StopRinging("102")),
        (40.0, StopRinging("103")),
        (40.0, Exhausted(Outcome.NO_ANSWER)),
    ]


def test_increasing_starts_the_next_at_once_when_nobody_rings_any_more() -> None:
    step = ring(Strategy.INCREASING, ("101", 0, 40), ("102", 10, 40), ("103", 20, 40))
    assert run(step, {3.0: ("101", Outcome.REFUSED)})[:3] == [
        (0.0, StartRinging("101")),
        (3.0, StartRinging("102")),
        (20.0, StartRinging("103")),
    ]


def test_increasing_goes_on_by_its_times_while_somebody_rings() -> None:
    step = ring(Strategy.INCREASING, ("101", 0, 40), ("102", 10, 40), ("103", 20, 40))
    assert run(step, {12.0: ("102", Outcome.REFUSED)})[:3] == [
        (0.0, StartRinging("101")),
        (10.0, StartRinging("102")),
        (20.0, StartRinging("103")),
    ]


def test_the_time_of_the_whole_step_ends_it() -> None:
    step = ring(Strategy.IN_TURN, ("101", 0, 15), ("102", 0, 15), timeout=20)
    assert run(step)[-2:] == [
        (20.0, StopRinging("102")),
        (20.0, Exhausted(Outcome.NO_ANSWER)),
    ]


def test_a_late_alarm_does_not_move_the_times_that_follow() -> None:
    hunt = Hunt(ring(Strategy.IN_TURN, ("101", 0, 15), ("102", 0, 10)), START)
    hunt.start(START)
    hunt.expire(START + 15.4)
    assert hunt.deadline == START + 25


def test_one_who_rang_and_did_not_answer_weighs_more_than_busy() -> None:
    step = ring(Strategy.ALL_AT_ONCE, ("101", 0, 10), ("102", 0, 40))
    assert run(step, {1.0: ("102", Outcome.BUSY)})[-1] == (10.0, Exhausted(Outcome.NO_ANSWER))


def test_busy_weighs_more_than_refused_and_refused_more_than_not_registered() -> None:
    step = ring(Strategy.ALL_AT_ONCE, ("101", 0, 40), ("102", 0, 40))
    busy = {1.0: ("101", Outcome.REFUSED), 2.0: ("102", Outcome.BUSY)}
    refused = {1.0: ("101", Outcome.REFUSED), 2.0: ("102", Outcome.NOT_REGISTERED)}
    assert run(step, busy)[-1] == (2.0, Exhausted(Outcome.BUSY))
    assert run(step, refused)[-1] == (2.0, Exhausted(Outcome.REFUSED))


def test_those_who_are_left_out_have_their_say() -> None:
    step = ring(Strategy.ALL_AT_ONCE, ("101", 0, 40), left_out={"102": Outcome.BUSY})
    assert run(step, {1.0: ("101", Outcome.REFUSED)})[-1] == (1.0, Exhausted(Outcome.BUSY))


def test_whoever_does_not_ring_cannot_refuse() -> None:
    hunt = Hunt(ring(Strategy.IN_TURN, ("101", 0, 15), ("102", 0, 10)), START)
    hunt.start(START)
    assert hunt.refused("102", Outcome.BUSY, START + 1) == []
    assert hunt.refused("999", Outcome.BUSY, START + 1) == []
    assert hunt.ringing == ("101",)


def test_a_hunt_for_nobody_is_over_when_it_starts() -> None:
    assert run(ring(Strategy.IN_TURN)) == [(0.0, Exhausted(Outcome.NOT_REGISTERED))]
