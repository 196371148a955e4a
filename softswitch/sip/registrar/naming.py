"""By what a binding is told from others beside its contact: the phone it belongs to (its
`+sip.instance`), and which of that phone's flows it is (its `reg-id`, RFC 5626)."""

from collections.abc import Collection, Sequence

from softswitch.sip.binding import Binding, is_equivalent
from softswitch.sip.errors import Refusal
from softswitch.sip.message import Contact, Uri
from softswitch.sip.message.grammar import is_number
from softswitch.sip.registrar.way import Way
from softswitch.sip.text import readable

_LONGEST_INSTANCE = 200
_LARGEST_REG_ID = 2**31 - 1


def name_of(contact: Contact, way: Way) -> str:
    """Return number and instance, such as `1 <urn:uuid:...>`, of a flow of several; a space and
    the instance of a phone that has one way; nothing of a phone that does not say who it is.
    Raises Refusal.
    """
    instance = contact.parameters.get("+sip.instance")
    if not instance:
        return ""
    number = contact.parameters.get("reg-id") if way.has_flows else None
    is_bad = len(instance) > _LONGEST_INSTANCE or instance != readable(instance) or '"' in instance
    if number is None:
        return "" if is_bad else f" {instance}"
    if not is_number(number) or not 0 < int(number) <= _LARGEST_REG_ID:
        raise Refusal(400, "Bad reg-id")
    if is_bad:
        raise Refusal(400, "Bad Instance")
    if not way.reaches_flows:
        raise Refusal(439, "")
    return f"{int(number)} {instance}"


def is_flow(name: str) -> bool:
    """Whether it is the name of one of several flows."""
    return name[:1] not in ("", " ")


def instance_of(name: str) -> str:
    """Return whose name it is; nothing of a phone that does not say who it is."""
    return name.partition(" ")[2]


def as_parameters(name: str) -> str:
    """Return what the contact in an answer says of a name."""
    if not name:
        return ""
    number, _, instance = name.partition(" ")
    return f'{f";reg-id={number}" if number else ""};+sip.instance="{instance}"'


def replaced(
    bindings: Sequence[Binding],
    text: str,
    uri: Uri,
    name: str,
    others: Collection[str] = (),
    *,
    origin: tuple[str, str, bool],
    is_leaving: bool = False,
) -> list[Binding]:
    """Return the bindings that a contact takes the place of: those whose contact is `uri`, which
    nearly always is so to the letter, those of the same flow, and those of the same phone where it
    has no flows: it has been started again, or has another address.

    Another flow of a phone, or of another, may have the same contact: it stays. So does what a
    phone that has not been started again has registered by another transport or version of IP.

    text        the contact as it is written
    others      contacts of the same request, which stay too
    origin      the request's Call-ID, which is another after a start, its transport, and whether
                it came by IPv6
    is_leaving  it is taken back: a phone that has another address now may say so of its old one
    """
    if not name:
        exact = [binding for binding in bindings if binding.contact == text]
        return exact or [b for b in bindings if is_equivalent(Uri.parse(b.contact), uri)]
    instance = instance_of(name)
    if is_flow(name):
        alone = f" {instance}"
        return [
            b
            for b in bindings
            if b.outbound in (name, alone) or (not b.outbound and _is_at(b, text, uri))
        ]
    return [
        b
        for b in bindings
        if (not is_flow(b.outbound) and _is_at(b, text, uri))
        or (
            not is_leaving
            and instance_of(b.outbound) == instance
            and (b.contact == text or b.contact not in others)
            and (b.call_id != origin[0] or _is_alike(b, origin))
        )
    ]


def _is_alike(binding: Binding, origin: tuple[str, str, bool]) -> bool:
    """Whether a binding can only be an older one of the way that a request has come."""
    host = binding.flow.remote[0]
    return not is_flow(binding.outbound) and (binding.flow.transport, ":" in host) == origin[1:]


def _is_at(binding: Binding, text: str, uri: Uri) -> bool:
    return binding.contact == text or is_equivalent(Uri.parse(binding.contact), uri)
