"""Where a 3xx leads that the proxy follows itself (RFC 3261, section 16.7, step 4)."""

from softswitch.sip.errors import ParseError
from softswitch.sip.message import Contact, Header, Response


def take_contacts(response: Response) -> list[Contact]:
    """Return the contacts of a 3xx, best first, none of them twice; those that cannot be read
    are left out."""
    found: dict[str, Contact] = {}
    try:
        values = response.values(Header.CONTACT)
    except ParseError:
        return []
    for value in values:
        try:
            contact = Contact.parse(value)
            _ = contact.q
        except ParseError:
            continue
        if not contact.star:
            found.setdefault(str(contact.uri), contact)
    return sorted(found.values(), key=lambda contact: -contact.q)


def leave_contacts(response: Response, contacts: list[Contact]) -> None:
    """Put these in the place of all contacts of a 3xx, for the caller to follow."""
    response.remove(Header.CONTACT)
    for contact in contacts:
        response.append(Header.CONTACT, str(contact))
