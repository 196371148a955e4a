"""On which event loops the tests run."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
ASYNCIO: dict[str, LoopFactory] = {"asyncio": asyncio.new_event_loop}
BOTH = ASYNCIO | {"uvloop": uvloop.new_event_loop}


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, LoopFactory]:
    """Return both loops for what the switch does on its own, and asyncio's for other programs."""
    return BOTH if item.path.name.startswith("test_transport_") else ASYNCIO
