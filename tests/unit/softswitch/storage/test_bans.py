from sqlalchemy import Engine

from softswitch.sip.guard import Ban, BanBegan, BanLifted
from softswitch.storage.bans import StoredBans
from softswitch.storage.writer import Writer
from tests.unit.softswitch.storage.conftest import Finish

BAN = Ban("192.0.2.7:5060", 10.0, 3610.0, 3, "101")
OTHER = Ban("2001:db8::/64", 5.0, 65.0, 1, "\udcff")
YESTERDAY, TODAY = 1000.0, 3000.0
"""Wall clock at monotonic zero, of the process before and of this one."""


def test_a_ban_is_there_after_a_restart_with_its_time_left(
    engine: Engine, writer: Writer, finish: Finish
) -> None:
    StoredBans(engine, writer, YESTERDAY).put(BanBegan(BAN))
    assert finish() == 0
    [ban] = StoredBans(engine, writer, TODAY).restore(now=10.0)
    assert ban == Ban(BAN.address, -1990.0, 1610.0, 3, "101")


def test_what_has_ended_or_was_lifted_is_forgotten(
    engine: Engine, writer: Writer, finish: Finish
) -> None:
    bans = StoredBans(engine, writer, TODAY)
    again = Ban(OTHER.address, 70.0, 190.0, 2, "102")
    for change in (BanBegan(BAN), BanBegan(OTHER), BanLifted(BAN.address), BanBegan(again)):
        bans.put(change)
    assert finish() == 0
    assert bans.restore(now=189.0) == [again]
    assert bans.restore(now=190.0) == []
    assert bans.restore(now=0.0) == []


def test_a_ban_that_is_lifted_in_a_later_batch_is_gone(engine: Engine) -> None:
    writer = Writer(lambda slug, detail: None, limit=1)
    bans = StoredBans(engine, writer, TODAY)
    for change in (BanBegan(BAN), BanBegan(OTHER), BanLifted(BAN.address)):
        bans.put(change)
    writer.start()
    assert writer.close() == 0
    assert [(ban.address, ban.user) for ban in bans.restore(now=0.0)] == [(OTHER.address, "?")]
