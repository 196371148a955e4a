"""One call at a telephone's end, as the telephone sees it."""

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

from softswitch.sip.message import Header, Request, Response

DIRECTIONS = {
    "sendrecv": (True, True),
    "sendonly": (True, False),
    "recvonly": (False, True),
    "inactive": (False, False),
}
"""Whether who says it sends, and receives (RFC 3264)."""

NAMES = {way: name for name, way in DIRECTIONS.items()}
FIRST_PORT = 30_000


class Stage(Enum):
    CALLING = "our INVITE has no final response"
    RINGING = "their INVITE has none of ours"
    ANSWERED = "we have answered, and wait for the ACK"
    CONNECTED = "answered and acknowledged"
    ENDING = "our BYE has no answer"
    ENDED = "over"


class Turn(Enum):
    """Who has to answer an offer."""

    NOBODY = 0
    OURS = 1
    THEIRS = 2


@dataclass
class Numbered:
    """Whatever numbers its requests."""

    call_id: str
    local_tag: str
    local: str
    """Our From, with the tag."""

    cseq: int = 0
    answered_cseq: int = 0
    """The highest that got a final response."""


@dataclass
class Peer:
    """The other end of one dialog."""

    tag: str
    header: str
    """From or To, as it is told."""

    target: str
    routes: tuple[str, ...]
    cseq: int | None = None
    """Of its last request."""

    rseq: int = 0
    """Of its last reliable provisional response."""

    @classmethod
    def of_response(cls, response: Response, target: str) -> Self:
        contacts = response.contacts()
        routes = tuple(reversed(response.values(Header.RECORD_ROUTE)))
        return cls(
            response.to().tag or "",
            response.first(Header.TO) or "",
            str(contacts[0].uri) if contacts else target,
            routes,
        )

    @classmethod
    def of_request(cls, request: Request) -> Self:
        [contact] = request.contacts()
        return cls(
            request.from_().tag or "",
            request.first(Header.FROM) or "",
            str(contact.uri),
            tuple(request.values(Header.RECORD_ROUTE)),
            request.cseq().number,
        )

    def retarget(self, message: Request | Response) -> None:
        contacts = message.contacts()
        if contacts:
            self.target = str(contacts[0].uri)


@dataclass
class Talk(Numbered):
    number: str = ""
    """Who was dialled, or who calls."""

    stage: Stage = Stage.CALLING
    is_caller: bool = True
    port: int = FIRST_PORT
    peer: Peer | None = None
    """Of the dialog that was answered, or is to be."""

    early: dict[str, Peer] = field(default_factory=dict)
    """Those that ring, by tag."""

    host: str = ""
    branch: str = ""
    """Of our INVITE, or UPDATE with an offer, that has no final response."""

    gives_up: bool = False
    """We have sent CANCEL, or shall."""

    has_rung: bool = False
    """A provisional response has come, or gone."""

    acks: dict[int, bytes] = field(default_factory=dict)
    key: str = ""
    """Of their INVITE that waits for us."""

    pending: Request | None = None
    unacknowledged: int = 0
    """CSeq of the INVITE whose 2xx waits for its ACK."""

    bye_at_ack: bool = False
    rseq: int = 0
    """Of our reliable response that waits for its PRACK."""

    turn: Turn = Turn.NOBODY
    wish: str = "sendrecv"
    offered: str = ""
    """The direction of our offer that waits."""

    theirs: str = ""
    """The direction of their offer that waits."""

    way: tuple[bool, bool] = (True, True)
    """Whether we send, and receive: what was agreed last."""

    version: int = 0
    said: str = ""
    media: tuple[str, int] | None = None
    """Where we were told to send."""

    has_session: bool = False
    """An answer was given or taken that stands."""

    timer: int = 0
    """Counts how often the session timer was wound up."""

    retries: int = 0

    @property
    def is_up(self) -> bool:
        return self.stage in (Stage.ANSWERED, Stage.CONNECTED)

    def describe(self, direction: str) -> bytes:
        if direction != self.said:
            self.version += 1
            self.said = direction
        lines = (
            "v=0", f"o=- 1 {self.version} IN IP4 {self.host}", "s=-", f"c=IN IP4 {self.host}",
            "t=0 0", f"m=audio {self.port} RTP/AVP 0 8 101", "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", f"a={direction}",
        )  # fmt: skip
        return "".join(f"{line}\r\n" for line in lines).encode()

    # Offer and answer

    def offer(self) -> bytes:
        self.turn, self.offered = Turn.OURS, self.wish
        return self.describe(self.wish)

    def take_answer(self, body: bytes) -> None:
        self.turn, self.has_session = Turn.NOBODY, True
        sends, receives = DIRECTIONS[self.offered]
        they_send, they_receive = DIRECTIONS[self._read(body)]
        self.way = sends and they_receive, receives and they_send

    def take_offer(self, body: bytes) -> None:
        self.turn, self.theirs = Turn.THEIRS, self._read(body)

    def answer(self) -> bytes:
        """Answer what was offered, as we wish and may."""
        assert self.turn is Turn.THEIRS
        self.turn, self.has_session = Turn.NOBODY, True
        sends, receives = DIRECTIONS[self.wish]
        they_send, they_receive = DIRECTIONS[self.theirs]
        self.way = sends and they_receive, receives and they_send
        return self.describe(NAMES[self.way])

    def withdraw(self) -> None:
        """Our offer was refused: what was agreed before stands."""
        self.turn = Turn.NOBODY

    def _read(self, body: bytes) -> str:
        found = re.search(rb"a=(sendrecv|sendonly|recvonly|inactive)\r\n", body)
        host = re.search(rb"c=IN IP4 (\S+)", body)
        port = re.search(rb"m=audio (\d+)", body)
        assert host, body
        assert port, body
        self.media = host[1].decode(), int(port[1])
        return found[1].decode() if found else "sendrecv"
