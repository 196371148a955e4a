"""How many calls may begin, of one extension and in all, and what else an extension may ask."""

from softswitch.sip.guard.allowance import Allowance
from softswitch.sip.settings import PaceSettings

_BURST = 10
"""Seconds' worth of other requests that an extension may make at once."""

_ALL = ""
"""The key of everybody together; no extension is called so."""


class Pace:
    """Keeps one telephone that calls without end from taking the turns of the others."""

    __slots__ = ("_in_all", "_of_extension", "_requests")

    def __init__(self, settings: PaceSettings) -> None:
        burst = settings.seconds
        self._in_all = Allowance(settings.in_all, settings.in_all * burst)
        self._of_extension = Allowance(settings.of_extension, settings.of_extension * burst)
        requests = settings.requests_of_extension
        self._requests = Allowance(requests, requests * _BURST)

    def hold_up(self, extension: str, now: float) -> int:
        """Count a call of `extension`. Return 0, or after how many seconds it is to try again.

        A call that is held up by its own pace takes no turn of the others.
        """
        if not self._of_extension.take(extension, now):
            return self._of_extension.wait(extension, now)
        return 0 if self._in_all.take(_ALL, now) else self._in_all.wait(_ALL, now)

    def slow_down(self, extension: str, now: float) -> int:
        """Count a request of `extension` that is no call. Return what `hold_up` does."""
        if self._requests.take(extension, now):
            return 0
        return self._requests.wait(extension, now)
