"""`pytest tests/storms --seed 42` lets one storm blow again."""

import pytest

FEW = 60


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="the one storm that is to blow")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--seed", default=None)
        metafunc.parametrize("seed", range(FEW) if chosen is None else [chosen])
