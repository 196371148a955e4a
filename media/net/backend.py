"""What the engine wants of the network, whichever way it is reached."""

from typing import Protocol

from media.net.batch import Batch


class Backend(Protocol):
    """Moves batches. A port pair is known by its row: even port RTP, the next one RTCP."""

    def bind(self, row: int, port: int) -> None:
        """Bind `port` and `port + 1`. Raises OSError and then leaves neither bound."""

    def unbind(self, row: int) -> None:
        """Give both ports of a row back to the system."""

    def release(self, row: int) -> tuple[int, ...]:
        """Give both sockets of a row away, as descriptors, with what waits in them."""

    def adopt(self, row: int, port: int, descriptors: tuple[int, ...]) -> None:
        """Take sockets that another backend has released, for a row that has none."""

    def refuse(self, descriptors: tuple[int, ...]) -> None:
        """Close sockets that another backend has released."""

    def wait(self, timeout: float | None) -> Batch:
        """Return what has arrived, after at most `timeout` seconds (None: any time) without
        anything. The batch is valid until the next call."""

    def send(self, batch: Batch) -> None:
        """Send each packet. What cannot be sent at once is dropped and counted."""

    def close(self) -> None:
        """Give everything back."""


class SocketBackend(Backend, Protocol):
    """One on real sockets, which can be waited on beside other descriptors.

    name    how it is called in settings and in what is shown
    unsent  packets that the system refused to take
    """

    @property
    def name(self) -> str: ...

    unsent: int

    def fileno(self) -> int:
        """Return a descriptor that is readable when something has arrived."""

    def wake(self) -> None:
        """End a wait. May be called on any thread."""

    def watch(self, descriptor: int) -> None:
        """End a wait too when `descriptor` is readable; `ready` then names it."""

    def ready(self) -> list[int]:
        """Return the watched descriptors that ended the last wait."""
