import asyncio
import time

from softswitch.daemon.pulse import LOOK_AGAIN, Pulse


async def test_a_loop_that_was_busy_is_found_late() -> None:
    looks: asyncio.Queue[tuple[float, float]] = asyncio.Queue()
    pulse = Pulse(
        asyncio.get_running_loop(), lambda lag, full: looks.put_nowait((lag, full)), lambda: 0.25
    )
    pulse.start()
    await asyncio.sleep(0)  # the loop is at work
    busy_until = time.monotonic() + 2 * LOOK_AGAIN
    while time.monotonic() < busy_until:
        """Others of the loop wait."""
    lag, full = await asyncio.wait_for(looks.get(), 5.0)
    assert lag >= 0.9 * LOOK_AGAIN
    assert full == 0.25
    await asyncio.wait_for(looks.get(), 5.0)  # it looks again
    pulse.stop()


async def test_a_pulse_that_was_stopped_looks_no_more() -> None:
    looks: list[float] = []
    loop = asyncio.get_running_loop()
    stopped = Pulse(loop, lambda lag, full: looks.append(lag), lambda: 0.0)
    stopped.start()
    stopped.stop()
    stopped.stop()
    other = asyncio.Event()
    going = Pulse(loop, lambda lag, full: other.set(), lambda: 0.0)
    going.start()
    await asyncio.wait_for(other.wait(), 5.0)
    going.stop()
    assert looks == []
