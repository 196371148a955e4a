"""One request on its way to somewhere else, from hop to hop (RFC 3263, section 4.3)."""

from collections import deque
from collections.abc import Callable
from math import inf

from softswitch.sip.flow import Flow
from softswitch.sip.locate import Hop, Location
from softswitch.sip.message import Request

Dress = Callable[[Flow], Request]
"""Returns the request as it leaves by a flow, each time a new one."""


class Journey:
    """What is known of one request.

    branch    what its sender knows it by: that of the first try
    mark      ends all branches
    source    host that it is passed on for; None for a request of our own
    location  of its way, until that is known; None from the beginning where there is none
    ends      when it is too late for another try
    """

    __slots__ = (
        "branch",
        "branches",
        "dress",
        "due",
        "ends",
        "hop",
        "hops",
        "is_heard",
        "is_invite",
        "is_over",
        "location",
        "mark",
        "source",
        "status",
        "tries",
        "trying",
    )

    def __init__(
        self,
        branch: str,
        mark: str,
        dress: Dress,
        source: Flow | None,
        location: Location | None,
        due: float,
    ) -> None:
        self.branch = branch
        self.mark = mark
        self.dress = dress
        self.source = source
        self.location = location
        self.hops: deque[Hop] = deque()
        """Those that are left."""

        self.hop: Hop | None = None
        """Where it is tried."""

        self.trying = ""
        """Branch of that try; empty while there is none."""

        self.branches: list[str] = [branch]
        """Of all tries."""

        self.tries = 0
        self.due = due
        """When something is to be done about it."""

        self.ends = inf
        self.status = 0
        """What it has come to before it could be sent."""

        self.is_invite = False
        self.is_heard = False
        """The hop has said something: so this is where it stays."""

        self.is_over = False
        """Nothing is to come but what other tries have brought about."""

    @property
    def may_go_on(self) -> bool:
        return bool(self.hops) and not self.is_heard and not self.is_over

    def skip(self, hop: Hop) -> None:
        """Do not try the same server by another transport."""
        place = hop.address, hop.port
        self.hops = deque(one for one in self.hops if (one.address, one.port) != place)
