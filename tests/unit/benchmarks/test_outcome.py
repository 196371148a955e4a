from benchmarks.outcome import COMPLAINTS, LATE_SHARE, Outcome


def test_every_failure_counts_and_each_reason_is_kept_once() -> None:
    outcome = Outcome()
    for _ in range(3):
        outcome.fail("refused with 503")
    assert (outcome.failures, outcome.complaints) == (3, ["refused with 503"])


def test_reasons_are_bounded() -> None:
    outcome = Outcome()
    for number in range(100):
        outcome.fail(f"reason {number}")
    assert (outcome.failures, len(outcome.complaints)) == (100, COMPLAINTS)


def test_a_generator_that_is_often_late_was_saturated() -> None:
    assert Outcome(late_share=2 * LATE_SHARE).is_saturated
    assert not Outcome(late_share=LATE_SHARE).is_saturated
