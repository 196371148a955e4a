"""Keeps watch over a running switch: who is banned, and whether it is overloaded."""

import time

from softswitch.daemon.control import BanInForce, Unban
from softswitch.daemon.logs import Log
from softswitch.daemon.switch import Switch
from softswitch.sip.guard import Ban, BanBegan, BanLifted
from softswitch.storage.bans import StoredBans
from softswitch.transport.driver import Driver


class Warden:
    """Writes down what the guard of the switch decides, and lets an operator see and change it."""

    def __init__(self, switch: Switch, bans: StoredBans, log: Log) -> None:
        self._endpoint = switch.endpoint
        self._switch = switch
        self._stored = bans
        self._log = log

    def restore(self, now: float) -> int:
        """Take up the bans of the last run, and return how many. Raises DBAPIError, ValueError."""
        bans = self._stored.restore(now)
        self._endpoint.bans.restore(bans)
        return len(bans)

    # What the switch decides

    def banned(self, began: BanBegan) -> None:
        ban = began.ban
        self._stored.put(began)
        self._log.warning(
            "banned",
            address=ban.address,
            user=ban.user,
            times=ban.times,
            seconds=round(ban.until - ban.since),
        )

    def unbanned(self, lifted: BanLifted) -> None:
        self._stored.put(lifted)
        self._log.warning("unbanned", address=lifted.address)

    def note_lag(self, lag: float, backlog: float) -> None:
        """Take how late the process is, and how full its fullest queue."""
        overload = self._endpoint.overload
        was_on = overload.is_on
        overload.note(lag, backlog, time.monotonic())
        if overload.is_on and not was_on:
            self._log.error("overloaded", lag=round(lag, 3), backlog=round(backlog, 2))
        elif was_on and not overload.is_on:
            self._log.warning("overload-over", refused=self._switch.discards["overloaded"])

    # What an operator wants

    def bans(self) -> list[BanInForce]:
        now = time.monotonic()
        return [_in_force(ban, now) for ban in self._endpoint.bans.standing(now)]

    def unban(self, order: Unban, driver: Driver) -> list[BanInForce]:
        """End the bans of an address, and return them."""
        before = self.bans()
        driver.drive(self._switch.unban, order.address)
        driver.settle()
        kept = {ban.address for ban in self.bans()}
        return [ban for ban in before if ban.address not in kept]

    @property
    def overloaded_for(self) -> float | None:
        """Seconds for which new calls have been refused."""
        since = self._endpoint.overload.since
        return None if since is None else round(time.monotonic() - since, 1)

    @property
    def lag(self) -> float:
        return round(self._endpoint.overload.lag, 4)


def _in_force(ban: Ban, now: float) -> BanInForce:
    return BanInForce(
        ban.address, round(now - ban.since, 1), round(ban.until - now, 1), ban.times, ban.user
    )
