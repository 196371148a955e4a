"""Where a SIP URI leads (RFC 3263): questions to the DNS, and what follows from the answers."""

from softswitch.sip.locate.location import Location
from softswitch.sip.locate.places import Hop, is_open
from softswitch.sip.locate.records import Naptr, Record, Resolve, Resolved, Srv
from softswitch.sip.locate.srv_order import in_order

__all__ = [
    "Hop",
    "Location",
    "Naptr",
    "Record",
    "Resolve",
    "Resolved",
    "Srv",
    "in_order",
    "is_open",
]
