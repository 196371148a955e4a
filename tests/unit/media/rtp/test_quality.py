"""The E-model against the figures of ITU-T G.107 and its tutorial."""

import numpy as np
import pytest

from media.rtp.quality import IMPAIRMENTS, UNKNOWN, Values, burst_ratio, mos, r_factor

G711 = IMPAIRMENTS["PCMA"]


def values(*numbers: float) -> Values:
    return np.array(numbers, np.float64)


def rated(
    loss: float = 0.0, ratio: float = 1.0, delay: float = float("nan"), codec: str = "PCMU"
) -> float:
    ie, bpl = IMPAIRMENTS.get(codec, UNKNOWN)
    return float(r_factor(values(loss), values(ratio), values(delay), values(ie), values(bpl))[0])


def test_the_defaults_give_what_the_recommendation_says() -> None:
    assert rated() == pytest.approx(93.2, abs=0.05)
    assert mos(values(rated()))[0] == pytest.approx(4.41, abs=0.005)


@pytest.mark.parametrize(
    ("r", "score"),
    [(-10, 1.0), (0, 1.0), (50, 2.58), (60, 3.10), (70, 3.60), (80, 4.03), (90, 4.34), (110, 4.5)],
)
def test_scores_follow_annex_b(r: float, score: float) -> None:
    assert mos(values(r))[0] == pytest.approx(score, abs=0.01)


def test_loss_costs_as_the_robustness_of_the_codec_has_it() -> None:
    assert rated() - rated(loss=5.0) == pytest.approx(95 * 5 / (5 + G711.bpl), abs=1e-6)


def test_loss_in_bursts_costs_more_than_the_same_apart() -> None:
    assert rated(loss=5.0, ratio=3.0) < rated(loss=5.0) - 1.0


@pytest.mark.parametrize(("delay", "cost"), [(0, 0.0), (100, 2.5), (150, 3.7), (400, 31.0)])
def test_delay_costs_little_before_150_ms_and_much_after(delay: float, cost: float) -> None:
    assert rated() - rated(delay=delay) == pytest.approx(cost, abs=0.5)


def test_what_is_not_measured_is_not_scored() -> None:
    assert np.isnan(rated(codec="opus"))
    assert np.isnan(rated(loss=float("nan")))
    assert np.isnan(mos(values(rated(codec="opus"))))[0]


def test_the_burst_ratio_is_one_for_loss_by_chance() -> None:
    random = np.random.default_rng(1).random(200_000) < 0.1
    runs = int(np.count_nonzero(random[1:] & ~random[:-1])) + int(random[0])
    lost = int(random.sum())
    assert burst_ratio(values(10.0), values(float(runs)), values(lost))[0] == pytest.approx(
        1.0, abs=0.02
    )
    assert burst_ratio(values(10.0), values(lost / 4), values(lost))[0] == pytest.approx(3.6)
