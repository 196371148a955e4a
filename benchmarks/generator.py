"""The generator's process: it works on the word of the process that measures."""

import multiprocessing
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from benchmarks.outcome import Outcome
from benchmarks.workload import Workload

STOP_WITHIN = 10.0


class Generator:
    """A workload in a process of its own. Use it as a context manager.

    address  where the switch listens
    load     and `direct`: as in Workload
    """

    def __init__(
        self, workload: type[Workload], address: tuple[str, int], load: int, *, direct: bool
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_generate, args=(theirs, workload, address, load, direct), daemon=True
        )
        self._theirs = theirs

    def __enter__(self) -> Self:
        self._process.start()
        self._theirs.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._process.join(STOP_WITHIN)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(STOP_WITHIN)

    def wait_ready(self, within: float) -> None:
        """Wait until it has done what does not count. Raises RuntimeError."""
        ready = self._take(within)
        if ready != "ready":
            raise RuntimeError(str(ready))

    def run(self, seconds: float, within: float) -> Outcome:
        """Let it work for `seconds`. Raises RuntimeError."""
        self._connection.send(seconds)
        outcome = self._take(within)
        if not isinstance(outcome, Outcome):
            raise RuntimeError(str(outcome))
        return outcome

    def _take(self, within: float) -> object:
        if not self._connection.poll(within):
            raise RuntimeError("the generator does not come to an end")
        try:
            return self._connection.recv()
        except EOFError:
            raise RuntimeError("the generator died") from None


def _generate(
    connection: Connection,
    workload: type[Workload],
    address: tuple[str, int],
    load: int,
    direct: bool,
) -> None:
    work = workload(address, load, direct=direct)
    try:
        try:
            work.prepare()
        except RuntimeError as error:
            connection.send(str(error))
            return
        connection.send("ready")
        connection.send(work.run(connection.recv()))
    except EOFError:
        pass  # the other side has given up
    finally:
        work.close()
