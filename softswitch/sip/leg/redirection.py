"""Where a 3xx sends us."""

from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Response
from softswitch.sip.text import readable


def redirections(
    response: Response, listeners: Listeners, peer: Flow
) -> tuple[tuple[str, ...], str]:
    """Return the URIs of a 3xx that lead to this switch, best first; and where none does, the best
    of those that lead elsewhere.

    A telephone number leads to where it is dialled, which is here.
    """
    if response.status // 100 != 3:
        return (), ""
    try:
        contacts = [contact for contact in response.contacts() if not contact.star]
        contacts.sort(key=lambda contact: -contact.q)
    except ParseError:
        return (), ""
    uris = [contact.uri for contact in contacts]
    ours = tuple(
        readable(str(uri))
        for uri in uris
        if uri.scheme == "tel" or (uri.is_sip and listeners.is_home(uri.host, peer))
    )
    return ours, "" if ours or not uris else readable(str(uris[0]))
