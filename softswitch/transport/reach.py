"""Connections by where they lead: opened once, used again (RFC 5923)."""

import asyncio
from collections.abc import Callable
from ipaddress import ip_address

from softswitch.sip.flow import Flow
from softswitch.transport.connection import Connection, Owner
from softswitch.transport.stream_sockets import local_end

Destination = tuple[tuple[str, int], str]
"""An address, and whom the certificate there has to be for."""


class Reach:
    """The connections of one listener that messages can be sent by without knowing a number.

    make      returns a connection that is to be opened for a flow
    is_safe   whether a connection that the peer has made may carry what is meant for a flow: who
              comes from an address need not be whom we would have reached there
    failed    is told of a flow whose connection cannot be opened
    """

    def __init__(
        self,
        owner: Owner,
        make: Callable[[Flow], Connection],
        is_safe: Callable[[Connection, Flow], bool],
        failed: Callable[[Flow], None],
    ) -> None:
        self._owner = owner
        self._make = make
        self._is_safe = is_safe
        self._failed = failed
        self._opened: dict[Destination, Connection] = {}
        self._made: dict[tuple[str, int], Connection] = {}
        self._aliased: dict[tuple[str, int], Connection] = {}
        self._alias_of: dict[Connection, tuple[str, int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """How many connections we have opened, or are opening."""
        return len(self._opened)

    def find(self, flow: Flow) -> Connection | None:
        """Return the connection that leads to `flow`, if there is one."""
        connection = self._opened.get((flow.remote, flow.name))
        if connection is not None:
            return connection
        connection = self._made.get(flow.remote)
        if connection is not None:
            return connection if self._is_safe(connection, flow) else None
        connection = self._aliased.get(flow.remote)
        if connection is None:
            return None
        name = (
            flow.name or flow.remote[0]
        )  # as if we opened one: not everybody's certificate will do
        return connection if self._is_safe(connection, flow._replace(name=name)) else None

    def enter(self, connection: Connection, remote: tuple[str, int]) -> None:
        """Take in a connection that a peer has made."""
        self._made[remote] = connection

    def enter_alias(self, connection: Connection, remote: tuple[str, int]) -> None:
        """Let a connection that a peer has made stand for one of ours to `remote`; each has one
        alias, and the latest connection counts."""
        before = self._alias_of.get(connection)
        if before != remote:
            self._leave_alias(connection)
            self._alias_of[connection] = remote
        self._aliased[remote] = connection

    def leave(self, connection: Connection) -> None:
        """Forget a connection, if it has not been forgotten."""
        opened, flow = connection.opened, connection.flow
        if opened is not None and self._opened.get((opened.remote, opened.name)) is connection:
            del self._opened[opened.remote, opened.name]
        if flow is not None and self._made.get(flow.remote) is connection:
            del self._made[flow.remote]
        self._leave_alias(connection)

    def open(self, flow: Flow) -> Connection:
        """Return a connection that will lead to `flow`, or be reported as failed."""
        connection = self._opened[flow.remote, flow.name] = self._make(flow)
        task = self._owner.loop.create_task(self._connect(connection, flow))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return connection

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for connection in list(self._opened.values()):
            connection.close()

    def _leave_alias(self, connection: Connection) -> None:
        remote = self._alias_of.pop(connection, None)
        if remote is not None and self._aliased.get(remote) is connection:
            del self._aliased[remote]

    async def _connect(self, connection: Connection, flow: Flow) -> None:
        loop, limit = self._owner.loop, self._owner.limits.connect
        host, port = flow.remote
        try:
            ip_address(host.partition("%")[0])  # names are not looked up here
            async with asyncio.timeout(limit):
                # The loop makes the socket: uvloop loses one of ours that is closed at once.
                await loop.create_connection(
                    lambda: connection, host, port, local_addr=local_end(flow)
                )
        except (OSError, ValueError) as error:
            late = isinstance(error, TimeoutError)
            self._owner.drop("connect-timeout" if late else "cannot-connect")
            self.leave(connection)
            self._failed(flow)
