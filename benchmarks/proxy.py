"""Calls through the stateful proxy: INVITE, 100, 180, 200, ACK, BYE, 200, end to end."""

from benchmarks.call import Calls
from benchmarks.pair import Pair


class Proxied(Calls):
    """A Workload. Media passes by the switch, as it always does where it is a proxy."""

    is_challenged = False

    def __init__(self, server: tuple[str, int], load: int, *, direct: bool) -> None:
        super().__init__(server, load, direct=True)

    def _connected(self, pair: Pair) -> None:
        if pair.called_id != pair.call_id:
            self._outcome.fail("a call was taken, and not passed on")
        super()._connected(pair)
