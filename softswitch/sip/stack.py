"""What all legs work with."""

from typing import Protocol

from softswitch.identifiers import Identifiers
from softswitch.sip.dialog import Dialog
from softswitch.sip.ended_legs import EndedLegs
from softswitch.sip.flow import Flow
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Header, Ready, Request
from softswitch.sip.methods import ALLOW, SUPPORTED
from softswitch.sip.outbound import Departures
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.strays import Strays
from softswitch.sip.transaction import TimerValues, TransactionLayer


class WithinCalls(Protocol):
    """Subscriptions that share the dialog of a call (RFC 3515).

    Both raise ParseError and Refusal.
    """

    def refer(
        self, leg: str, dialog: Dialog, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Take a REFER."""

    def resubscribe(
        self, dialog: Dialog, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Answer a SUBSCRIBE."""


class Stack:
    """The layers below the legs, and what every leg says of itself.

    departures  requests to where nobody has registered; it cancels others as well
    awaited     branch of an INVITE of ours without final response -> local tag of its leg
    server      our name in responses, as a header
    user_agent  the same in requests
    invites     what every INVITE of ours says of us
    ended       legs that are over, while a 2xx may still come again
    strays      how many second phones have answered
    subscriptions  what REFER begins; None where there is none
    """

    __slots__ = (
        "awaited",
        "departures",
        "ended",
        "identifiers",
        "invites",
        "layer",
        "listeners",
        "server",
        "session_interval",
        "strays",
        "subscriptions",
        "timers",
        "user_agent",
    )

    def __init__(
        self,
        layer: TransactionLayer,
        listeners: Listeners,
        identifiers: Identifiers,
        timers: TimerValues,
        agent: str,
        session_interval: int = 0,
    ) -> None:
        self.layer = layer
        self.departures = Departures(layer, listeners, identifiers, timers.timeout)
        self.listeners = listeners
        self.identifiers = identifiers
        self.timers = timers
        self.server = (Header.SERVER, agent)
        self.user_agent = (Header.USER_AGENT, agent)
        self.invites = Ready.of((ALLOW, SUPPORTED, self.user_agent))
        self.awaited: dict[str, str] = {}
        self.subscriptions: WithinCalls | None = None
        self.ended = EndedLegs(timers.timeout)
        self.strays = Strays(timers.timeout)
        self.session_interval = session_interval
        """Seconds that our session timers ask for; 0 to ask for none."""
