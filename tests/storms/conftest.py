"""`pytest tests/storms --seed 42` lets one storm blow again, `--seeds 5000 200` new ones."""

import pytest

FEW = 60
ONCE_WRONG = (20425, 30224, 30295, 30447, 30993, 31837, 32860, 32897, 50132)
"""Storms that have found something beyond the thousand that always blow."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="the one storm that is to blow")
    parser.addoption(
        "--seeds",
        type=int,
        nargs=2,
        metavar=("FROM", "COUNT"),
        default=None,
        help="the storms that are to blow in the place of the usual ones",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", _seeds(metafunc.config))


def _seeds(config: pytest.Config) -> list[int]:
    one = config.getoption("--seed", default=None)
    if one is not None:
        return [one]
    several = config.getoption("--seeds", default=None)
    if several is not None:
        first, count = several
        return list(range(first, first + count))
    return [*range(FEW), *ONCE_WRONG]
