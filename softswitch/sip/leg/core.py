"""What every leg is: a dialog, and how it speaks in it."""

from enum import Enum
from functools import lru_cache

from softswitch.sip.dialog import Dialog, OfferAnswer
from softswitch.sip.flow import Flow
from softswitch.sip.identity import party
from softswitch.sip.leg.body import listed
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header, Message, Ready, Request, Response, respond
from softswitch.sip.methods import ALLOW, BYE, Headers
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.stack import Stack
from softswitch.sip.text import readable
from softswitch.sip.vocabulary import Ended, Party

LegOutput = EndpointOutput

OUT_OF_STATE = "command-out-of-state"
FIRST_INVITE = 1
"""CSeq of the first INVITE of ours that begins a dialog."""

_LONGEST_REASON = 200


class State(Enum):
    PROCEEDING = "no final response yet"
    ACCEPTED = "answered, and the ACK is not there yet"
    CONFIRMED = "answered and acknowledged"
    LINGERING = "over, and the ACK to our last 2xx is not there yet"
    TERMINATED = "over, for the peer too"


class Core:
    """The dialog of one leg.

    name       what the layer above calls it
    local_tag  our tag; no two legs share one
    """

    __slots__ = (
        "allows",
        "call_id",
        "dialog",
        "extension",
        "face",
        "filed_under",
        "first_invite",
        "has_ended",
        "local_tag",
        "name",
        "offers",
        "shown",
        "stack",
        "state",
    )

    def __init__(self, name: str, call_id: str, local_tag: str, face: Face, stack: Stack) -> None:
        self.name = name
        self.call_id = call_id
        self.local_tag = local_tag
        self.face = face
        self.stack = stack
        self.state = State.PROCEEDING
        self.extension = ""
        """Whose password the peer knows; empty for a peer without one."""

        self.has_ended = False
        """It has said its last word."""

        self.dialog: Dialog | None = None
        """The one at hand: before the answer there may be several (section 12.1)."""

        self.offers = OfferAnswer()
        """Of the dialog at hand."""

        self.allows: frozenset[str] = frozenset()
        """Methods that the peer has said it takes, in lower case."""

        self.first_invite = FIRST_INVITE
        """CSeq of the INVITE of ours that began the dialog."""

        self.shown = ""
        """Who the peer is connected with, as an address that its telephone shows."""

        self.filed_under: Flow | None = None
        """The endpoint's note of where this leg was when it was last filed."""

    @property
    def owns_call_id(self) -> bool:
        """Whether our INVITE began the dialog."""
        return False

    @property
    def flow(self) -> Flow | None:
        """Where the peer is, once there is a dialog."""
        return None if self.dialog is None else self.dialog.flow

    def turn_to(self, remote_tag: str) -> bool:
        """Have the dialog with this tag at hand; False when there is none."""
        return self.dialog is not None and self.dialog.id.remote_tag == remote_tag

    @property
    def peer_tag(self) -> str:
        """The peer's tag; empty while there is no dialog."""
        return "" if self.dialog is None else self.dialog.id.remote_tag

    def is_with(self, tag: str) -> bool:
        """Whether the peer of a dialog of this leg has this tag."""
        return self.dialog is not None and self.dialog.id.remote_tag == tag

    def learn(self, message: Message) -> None:
        """Take note of what the peer takes."""
        if Header.ALLOW in message.ids:
            self.allows = listed(message, Header.ALLOW)

    def show(self, connected: Party | None) -> None:
        """Let the telephone show `connected` from the next message on that can say it.

        It is told to telephones too: all are ours, and calls say nobody who wants to be hidden.
        """
        if connected is not None and connected.number:
            self.shown = party(connected, self.face.host)

    def reply(
        self,
        key: str,
        request: Request,
        status: int,
        now: float,
        headers: Headers = (),
        reason: str = "",
    ) -> list[LegOutput]:
        response = respond(request, status, reason, to_tag=self.local_tag, headers=headers)
        return [*self.stack.layer.respond(key, response, now)]

    def affirm(
        self,
        key: str,
        request: Request,
        status: int,
        now: float,
        headers: Headers = (),
        body: bytes = b"",
    ) -> list[LegOutput]:
        """Send a response that makes or keeps the dialog: it says how we are reached, what we can,
        and who the peer is connected with."""
        response = respond(
            request,
            status,
            to_tag=self.local_tag,
            ready=_said(self.face.contact, self.stack.server[1], self.shown),
            headers=headers,
            body=body,
        )
        return [*self.stack.layer.respond(key, response, now)]

    def warning(self, text: str) -> Headers:
        """Return the Warning that says what was wrong; `text` is a code and words, or empty."""
        if not text:
            return ()
        code, _, words = text.partition(" ")
        words = readable(words).replace("\\", "").replace('"', "'")
        return ((Header.WARNING, f'{code} {self.face.host} "{words}"'),)

    def bye(self, now: float, reason: str = "") -> list[LegOutput]:
        """Send BYE. Its transaction looks after itself: nobody waits for the answer."""
        dialog = self.dialog
        assert dialog is not None, "only within a dialog"
        self.state = State.TERMINATED
        headers: Headers = (self.stack.user_agent,)
        if reason:
            headers += ((Header.REASON, reason),)
        request = dialog.request(BYE, headers)
        return [*self.stack.layer.request(request, dialog.flow, now)[1]]

    def terminate(self, cause: str, now: float, reason: str = "") -> list[LegOutput]:
        """Say the last word, once nothing is open any more."""
        self.state = State.TERMINATED
        outputs = self.close(now)
        if not self.has_ended:
            self.has_ended = True
            outputs.append(Ended(self.name, cause, reason))
        return outputs

    def close(self, now: float) -> list[LegOutput]:
        """Leave nothing open that we or the peer have asked."""
        return []


@lru_cache(maxsize=4096)
def _said(contact: str, agent: str, shown: str) -> Ready:
    """Write what many calls have in common once."""
    said: Headers = ((Header.CONTACT, contact), ALLOW, (Header.SERVER, agent))
    return Ready.of((*said, (Header.P_ASSERTED_IDENTITY, shown)) if shown else said)


def reason_of(message: Message) -> str:
    """Return the peer's Reason header (RFC 3326), for people and for the other side."""
    if Header.REASON not in message.ids:
        return ""
    return readable(message.first(Header.REASON) or "")[:_LONGEST_REASON]


def words_of(refusal: Response) -> str:
    """Return why a request of ours was refused, for people: the phrase, and what Warning and Reason
    add to it."""
    if Header.WARNING not in refusal.ids and Header.REASON not in refusal.ids:
        return refusal.reason
    added = (refusal.first(Header.WARNING), refusal.first(Header.REASON))
    words = "; ".join(word[:_LONGEST_REASON] for word in (refusal.reason, *added) if word)
    return readable(words)
