import asyncio
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from softswitch.daemon.commands.bans import as_json, bans, show, unban
from softswitch.daemon.commands.running import Unanswered
from softswitch.daemon.control import BanInForce, BansWanted, ControlServer, Unban

BAN = BanInForce("192.0.2.7:5060", 61.0, 3600.0, 2, "10\x1b1[red]")


def shown(found: list[BanInForce]) -> str:
    stream = io.StringIO()
    show(found, Console(file=stream, width=100))
    return stream.getvalue()


def test_people_see_who_is_banned_since_when_and_how_often() -> None:
    text = shown([BAN])
    for words in ("192.0.2.7:5060", "0:01:01", "1:00:00", " 2 ", "10?1[red]"):
        assert words in text
    assert "\x1b" not in text


def test_people_see_that_nobody_is() -> None:
    assert shown([]) == "nobody is banned\n"


def test_programs_get_all_of_it() -> None:
    assert json.loads(as_json([BAN]))[0]["ends_in"] == 3600.0


async def test_bans_are_asked_for_and_lifted(tmp_path: Path) -> None:
    server = ControlServer(
        tmp_path,
        {BansWanted: lambda _: [BAN], Unban: lambda order: [BAN] * (order.address == "192.0.2.7")},
    )
    await server.start()
    assert await asyncio.to_thread(bans, None, tmp_path) == [BAN]
    assert await asyncio.to_thread(unban, " 192.0.2.7 ", None, tmp_path) == ["192.0.2.7:5060"]
    assert await asyncio.to_thread(unban, "192.0.2.8", None, tmp_path) == []
    await server.close()


def test_nobody_to_ask_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unanswered):
        bans(None, tmp_path)
    with pytest.raises(Unanswered):
        unban("192.0.2.7", tmp_path / "none.yaml", None)
