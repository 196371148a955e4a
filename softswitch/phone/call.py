"""A phone's own view of one call: its dialog, kept apart from the switch's code on purpose."""

from dataclasses import dataclass
from enum import Enum

from softswitch.sip.errors import ParseError
from softswitch.sip.message import Contact, Header, Request, Response, Uri

USER_AGENT = "softswitch phone"


class CallState(Enum):
    CALLING = "calling"
    """Our INVITE is out."""

    RINGING = "ringing"
    """A provisional response came for our INVITE."""

    CANCELLING = "cancelling"
    """We gave up our INVITE; its final response is still to come."""

    INCOMING = "incoming"
    """An INVITE came, and we have not decided."""

    ANSWERED = "answered"
    """We sent 200 and wait for the ACK."""

    CONNECTED = "connected"
    ENDING = "ending"
    """Our BYE is out."""

    ENDED = "ended"
    """Kept for a while, to answer what is repeated."""


@dataclass(frozen=True, slots=True)
class DialogView:
    """One call as this phone sees it, to compare with what the switch believes."""

    call: str
    state: CallState
    call_id: str
    local_tag: str
    remote_tag: str
    local_cseq: int
    remote_cseq: int
    remote_target: str
    route_set: tuple[str, ...]


class Call:
    """State of one call: the dialog (RFC 3261, section 12) and what is outstanding in it."""

    __slots__ = (
        "acked_branch",
        "acked_cseq",
        "answered_cseq",
        "branch",
        "bye_at_ack",
        "bye_may_cross",
        "call_id",
        "credentials",
        "is_caller",
        "is_late_offer",
        "last_ack",
        "last_ok",
        "local_cseq",
        "local_tag",
        "local_uri",
        "name",
        "pending",
        "pending_key",
        "remote_cseq",
        "remote_tag",
        "remote_target",
        "remote_uri",
        "resend_gap",
        "resend_until",
        "route_set",
        "state",
    )

    def __init__(
        self, name: str, call_id: str, local_tag: str, local_uri: str, remote_uri: str
    ) -> None:
        self.name = name
        self.call_id = call_id
        self.local_tag = local_tag
        self.local_uri = local_uri
        self.remote_uri = remote_uri
        self.is_caller = True
        self.state = CallState.CALLING
        self.remote_tag = ""
        self.remote_target = ""
        self.route_set: tuple[str, ...] = ()
        self.local_cseq = 0
        self.remote_cseq = -1
        self.branch = ""  # of our outstanding INVITE
        self.credentials: list[tuple[Header | str, str]] = []  # of our last INVITE, for its ACK
        self.acked_branch = ""  # of the INVITE whose 2xx came last
        self.acked_cseq = -1  # of the INVITE that `last_ack` confirms
        self.last_ack = b""
        self.is_late_offer = False  # our outstanding INVITE had no offer
        self.pending: Request | None = None  # the INVITE that waits for our answer
        self.pending_key = ""
        self.last_ok = b""  # our 200, until its ACK
        self.answered_cseq = -1  # of the INVITE that our 200 answers
        self.resend_gap = 0.0
        self.resend_until = 0.0
        self.bye_at_ack = False
        self.bye_may_cross = False  # we sent ours, and theirs may be on its way

    @classmethod
    def offered(cls, name: str, local_tag: str, invite: Request) -> "Call":
        """Return the view of a call that comes in; raises ParseError."""
        call = cls(name, invite.call_id(), local_tag, str(invite.to()), str(invite.from_()))
        call.is_caller = False
        call.state = CallState.INCOMING
        call.local_uri = str(invite.to().tagged(local_tag))
        call.remote_tag = invite.from_().tag or ""
        call.remote_cseq = invite.cseq().number
        call.route_set = tuple(str(route) for route in invite.routes(Header.RECORD_ROUTE))
        call.retarget(invite)
        return call

    def establish(self, response: Response) -> None:
        """Take the remote half of the dialog from a response to our INVITE; raises ParseError."""
        to = response.to()
        self.remote_tag = to.tag or ""
        self.remote_uri = str(to)
        routes = response.routes(Header.RECORD_ROUTE)
        self.route_set = tuple(str(route) for route in reversed(routes))
        self.retarget(response)

    def retarget(self, message: Request | Response) -> None:
        """Take the peer's Contact, if it has one, as the target of our next request."""
        contacts: list[Contact] = message.contacts()
        if contacts:
            self.remote_target = str(contacts[0].uri)

    def request(
        self,
        method: str,
        contact: str,
        body: bytes = b"",
        *,
        cseq: int | None = None,
        headers: tuple[tuple[Header | str, str], ...] = (),
    ) -> Request:
        """Return a request within the dialog. An ACK has the `cseq` of its INVITE."""
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        lines: list[tuple[Header | str, str]] = [
            (Header.MAX_FORWARDS, "70"),
            *((Header.ROUTE, route) for route in self.route_set),
            (Header.FROM, self.local_uri),
            (Header.TO, self.remote_uri),
            (Header.CALL_ID, self.call_id),
            (Header.CSEQ, f"{cseq} {method}"),
            *headers,
        ]
        if method == "INVITE":
            lines.append((Header.CONTACT, contact))
        return Request.build(method, self.remote_target, lines, body)

    def complaint(self, request: Request, contact_uri: str, seen_uri: str) -> str:
        """Return what is wrong with a request within this dialog, or nothing.

        seen_uri  our contact as the server sees it, through a router
        """
        try:
            if request.from_().tag != self.remote_tag:
                return "the From tag is not that of the dialog"
            if request.cseq().number <= self.remote_cseq:
                return "the CSeq does not rise"
        except ParseError as error:
            return str(error)
        if not any(is_same_uri(request.uri, ours) for ours in (contact_uri, seen_uri)):
            return f"the Request-URI {request.uri} is not our Contact"
        return ""

    def view(self) -> DialogView:
        return DialogView(
            self.name,
            self.state,
            self.call_id,
            self.local_tag,
            self.remote_tag,
            self.local_cseq,
            self.remote_cseq,
            self.remote_target,
            self.route_set,
        )


def is_same_uri(one: str, other: str) -> bool:
    """Whether two URIs, as written, say the same."""
    try:
        return one == other or Uri.parse(one) == Uri.parse(other)
    except ParseError:
        return False
