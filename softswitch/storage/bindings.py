"""Registrations, so that phones need not register anew after a restart."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from sqlalchemy import Column, Engine, Float, Integer, String, Table, select

from softswitch.sip.binding import Binding, BindingChange, BindingRemoved, BindingSaved
from softswitch.sip.flow import Flow
from softswitch.storage.database import METADATA
from softswitch.storage.rows import Row, delete_rows, replace_rows
from softswitch.storage.writer import Outbox, Writer

BINDINGS = Table(
    "bindings",
    METADATA,
    Column("extension", String, primary_key=True),
    Column("contact", String, primary_key=True),
    Column("transport", String, nullable=False),
    Column("local_host", String, nullable=False),
    Column("local_port", Integer, nullable=False),
    Column("remote_host", String, nullable=False),
    Column("remote_port", Integer, nullable=False),
    Column("connection", Integer, nullable=False),
    Column("expires_at", Float, nullable=False, comment="seconds since 1970"),
    Column("q", Float, nullable=False),
    Column("call_id", String, nullable=False),
    Column("cseq", Integer, nullable=False),
    Column("user_agent", String, nullable=False),
)

_KEY = (BINDINGS.c.extension, BINDINGS.c.contact)

Key: TypeAlias = tuple[str, str]


class StoredBindings:
    """The bindings table, written behind.

    epoch  wall-clock seconds at monotonic zero: the machines count from a boot that is forgotten
    """

    def __init__(self, engine: Engine, writer: Writer, epoch: float) -> None:
        self._engine = engine
        self._epoch = epoch
        self._changes: Outbox[BindingChange] = writer.outbox("bindings", self._write)

    def put(self, change: BindingChange) -> None:
        self._changes.put(change)

    def restore(self, now: float) -> list[Binding]:
        """Return the bindings that have not expired at `now` (monotonic), and forget the others."""
        alive = BINDINGS.c.expires_at > self._epoch + now
        with self._engine.begin() as connection:
            connection.execute(BINDINGS.delete().where(~alive))
            rows = connection.execute(select(BINDINGS)).all()
        return [self._binding(row) for row in rows]

    def _binding(self, row: Sequence[str | int | float]) -> Binding:
        match row:
            case (
                str(extension),
                str(contact),
                str(transport),
                str(local_host),
                int(local_port),
                str(remote_host),
                int(remote_port),
                int(connection),
                float(expires_at),
                float(q),
                str(call_id),
                int(cseq),
                str(user_agent),
            ):
                local, remote = (local_host, local_port), (remote_host, remote_port)
                return Binding(
                    extension=extension,
                    contact=contact,
                    flow=Flow(transport, local, remote, connection),
                    expires_at=expires_at - self._epoch,
                    q=q,
                    call_id=call_id,
                    cseq=cseq,
                    user_agent=user_agent,
                )
        raise ValueError(f"not a row of bindings: {row!r}")

    def _write(self, changes: Iterable[BindingChange]) -> None:
        saved: dict[Key, Row] = {}
        removed: dict[Key, None] = {}
        for change in changes:  # only the last change of a contact counts
            match change:
                case BindingSaved(binding):
                    key = binding.extension, binding.contact
                    saved[key] = self._row(binding)
                    removed.pop(key, None)
                case BindingRemoved(extension, contact):
                    saved.pop((extension, contact), None)
                    removed[extension, contact] = None
        with self._engine.begin() as connection:
            delete_rows(connection, _KEY, list(removed))
            replace_rows(connection, BINDINGS, list(saved.values()))

    def _row(self, binding: Binding) -> Row:
        flow = binding.flow
        return (
            binding.extension,
            binding.contact,
            flow.transport,
            *flow.local,
            *flow.remote,
            flow.connection,
            binding.expires_at + self._epoch,
            binding.q,
            binding.call_id,
            binding.cseq,
            binding.user_agent,
        )
