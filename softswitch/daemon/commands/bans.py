"""`softswitch bans` and `softswitch unban`: who is not answered, and who is again."""

from pathlib import Path

import msgspec
from rich.console import Console

from softswitch.daemon.commands.running import ask_running
from softswitch.daemon.commands.tables import print_table
from softswitch.daemon.commands.words import duration, plain
from softswitch.daemon.control import BanInForce, BansWanted, Unban


def bans(file: Path | None, state: Path | None) -> list[BanInForce]:
    """Return every ban in force. Raises Unanswered."""
    return ask_running(file, state, BansWanted(), list[BanInForce])


def unban(address: str, file: Path | None, state: Path | None) -> list[str]:
    """Lift the bans of an address, and return which those were. Raises Unanswered."""
    lifted = ask_running(file, state, Unban(address.strip()), list[BanInForce])
    return [ban.address for ban in lifted]


def as_json(found: list[BanInForce]) -> str:
    return msgspec.json.format(msgspec.json.encode(found)).decode()


def show(found: list[BanInForce], console: Console) -> None:
    """Print `found` for people."""
    if not found:
        console.print("nobody is banned")
        return
    rows = [
        (
            plain(ban.address),
            f"{duration(ban.since)} ago",
            duration(ban.ends_in),
            str(ban.times),
            plain(ban.user),
        )
        for ban in found
    ]
    print_table(console, ("address", "began", "ends in", "times", "last user"), rows)
