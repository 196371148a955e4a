"""What is looked at before a message is read, so that a stranger's noise costs little."""

from msgspec import Struct

from softswitch.sip.flow import Flow
from softswitch.sip.guard.access import AddressList
from softswitch.sip.guard.allowance import Allowance
from softswitch.sip.guard.hosts import neighbourhood
from softswitch.sip.guard.scanners import Scanners
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Request, Uri
from softswitch.sip.methods import REGISTER
from softswitch.sip.settings import EndpointSettings

_TRUST = 7200.0
"""Seconds that a flow passes by the gate after its last right password."""

_MOST = 100_000
"""Flows that are trusted, in each of two generations. When the new one is full the old one is
forgotten, and passes the gate again: so no flow need know which came before it, and none that has
shown its password since goes."""

DENIED = "address-denied"
SCANNER = "scanner"
TOO_OFTEN = "stranger-too-often"
PHONE_TOO_OFTEN = "phone-too-often"


class Proven(Struct, gc=False):
    """A flow by which a right password has come; times are monotonic seconds."""

    until: float
    """When that counts no more."""

    full_at: float = 0.0
    """When it may say its whole burst again, as in Allowance."""


class Gate:
    """Lets by who has shown a right password not long ago, up to what a telephone may have to say,
    and looks at everybody else."""

    __slots__ = (
        "_ahead",
        "_gap",
        "_has_peers",
        "_lists",
        "_scanners",
        "_sides",
        "_strangers",
        "_trusted",
        "_trusted_before",
        "_trusted_listeners",
    )

    def __init__(self, settings: EndpointSettings) -> None:
        """Raises ValueError when a list of a listener, or `trusted`, holds what is no network."""
        lists = {
            (one.transport, one.local): AddressList(one.allow, one.deny)
            for one in settings.listeners
        }
        self._lists = {key: one for key, one in lists.items() if one}
        self._strangers = Allowance(settings.strangers, settings.strangers * 4)
        self._scanners = Scanners(settings.scanners)
        self._trusted: dict[Flow, Proven] = {}
        self._trusted_before: dict[Flow, Proven] = {}
        self._gap = 1.0 / settings.phone
        self._ahead = 4.0 - self._gap / 2.0  # seconds of talk at once, see Allowance
        self._has_peers = settings.proxy.leads_outside
        self._sides = AddressList(deny=settings.trusted)
        self._trusted_listeners = {
            (one.transport, one.local) for one in settings.listeners if one.is_trusted
        }

    def objection(self, data: bytes, flow: Flow, now: float) -> str:
        """Return why a message is dropped unread, as a slug; empty when it is not."""
        if self._lists and not self.admits(flow):
            return DENIED
        proven = self._trusted.get(flow) or self._trusted_before.get(flow)
        if proven is not None and proven.until > now:
            full_at = proven.full_at
            if full_at - now > self._ahead and not self._is_side(flow):
                return PHONE_TOO_OFTEN
            proven.full_at = (full_at if full_at > now else now) + self._gap
            return ""
        if not self._strangers.take(neighbourhood(flow.remote[0]), now):
            return TOO_OFTEN
        return SCANNER if self._scanners.sent(data) else ""

    def admits(self, flow: Flow) -> bool:
        """Whether the lists of its listener let that host in; no password is worth more."""
        addresses = self._lists.get((flow.transport, flow.local))
        return addresses is None or addresses.admits(flow.remote[0])

    def is_astray(self, request: Request, flow: Flow, listeners: Listeners, now: float) -> bool:
        """Whether a stranger tries out which other hosts can be reached through us.

        It has shown no credentials. Not so a phone that registers: we learn from it what it calls
        us. Nor one that takes another host for its own home and ours. Raises ParseError.
        """
        if request.method == REGISTER or self.trusts(flow, now):
            return False
        if not request.uri.startswith(("sip:", "sips:")):
            return False
        host = Uri.parse(request.uri).host
        return not listeners.is_home(host, flow) and host != request.from_().uri.host

    def trust(self, flow: Flow, now: float) -> None:
        """Somebody has shown a right password there."""
        proven = self._trusted.get(flow)
        if proven is None:
            if len(self._trusted) >= _MOST:
                self._trusted_before, self._trusted = self._trusted, {}
            proven = self._trusted_before.get(flow) or Proven(now)
            self._trusted[flow] = proven
        proven.until = now + _TRUST

    def trusts(self, flow: Flow, now: float) -> bool:
        proven = self._trusted.get(flow) or self._trusted_before.get(flow)
        return proven is not None and proven.until > now

    def knows(self, flow: Flow) -> bool:
        """Whether there may be a phone or a call at `flow`: whether a right password has ever come
        by it, as far as that is remembered. Peers of other domains show none."""
        return self._has_peers or flow in self._trusted or flow in self._trusted_before

    def forget(self, flow: Flow) -> None:
        """The connection has ended."""
        self._trusted.pop(flow, None)
        self._trusted_before.pop(flow, None)

    def _is_side(self, flow: Flow) -> bool:
        """Whether the peer speaks for many, as a gateway does, and has no bounds of a telephone."""
        if (flow.transport, flow.local) in self._trusted_listeners:
            return True
        return bool(self._sides) and not self._sides.admits(flow.remote[0])
