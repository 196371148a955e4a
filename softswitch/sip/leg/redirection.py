"""Where a 3xx sends us."""

from softswitch.sip.errors import ParseError
from softswitch.sip.message import Response
from softswitch.sip.text import readable


def redirections(response: Response) -> tuple[str, ...]:
    """Return the URIs of a 3xx, best first."""
    if response.status // 100 != 3:
        return ()
    try:
        contacts = [contact for contact in response.contacts() if not contact.star]
        contacts.sort(key=lambda contact: -contact.q)
    except ParseError:
        return ()
    return tuple(readable(str(contact.uri)) for contact in contacts)
