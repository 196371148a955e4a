"""Legs that end when their telephones have heard how a transfer went.

A telephone that is hung up on before takes the call for lost, and some show a transfer that failed.
"""

from collections.abc import Callable

from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.subscriptions.notices import Timers
from softswitch.sip.vocabulary import End

PARTING = "parting"
"""The kind of what is due here."""

PATIENCE = 2.0
"""Seconds in which the last report has to be answered."""

EndLeg = Callable[[End, float], list[EndpointOutput]]


class Partings:
    """Holds an End back while the last report about its leg is under way.

    end  ends a leg at once
    """

    __slots__ = ("_end", "_legs", "_reports", "_timers", "_waiting")

    def __init__(self, timers: Timers, end: EndLeg) -> None:
        self._timers = timers
        self._end = end
        self._reports: dict[str, str] = {}  # leg -> name of the subscription
        self._legs: dict[str, str] = {}  # and the other way round
        self._waiting: dict[str, End] = {}  # by leg

    def reported(self, leg: str, subscription: str) -> None:
        """Know of the last report about a leg, which goes by that subscription.

        Of two transfers the later one's counts: the first may not have been heard of yet.
        """
        before = self._reports.get(leg)
        if before is not None:
            del self._legs[before]
        self._reports[leg] = subscription
        self._legs[subscription] = leg

    def end(self, command: End, now: float) -> list[EndpointOutput]:
        """End a leg, at once or when its report has been heard."""
        if command.leg not in self._reports:
            return self._end(command, now)
        if command.leg not in self._waiting:
            self._waiting[command.leg] = command
            self._timers.file((PARTING, command.leg), now + PATIENCE)
        return []

    def heard(self, subscription: str, now: float) -> list[EndpointOutput]:
        """Take the end of a subscription, in whatever way."""
        leg = self._legs.get(subscription)
        return [] if leg is None else self.expire(leg, now)

    def expire(self, leg: str, now: float) -> list[EndpointOutput]:
        """Wait no longer."""
        del self._legs[self._reports.pop(leg)]
        command = self._waiting.pop(leg, None)
        if command is None:
            return []
        self._timers.file((PARTING, leg), None)
        return self._end(command, now)

    def counts(self) -> dict[str, int]:
        return {"last_reports": len(self._reports), "partings": len(self._waiting)}
