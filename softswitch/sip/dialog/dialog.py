"""A dialog: what two user agents remember of each other (RFC 3261, section 12)."""

from collections.abc import Iterable
from typing import Self

from msgspec import Struct

from softswitch.sip.dialog.remote_target import reachable_target
from softswitch.sip.errors import Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.message import Address, Header, Message, Request, Response, Uri
from softswitch.sip.message.lines import add_lines

_WITH_CONTACT = frozenset({"INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"})
"""The methods that may move the remote target of a dialog, so they carry ours."""

_ALWAYS = (Header.FROM, Header.TO, Header.CALL_ID, Header.CSEQ)


class DialogId(Struct, frozen=True, gc=False):
    """Section 12: the Call-ID and a tag of each side, as seen from here."""

    call_id: str
    local_tag: str
    remote_tag: str


class Dialog:
    """One side of a dialog. It numbers and routes our requests, and orders the peer's.

    id            names it
    local         our From, and their To, as header text with the tag
    remote        the peer, likewise
    contact       our Contact, as header text
    remote_target the URI that our requests are for
    route_set     values of Route, nearest first
    local_cseq    number of our last request, ACK apart
    remote_cseq   number of the peer's last request; None before the first
    flow          where the peer's messages really come from, and ours go
    is_early      there was no 2xx yet
    """

    __slots__ = (
        "contact",
        "flow",
        "id",
        "is_early",
        "local",
        "local_cseq",
        "remote",
        "remote_cseq",
        "remote_target",
        "route_set",
    )

    def __init__(
        self,
        dialog_id: DialogId,
        *,
        local: str,
        remote: str,
        contact: str,
        flow: Flow,
        remote_target: str,
        local_cseq: int,
        remote_cseq: int | None,
    ) -> None:
        self.id = dialog_id
        self.local = local
        self.remote = remote
        self.contact = contact
        self.flow = flow
        self.remote_target = remote_target
        self.route_set: tuple[str, ...] = ()
        self.local_cseq = local_cseq
        self.remote_cseq = remote_cseq
        self.is_early = True

    @classmethod
    def accepting(cls, invite: Request, local_tag: str, contact: str, flow: Flow) -> Self:
        """Return the dialog of an INVITE that we answer with `local_tag` (section 12.1.1).

        Raises ParseError; not after `validate`.
        """
        dialog_id = DialogId(invite.call_id(), local_tag, invite.from_().tag or "")
        dialog = cls(
            dialog_id,
            local=f"{_bare(invite, Header.TO)};tag={local_tag}",
            remote=invite.first(Header.FROM) or "",
            contact=contact,
            flow=flow,
            remote_target="",
            local_cseq=0,
            remote_cseq=invite.cseq().number,
        )
        if Header.RECORD_ROUTE in invite.ids:
            dialog.route_set = tuple(invite.values(Header.RECORD_ROUTE))
        dialog.refresh(invite, flow)
        if not dialog.remote_target:  # there is no Contact
            dialog.remote_target = str(invite.from_().uri)
        return dialog

    @classmethod
    def placing(cls, invite: Request, response: Response, contact: str, flow: Flow) -> Self:
        """Return the dialog that `response` begins: 2xx, or 1xx with a tag (section 12.1.2).

        A second response with another tag is another fork, and another dialog.
        Raises ParseError; not after `validate(response)`.
        """
        local = invite.first(Header.FROM) or ""
        dialog_id = DialogId(
            response.call_id(), _own_tag(local) or invite.from_().tag or "", remote_tag(response)
        )
        dialog = cls(
            dialog_id,
            local=local,
            remote=response.first(Header.TO) or "",
            contact=contact,
            flow=flow,
            remote_target=invite.uri,
            local_cseq=invite.cseq().number,
            remote_cseq=None,
        )
        dialog._learn_routes(response)
        dialog.refresh(response, flow)
        dialog.is_early = response.status < 200
        return dialog

    def confirm(self, response: Response, flow: Flow) -> None:
        """Take the 2xx to our INVITE in an early dialog; the route set is its own (13.2.2.4)."""
        self._learn_routes(response)
        self.refresh(response, flow)
        self.is_early = False

    def refresh(self, message: Message, flow: Flow) -> None:
        """Move the remote target to the Contact of an INVITE, UPDATE or a 2xx to one.

        Behind proxies it stands as given; otherwise it is what can be reached from here.
        Raises ParseError; not after `validate`.
        """
        self.flow = flow
        contacts = message.contacts()
        if not contacts or contacts[0].star:
            return
        uri = contacts[0].uri
        self.remote_target = str(uri) if self.route_set else reachable_target(uri, flow)

    def check(self, request: Request, flow: Flow) -> Refusal | None:
        """Take note of a request in the dialog; return the refusal of one out of order (12.2.2).

        Not for ACK and CANCEL, which have the number of their INVITE.
        Raises ParseError when CSeq is none.
        """
        number = request.cseq().number
        if self.remote_cseq is not None and number < self.remote_cseq:
            return Refusal(500, "CSeq Out Of Order")
        self.remote_cseq = number
        self.flow = flow  # a NAT may have chosen another port
        return None

    def request(
        self,
        method: str,
        headers: Iterable[tuple[Header | str, str]] = (),
        body: bytes = b"",
        content_type: str = "application/sdp",
    ) -> Request:
        """Return our next request; send it by `flow`."""
        self.local_cseq += 1
        if method in _WITH_CONTACT:
            headers = ((Header.CONTACT, self.contact), *headers)
        return self._build(method, self.local_cseq, headers, body, content_type)

    def ack(
        self,
        number: int,
        headers: Iterable[tuple[Header | str, str]] = (),
        body: bytes = b"",
    ) -> Request:
        """Return the ACK to a 2xx, with the CSeq `number` of its INVITE (section 13.2.2.4).

        headers  the credentials of the INVITE, if it had any (section 22.1)
        """
        return self._build("ACK", number, headers, body, "application/sdp")

    def is_from(self, response: Response) -> bool:
        """Whether a response belongs here and not to another fork of the same INVITE."""
        return remote_tag(response) == self.id.remote_tag

    def _build(
        self,
        method: str,
        number: int,
        headers: Iterable[tuple[Header | str, str]],
        body: bytes,
        content_type: str,
    ) -> Request:
        uri, routes = self.remote_target, self.route_set
        if routes and not _is_loose(routes[0]):
            # A strict router wants to be the Request-URI itself (section 12.2.1.1).
            uri, routes = _uri_of(routes[0]), (*routes[1:], f"<{uri}>")
        lines, ids = ["Max-Forwards: 70"], [Header.MAX_FORWARDS]
        if routes:
            lines += [f"Route: {route}" for route in routes]
            ids += [Header.ROUTE] * len(routes)
        lines += (
            f"From: {self.local}",
            f"To: {self.remote}",
            f"Call-ID: {self.id.call_id}",
            f"CSeq: {number} {method}",
        )
        ids += _ALWAYS
        add_lines(lines, ids, headers)
        return Request.of_lines(method, uri, lines, ids, body, content_type)

    def _learn_routes(self, response: Response) -> None:
        if Header.RECORD_ROUTE not in response.ids:
            self.route_set = ()
            return
        self.route_set = tuple(reversed(response.values(Header.RECORD_ROUTE)))
        for route in self.route_set:
            Address.parse(route)  # none that could not be followed later


def remote_tag(response: Response) -> str:
    """Return the tag that the answering side added; empty before RFC 3261 and in a 100.

    Raises ParseError when To is none.
    """
    return response.to().tag or ""


def _own_tag(text: str) -> str:
    """Return the tag of a From that ends with it, as ours do; empty where all has to be read."""
    _, found, tag = text.rpartition(">;tag=")
    return tag if found and tag.isascii() and tag.isalnum() else ""


def _bare(message: Message, header: Header) -> str:
    """Return an address header as it came, without the parameters behind it."""
    text = message.first(header) or ""
    at = text.rfind(">")
    return text[: at + 1] if at >= 0 else f"<{text.partition(';')[0].strip()}>"


def _is_loose(route: str) -> bool:
    return "lr" in Address.parse(route).uri.parameters


def _uri_of(route: str) -> str:
    uri = Address.parse(route).uri
    return str(Uri(uri.scheme, uri.host, uri.user, uri.port, uri.parameters, uri.password))
