"""Keeps watch over a running switch: who is banned, and whether it is overloaded."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeAlias

from softswitch.daemon.control import BanInForce, Unban
from softswitch.daemon.logs import Log
from softswitch.daemon.ration import Ration
from softswitch.daemon.switch import Switch
from softswitch.sip.denied import Denied
from softswitch.sip.guard import Ban, BanBegan, BanLifted
from softswitch.sip.guard.hosts import door, neighbourhood
from softswitch.storage.bans import StoredBans

Drive: TypeAlias = Callable[[Callable[[str, float], Iterable[object]], str], object]


class Warden:
    """Writes down what the guard of the switch decides, and lets an operator see and change it."""

    def __init__(
        self,
        switch: Switch,
        bans: StoredBans,
        log: Log,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = switch.endpoint
        self._switch = switch
        self._stored = bans
        self._log = log
        self._clock = clock
        self._denied_lines = Ration()
        self._banned_lines = Ration()
        self.denials: Counter[str] = Counter()
        """Requests that were turned away, by status and reason."""

    def restore(self, now: float) -> int:
        """Take up the bans of the last run, and return how many. Raises DBAPIError, ValueError."""
        bans = self._stored.restore(now)
        self._endpoint.bans.restore(bans)
        return len(bans)

    # What the switch decides

    def banned(self, began: BanBegan) -> None:
        ban = began.ban
        self._stored.put(began)
        if self._banned_lines.allows(ban.address, self._clock()):
            self._log.warning(
                "banned",
                address=ban.address,
                user=ban.user,
                times=ban.times,
                seconds=round(ban.until - ban.since),
                untold=self._banned_lines.untold(),
            )

    def denied(self, denied: Denied) -> None:
        """Count who was turned away, and tell it: a few lines of each host, and of all together."""
        flow = denied.flow
        self.denials[f"{denied.status} {denied.reason}"] += 1
        if self._denied_lines.allows(neighbourhood(flow.remote[0]), self._clock()):
            self._log.warning(
                "denied",
                method=denied.method,
                extension=denied.user,
                address=door(flow),
                transport=flow.transport,
                status=denied.status,
                reason=denied.reason,
                untold=self._denied_lines.untold(),
            )

    def unbanned(self, lifted: BanLifted) -> None:
        self._stored.put(lifted)
        self._log.warning("unbanned", address=lifted.address)

    def note_lag(self, lag: float, backlog: float) -> None:
        """Take how late the process is, and how full its fullest queue."""
        overload = self._endpoint.overload
        was_on = overload.is_on
        overload.note(lag, backlog, self._clock())
        if overload.is_on and not was_on:
            self._log.error("overloaded", lag=round(lag, 3), backlog=round(backlog, 2))
        elif was_on and not overload.is_on:
            discards = self._switch.discards
            self._log.warning(
                "overload-over",
                refused=discards["overloaded"],
                strangers=discards["stranger-in-overload"],
            )

    # What an operator wants

    def bans(self) -> list[BanInForce]:
        now = self._clock()
        return [_in_force(ban, now) for ban in self._endpoint.bans.standing(now)]

    def unban(self, order: Unban, drive: Drive) -> list[BanInForce]:
        """End the bans of an address, and return them.

        drive  gives the switch an input, and carries out what it asks for
        """
        before = self.bans()
        drive(self._switch.unban, order.address)
        kept = {ban.address for ban in self.bans()}
        return [ban for ban in before if ban.address not in kept]

    @property
    def overloaded_for(self) -> float | None:
        """Seconds for which new calls have been refused."""
        since = self._endpoint.overload.since
        return None if since is None else round(self._clock() - since, 1)

    @property
    def lag(self) -> float:
        return round(self._endpoint.overload.lag, 4)


def _in_force(ban: Ban, now: float) -> BanInForce:
    return BanInForce(
        ban.address, round(now - ban.since, 1), round(ban.until - now, 1), ban.times, ban.user
    )
