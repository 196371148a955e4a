"""Which legs a lost connection takes along."""

from softswitch.sip.flow import Flow
from softswitch.sip.leg import Leg, State


class LegIndex:
    """Tags of the legs of each connection. UDP has none that could be lost."""

    __slots__ = ("_tags",)

    def __init__(self) -> None:
        self._tags: dict[Flow, dict[str, None]] = {}

    def of_flow(self, flow: Flow) -> list[str]:
        return list(self._tags.get(flow, ()))

    def file(self, leg: Leg) -> None:
        """Take note of where a leg is now."""
        flow = None if leg.state is State.TERMINATED else leg.flow
        if flow is not None and not flow.reliable:
            flow = None
        if flow == leg.filed_under:
            return
        if leg.filed_under is not None:
            tags = self._tags[leg.filed_under]
            tags.pop(leg.local_tag, None)
            if not tags:
                del self._tags[leg.filed_under]
        if flow is not None:
            self._tags.setdefault(flow, {})[leg.local_tag] = None
        leg.filed_under = flow

    def __len__(self) -> int:
        """How many connections carry legs."""
        return len(self._tags)
