"""Whether the switch has more to do than it can, and should turn new work away."""

from softswitch.sip.settings import OverloadSettings


class Overload:
    """Told regularly how far behind the process is, it tells when new calls are to be refused.

    There is a gap between where it begins and where it ends, in height and in time, or it would
    come and go with every burst. Strangers go first: they are turned away at half of it.
    """

    __slots__ = ("_bad", "_busy", "_good_since", "_settings", "is_near", "is_on", "lag", "since")

    def __init__(self, settings: OverloadSettings) -> None:
        self._settings = settings
        self._bad = 0  # looks in a row that found too much
        self._busy = 0  # the same of half as much
        self._good_since: float | None = None
        self.is_near = False
        """Strangers are to be turned away."""

        self.is_on = False
        self.lag = 0.0
        """Seconds, at the last look."""

        self.since: float | None = None
        """When it began; None when it is not on."""

    def note(self, lag: float, backlog: float, now: float) -> None:
        """Take what a look has found.

        lag      seconds by which something was done later than it was due
        backlog  how full the fullest queue of what has arrived is, from 0 to 1
        """
        settings = self._settings
        self.lag = lag
        if not settings.lag:
            return
        if lag < settings.lag / 2 and backlog < settings.backlog / 2:
            self._relax(now)
            return
        self._good_since = None
        self._busy += 1
        is_long = lag * 2 >= settings.lag * settings.looks
        self.is_near = self.is_near or is_long or self._busy >= settings.looks
        if lag < settings.lag and backlog < settings.backlog:
            self._bad = 0
            return
        self._bad += 1
        if not self.is_on and (self._bad >= settings.looks or lag >= settings.lag * settings.looks):
            self.is_on, self.since = True, now

    def _relax(self, now: float) -> None:
        """There is little to do; end it when that has been so for a while."""
        self._bad = self._busy = 0
        if self._good_since is None:
            self._good_since = now
        if now - self._good_since >= self._settings.quiet:
            self.is_near = self.is_on = False
            self.since = None
