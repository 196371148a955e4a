"""Where a URI of somebody else leads."""

from softswitch.sip.errors import Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.listeners import Listeners
from softswitch.sip.locate import Location, is_open
from softswitch.sip.locate.places import literal
from softswitch.sip.message import Uri
from softswitch.sip.vocabulary import Elsewhere


def next_hop(uri: Uri, request_uri: str, caller: Flow, listeners: Listeners) -> Elsewhere:
    """Return where to send a request whose next hop is `uri`, on behalf of `caller`.

    Raises Refusal where nobody is sent to, or no listener leads; of a name, only the DNS can tell.
    """
    address = literal(uri.parameters.get("maddr") or uri.host)
    if address is not None and not is_open(str(address), caller.remote[0]):
        raise Refusal(403, "Not a Place to Go")
    Location(uri, listeners.reach, lambda: 0.0).begin()
    return Elsewhere(request_uri, str(uri), source=caller)
