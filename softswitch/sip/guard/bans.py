"""Who guesses passwords, how often, and for how long he is not answered."""

from collections import OrderedDict

from msgspec import Struct

from softswitch.sip.flow import Flow
from softswitch.sip.guard.access import AddressList
from softswitch.sip.guard.hosts import door, neighbourhood
from softswitch.sip.settings import BanSettings

_MOST = 10_000
"""Addresses, and hosts, of which a count or a ban is kept; the oldest is forgotten first."""

_HOUR = 3600.0

LONGEST_USER = 40
"""Characters of a user name that are kept to be shown."""


class Ban(Struct, frozen=True, gc=False):
    """One address that is not answered; times are monotonic seconds."""

    address: str
    """A host and its port, or a host with all of them; of IPv6 its /64."""

    since: float
    until: float
    times: int
    """How often it was banned; each makes the next one twice as long."""

    user: str
    """In whose name the last password was guessed."""


class BanBegan(Struct, frozen=True, gc=False):
    """Somebody has guessed so many passwords that he is not answered for a while."""

    ban: Ban


class BanLifted(Struct, frozen=True, gc=False):
    """A ban was ended before its time."""

    address: str


class Tally:
    """Counts what happens in a window of time, by key.

    limit   that many make a key full
    within  seconds of a window
    """

    __slots__ = ("_limit", "_within", "counts")

    def __init__(self, limit: int, within: float) -> None:
        self._limit = limit
        self._within = within
        self.counts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        """Of each key the count, and when it is forgotten: to be looked at."""

    def fills(self, key: str, now: float) -> bool:
        """Count one more, and tell whether that made the key full; then it begins anew."""
        counts = self.counts
        count, until = counts.get(key, (0, now))
        if until <= now:
            count, until = 0, now + self._within
        count += 1
        if count >= self._limit:
            counts.pop(key, None)
            return True
        counts[key] = count, until
        counts.move_to_end(key)
        if len(counts) > _MOST:
            counts.popitem(last=False)
        return False

    def forget(self, key: str) -> None:
        self.counts.pop(key, None)

    def __len__(self) -> int:
        return len(self.counts)


class Bans:
    """Counts wrong passwords of each address and port, and of each host with all its ports.

    Nothing else counts: neither a first request, which has no password, nor one whose nonce is
    stale. A whole office may come from one address, so the limits of a host are to be large ones:
    one for who is fast, and one of an hour for who stays below it.
    """

    __slots__ = (
        "_bans",
        "_begun",
        "_doors",
        "_hosts",
        "_hours",
        "_never",
        "_settings",
        "last_until",
    )

    def __init__(self, settings: BanSettings) -> None:
        """Raises ValueError when `settings.never` holds what is no network."""
        self._settings = settings
        self._doors = Tally(settings.failures, settings.within)
        self._hosts = Tally(settings.failures_of_host, settings.within)
        self._hours = Tally(settings.failures_of_host_in_hour, _HOUR)
        self._bans: OrderedDict[str, Ban] = OrderedDict()
        # those that have ended too, for a while: the next one depends on them
        self.last_until = 0.0
        """When the last of them ends: nobody is banned then."""

        self._never = AddressList(deny=settings.never)
        self._begun: list[Ban] = []

    def note(self, flow: Flow, user: str, now: float) -> None:
        """Count a wrong password."""
        host = flow.remote[0]
        if not self._never.admits(host):
            return
        whole = neighbourhood(host)
        counted = (self._doors, door(flow)), (self._hosts, whole), (self._hours, whole)
        for tally, key in counted:
            if tally.fills(key, now):
                self._begin(key, user, now)

    def forgive(self, flow: Flow) -> None:
        """Take the right password for a sign that the earlier ones were mistyped.

        The host's are not forgiven: one phone's password would buy guesses of all others.
        """
        if self._doors.counts:
            self._doors.forget(door(flow))

    def hold(self, flow: Flow, now: float) -> bool:
        """Whether that flow is banned."""
        if now >= self.last_until:
            return False
        return self._is_standing(door(flow), now) or self._is_standing(
            neighbourhood(flow.remote[0]), now
        )

    def begun(self) -> list[Ban]:
        """Return the bans that have begun since this was last asked."""
        begun, self._begun = self._begun, []
        return begun

    def standing(self, now: float) -> list[Ban]:
        """Return every ban that has not ended, the one that began first first."""
        return [ban for ban in self._bans.values() if ban.until > now]

    def lift(self, address: str, now: float) -> list[Ban]:
        """End the bans of an address, and forget what was counted; of a host, all its ports'.

        Return those that stood.
        """
        lifted = [key for key in self._bans if self._is_of(key, address)]
        bans = [self._bans.pop(key) for key in lifted]
        for key in (*lifted, address, neighbourhood(address)):
            self._doors.forget(key)
            self._hosts.forget(key)
            self._hours.forget(key)
        self.last_until = max((ban.until for ban in self._bans.values()), default=0.0)
        return [ban for ban in bans if ban.until > now]

    def restore(self, bans: list[Ban]) -> None:
        """Take over the bans of before a restart."""
        for ban in bans:
            self._keep(ban)

    def _begin(self, address: str, user: str, now: float) -> None:
        if self._is_standing(address, now):
            return
        times = self._times(address, now) + 1
        settings = self._settings
        lasts = min(settings.longest, settings.first * 2.0 ** min(times - 1, 30))
        ban = Ban(address, now, now + lasts, times, user[:LONGEST_USER])
        self._keep(ban)
        self._begun.append(ban)

    def _keep(self, ban: Ban) -> None:
        self._bans[ban.address] = ban
        self._bans.move_to_end(ban.address)
        if len(self._bans) > _MOST:
            self._bans.popitem(last=False)
        self.last_until = max(self.last_until, ban.until)

    def _times(self, address: str, now: float) -> int:
        """Return how many bans still count; every so long of quiet takes one back."""
        ban = self._bans.get(address)
        if ban is None:
            return 0
        return max(0, ban.times - int((now - ban.until) / self._settings.decay))

    def _is_standing(self, address: str, now: float) -> bool:
        ban = self._bans.get(address)
        return ban is not None and ban.until > now

    @staticmethod
    def _is_of(key: str, address: str) -> bool:
        if key in (address, neighbourhood(address)):
            return True
        host, _, port = key.rpartition(":")
        return port.isdigit() and host.strip("[]") == address
