import numpy as np
import pytest

from media.rtp.bursts import GMIN, Bursts, Pattern


def lose(fates: str, rows: int = 1, row: int = 0) -> tuple[Bursts, int]:
    """Let packets come (.) or be lost (x); return the counters, and how many came."""
    bursts, came, missing = Bursts(rows), 0, 0
    for fate in fates:
        if fate == "x":
            missing += 1
            continue
        if missing:
            bursts.miss(np.array([row]), np.array([missing]), np.array([came]))
            missing = 0
        came += 1
    return bursts, came


def test_losses_apart_are_no_burst() -> None:
    bursts, came = lose("." * 20 + "x" + "." * 20 + "x" + "." * 20)
    assert bursts.pattern(0, came) == Pattern(0.0, 2 / 62, 0.0, 62.0)
    assert bursts.runs[0] == 2


def test_losses_near_each_other_are_one_burst_with_what_came_between() -> None:
    bursts, came = lose("." * 20 + "xx" + "." * 20 + "x" + "." * 20 + "x.x" + "." * 20)
    pattern = bursts.pattern(0, came)
    assert pattern.burst_density == pytest.approx(4 / 5)
    assert pattern.burst == pytest.approx(2.5)
    assert pattern.gap_density == pytest.approx(1 / 81)
    assert bursts.runs[0] == 4


def test_a_loss_at_the_beginning_is_in_no_burst_by_itself() -> None:
    bursts, came = lose("..x" + "." * 30)
    assert bursts.pattern(0, came).burst_density == 0.0


@pytest.mark.parametrize(("between", "density"), [(GMIN - 1, 2 / (GMIN + 1)), (GMIN, 0.0)])
def test_gmin_packets_part_two_bursts(between: int, density: float) -> None:
    bursts, came = lose("." * 30 + "x" + "." * between + "x" + "." * 30)
    assert bursts.pattern(0, came).burst_density == pytest.approx(density)


def test_rows_are_counted_apart_and_forgotten() -> None:
    bursts, came = lose("...xx...", rows=3, row=1)
    assert bursts.runs.tolist() == [0, 1, 0]
    assert bursts.pattern(1, came).burst == 2.0
    bursts.reset(1)
    assert bursts.pattern(1, 0) == Pattern(0.0, 0.0, 0.0, 0.0)
