"""Registrations, so that phones need not register anew after a restart."""

from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Column, Engine, Float, Integer, String, Table

from softswitch.sip.binding import Binding, BindingChange, BindingKey, BindingRemoved, BindingSaved
from softswitch.sip.flow import Flow
from softswitch.storage.database import METADATA
from softswitch.storage.rows import Row, delete_rows, replace_rows
from softswitch.storage.writer import Outbox, Writer

BINDINGS = Table(
    "bindings",
    METADATA,
    Column("extension", String, primary_key=True),
    Column("contact", String, primary_key=True),
    Column("outbound", String, primary_key=True),
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
    Column("path", String, nullable=False, comment="a value in each line"),
)

_KEY = (BINDINGS.c.extension, BINDINGS.c.contact, BINDINGS.c.outbound)

_EVERYTHING = f"SELECT {', '.join(column.name for column in BINDINGS.columns)} FROM {BINDINGS.name}"
_Stored: TypeAlias = tuple[
    str, str, str, str, str, int, str, int, int, float, float, str, int, str, str
]
"""A row, in the order of the columns."""


class StoredBindings:
    """The bindings table, written behind.

    epoch  wall-clock seconds at monotonic zero: the machines count from a boot that is forgotten
    """

    def __init__(self, engine: Engine, writer: Writer, epoch: float) -> None:
        self._engine = engine
        self._epoch = epoch
        changes: Outbox[BindingChange] = writer.outbox("bindings", self._write)
        self.put = changes.put
        """Takes what has become of a binding."""

    def restore(self, now: float) -> list[Binding]:
        """Return the bindings that have not expired at `now` (monotonic), and forget the others.
        Raises ValueError when a row is none of ours."""
        alive = BINDINGS.c.expires_at > self._epoch + now
        with self._engine.begin() as connection:
            connection.execute(BINDINGS.delete().where(~alive))
            # Past SQLAlchemy's rows: a start waits for this, and there may be 100,000.
            raw = connection.connection.cursor()
            raw.execute(_EVERYTHING)
            rows = raw.fetchall()
            raw.close()
        try:
            stored = msgspec.convert(rows, list[_Stored])
        except msgspec.ValidationError as error:
            raise ValueError(f"not a row of bindings: {error}") from error
        epoch = self._epoch
        seen: dict[object, Any] = {}
        one = seen.setdefault  # what many bindings have alike is kept once: it is a third of all
        return [
            Binding(
                one(extension, extension),
                contact,
                Flow(
                    one(transport, transport),
                    one((local_host, local_port), (local_host, local_port)),
                    (one(remote_host, remote_host), remote_port),
                    connection,
                ),
                expires_at - epoch,
                one(q, q),
                call_id,
                cseq,
                one(user_agent, user_agent),
                outbound,
                tuple(path.split("\n")) if path else (),
            )
            for (
                extension,
                contact,
                outbound,
                transport,
                local_host,
                local_port,
                remote_host,
                remote_port,
                connection,
                expires_at,
                q,
                call_id,
                cseq,
                user_agent,
                path,
            ) in stored
        ]

    def _write(self, changes: Iterable[BindingChange]) -> None:
        saved: dict[BindingKey, Row] = {}
        gone: dict[BindingKey, None] = {}
        for change in changes:  # only the last change of a binding counts
            match change:
                case BindingSaved(binding):
                    key = binding.key
                    saved[key] = self._row(binding)
                    gone.pop(key, None)
                case BindingRemoved():
                    saved.pop(change.key, None)
                    gone[change.key] = None
        with self._engine.begin() as connection:
            delete_rows(connection, _KEY, list(gone))
            replace_rows(connection, BINDINGS, list(saved.values()))

    def _row(self, binding: Binding) -> Row:
        flow = binding.flow
        return (
            binding.extension,
            binding.contact,
            binding.outbound,
            flow.transport,
            *flow.local,
            *flow.remote,
            flow.connection,
            binding.expires_at + self._epoch,
            binding.q,
            binding.call_id,
            binding.cseq,
            binding.user_agent,
            "\n".join(binding.path),
        )
