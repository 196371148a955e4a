"""Bans, so that a restart does not invite those back who guess passwords."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from sqlalchemy import Column, Engine, Float, Integer, String, Table, select

from softswitch.sip.guard import Ban, BanBegan, BanLifted
from softswitch.storage.database import METADATA
from softswitch.storage.rows import Row, delete_rows, replace_rows
from softswitch.storage.writer import Outbox, Writer

BANS = Table(
    "bans",
    METADATA,
    Column("address", String, primary_key=True),
    Column("since", Float, nullable=False, comment="seconds since 1970"),
    Column("until", Float, nullable=False, comment="seconds since 1970"),
    Column("times", Integer, nullable=False),
    Column("user", String, nullable=False),
)

BanChange: TypeAlias = BanBegan | BanLifted


class StoredBans:
    """The bans table, written behind.

    epoch  wall-clock seconds at monotonic zero
    """

    def __init__(self, engine: Engine, writer: Writer, epoch: float) -> None:
        self._engine = engine
        self._epoch = epoch
        self._changes: Outbox[BanChange] = writer.outbox("bans", self._write)

    def put(self, change: BanChange) -> None:
        self._changes.put(change)

    def restore(self, now: float) -> list[Ban]:
        """Return the bans that have not ended at `now` (monotonic), the one that began first
        first, and forget the others."""
        stands = BANS.c.until > self._epoch + now
        with self._engine.begin() as connection:
            connection.execute(BANS.delete().where(~stands))
            rows = connection.execute(select(BANS).order_by(BANS.c.since)).all()
        return [self._ban(row) for row in rows]

    def _ban(self, row: Sequence[str | int | float]) -> Ban:
        match row:
            case (str(address), float(since), float(until), int(times), str(user)):
                return Ban(address, since - self._epoch, until - self._epoch, times, user)
        raise ValueError(f"not a row of bans: {row!r}")

    def _write(self, changes: Iterable[BanChange]) -> None:
        begun: dict[str, Row] = {}
        lifted: dict[str, None] = {}
        for change in changes:  # only the last change of an address counts
            match change:
                case BanBegan(ban):
                    begun[ban.address] = (
                        ban.address,
                        ban.since + self._epoch,
                        ban.until + self._epoch,
                        ban.times,
                        ban.user,
                    )
                    lifted.pop(ban.address, None)
                case BanLifted(address):
                    begun.pop(address, None)
                    lifted[address] = None
        with self._engine.begin() as connection:
            delete_rows(connection, (BANS.c.address,), [(address,) for address in lifted])
            replace_rows(connection, BANS, list(begun.values()))
