"""Which legs a lost connection takes along."""

from softswitch.sip.flow import Flow
from softswitch.sip.leg import Leg, State


class LegIndex:
    """Tags of the legs of each connection. UDP has none that could be lost.

    Ask a leg for its `filed_under` before: nearly always it is still there.
    """

    __slots__ = ("_tags",)

    def __init__(self) -> None:
        self._tags: dict[Flow, dict[str, None]] = {}

    def of_flow(self, flow: Flow) -> list[str]:
        return list(self._tags.get(flow, ()))

    def file(self, leg: Leg) -> None:
        """Take note of where a leg is now."""
        before, flow = leg.filed_under, None if leg.state is State.TERMINATED else leg.flow
        if flow == before:
            return
        leg.filed_under = flow
        if before is not None and before.reliable:
            tags = self._tags[before]
            tags.pop(leg.local_tag, None)
            if not tags:
                del self._tags[before]
        if flow is not None and flow.reliable:
            self._tags.setdefault(flow, {})[leg.local_tag] = None

    def __len__(self) -> int:
        """How many connections carry legs."""
        return len(self._tags)
