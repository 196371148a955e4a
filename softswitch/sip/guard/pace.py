"""How many calls may begin: of one extension, and in all."""

from softswitch.sip.guard.allowance import Allowance
from softswitch.sip.settings import PaceSettings

_ALL = ""
"""The key of everybody together; no extension is called so."""


class Pace:
    """Keeps one telephone that calls without end from taking the turns of the others."""

    __slots__ = ("_in_all", "_of_extension")

    def __init__(self, settings: PaceSettings) -> None:
        burst = settings.seconds
        self._in_all = Allowance(settings.in_all, settings.in_all * burst)
        self._of_extension = Allowance(settings.of_extension, settings.of_extension * burst)

    def hold_up(self, extension: str, now: float) -> int:
        """Count a call of `extension`. Return 0, or after how many seconds it is to try again.

        A call that is held up by its own pace takes no turn of the others.
        """
        if not self._of_extension.take(extension, now):
            return self._of_extension.wait(extension, now)
        return 0 if self._in_all.take(_ALL, now) else self._in_all.wait(_ALL, now)
