"""Telephones that remember what they have said and heard, so that a script can go on from it."""

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Message, Request, Response
from tests.unit.softswitch.sip.desk import ANSWER, OFFER
from tests.unit.softswitch.sip.speaking import SERVER, Headers, contact_of, request

USERS = ("101", "102", "103")
STRANGER = "999"
PROXY = ("192.0.2.1", 5070)
"""The listener that passes calls on."""

BODIES = (OFFER, ANSWER, b"")
METHODS = (
    *("INVITE", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE", "REFER", "ACK", "BYE", "CANCEL"),
    *("PRACK", "UPDATE", "INFO", "NOTIFY", "PUBLISH", "FOO"),
)
MOST_REMEMBERED = 8

_EXTRA: dict[str, tuple[Headers, ...]] = {
    "INVITE": (
        (),
        (
            (Header.SUPPORTED, "100rel, timer, replaces"),
            (Header.SESSION_EXPIRES, "90;refresher=uas"),
        ),
        ((Header.REQUIRE, "100rel"),),
        ((Header.REPLACES, "call-1;to-tag=1;from-tag=phone"),),
    ),
    "SUBSCRIBE": (
        ((Header.EVENT, "dialog"), (Header.EXPIRES, "120")),
        ((Header.EVENT, "dialog"), (Header.EXPIRES, "0")),
        ((Header.EVENT, "winfo"), (Header.EXPIRES, "600")),
        ((Header.EVENT, "refer;id=3"),),
    ),
    "REFER": (
        ((Header.REFER_TO, "<sip:103@192.0.2.1>"),),
        ((Header.REFER_TO, "<sip:103@192.0.2.1?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>"),),
        ((Header.REFER_TO, "<sip:103@192.0.2.1>"), ("Refer-Sub", "false")),
        ((Header.REFER_TO, "tel:5"), (Header.REFERRED_BY, "<sip:101@192.0.2.1>")),
    ),
    "REGISTER": ((), ((Header.EXPIRES, "0"),), ((Header.EXPIRES, "60"),), ((Header.EXPIRES, "1"),)),
    "PRACK": (((Header.RACK, "1 2 INVITE"),), ((Header.RACK, "2 3 INVITE"),)),
    "INFO": (
        ((Header.CONTENT_TYPE, "application/dtmf-relay"),),
        (("Info-Package", "x"), (Header.CONTENT_TYPE, "text/plain")),
    ),
    "NOTIFY": (((Header.EVENT, "dialog"), (Header.SUBSCRIPTION_STATE, "active;expires=60")),),
    "PUBLISH": (((Header.EVENT, "presence"),),),
    "MESSAGE": ((), (("Max-Breadth", "1"),), ((Header.ROUTE, "<sip:192.0.2.1:5070;lr>"),)),
}
_WITH_CONTACT = frozenset(("INVITE", "REGISTER", "SUBSCRIBE", "REFER", "UPDATE", "NOTIFY"))


class Talk(Struct):
    """A dialog, or what may become one, from the side of a phone."""

    user: str
    other: str
    flow: Flow
    call_id: str
    local_tag: str
    remote_tag: str = ""
    cseq: int = 1
    routes: tuple[str, ...] = ()
    branch: str = ""
    """Of its last INVITE."""


def path_of(who: int) -> tuple[str, Flow]:
    """Return a phone's user, and the flow that it uses: all eight that there are, by number."""
    user = (*USERS, STRANGER)[who & 3]
    local = PROXY if who & 4 else SERVER
    port = 5101 + (who & 3)
    if who & 8:
        return user, Flow("tcp", local, ("198.51.100.7", port), 1 + (who & 7))
    return user, Flow("udp", local, ("198.51.100.7", port))


class Phones:
    """All telephones of a script, as one memory; the newest talks and requests are kept."""

    def __init__(self) -> None:
        self.talks: list[Talk] = []
        self.asked: list[tuple[Request, Flow]] = []
        """Requests of the endpoint that can be answered."""

        self._serial = 0

    def out_of_dialog(self, who: int, method: str, which: int) -> tuple[Request, Flow]:
        user, flow = path_of(who)
        self._serial += 1
        other = USERS[which % len(USERS)] if method != "REGISTER" else user
        talk = Talk(user, other, flow, f"fuzz-{self._serial}", f"tag{self._serial}")
        if method in ("INVITE", "SUBSCRIBE"):
            self._remember(talk)
        return self._request(talk, method, which), flow

    def in_dialog(self, method: str, which: int) -> tuple[Request, Flow] | None:
        """Return a request of the talk that `which` chooses, None when nobody talks."""
        if not self.talks:
            return None
        talk = self.talks[-1 - (which >> 4) % len(self.talks)]
        if method not in ("ACK", "CANCEL"):
            talk.cseq += 1
        return self._request(talk, method, which), talk.flow

    def hear(self, message: Message, flow: Flow) -> None:
        """Take what the endpoint has sent."""
        try:
            if isinstance(message, Response):
                self._hear_response(message)
            elif isinstance(message, Request) and message.method != "ACK":
                self.asked = [*self.asked[1 - MOST_REMEMBERED :], (message, flow)]
                self._hear_request(message, flow)
        except ParseError:
            return  # as a wounded request was, of which it holds parts

    def _hear_response(self, response: Response) -> None:
        tag = response.to().tag
        if tag and 100 < response.status < 300:
            for talk in self.talks:
                if (talk.call_id, talk.local_tag) == (response.call_id(), response.from_().tag):
                    talk.remote_tag = tag
                    talk.routes = tuple(reversed(response.values(Header.RECORD_ROUTE)))

    def _hear_request(self, asked: Request, flow: Flow) -> None:
        if asked.method == "INVITE" and asked.to().tag is None:
            talk = Talk(
                asked.to().uri.user,
                asked.from_().uri.user,
                flow,
                asked.call_id(),
                "callee",
                asked.from_().tag or "",
                routes=tuple(asked.values(Header.RECORD_ROUTE)),
            )
            self._remember(talk)

    def _remember(self, talk: Talk) -> None:
        self.talks = [*self.talks[1 - MOST_REMEMBERED :], talk]

    def _request(self, talk: Talk, method: str, which: int) -> Request:
        choices = _EXTRA.get(method, ((),))
        body = BODIES[which // 4 % 3] if method in ("INVITE", "ACK", "UPDATE", "PRACK") else b""
        return self._said(talk, method, choices[which % len(choices)], body)

    def _said(self, talk: Talk, method: str, extra: Headers, body: bytes) -> Request:
        """Return a request of a talk, the next one if its CSeq has been raised."""
        headers = [*extra, *((Header.ROUTE, route) for route in talk.routes)]
        if method in _WITH_CONTACT:
            headers.append(contact_of(talk.user))
        branch = f"z9hG4bK-{talk.call_id}-{talk.cseq}-{method}-{talk.local_tag}"
        if method == "CANCEL":
            branch = talk.branch
        asked = request(
            method,
            talk.user,
            talk.other,
            cseq=talk.cseq,
            call_id=talk.call_id,
            from_tag=talk.local_tag,
            to_tag="" if method == "CANCEL" else talk.remote_tag,
            branch=branch,
            headers=headers,
            body=body if method != "INFO" else b"Signal=5\r\nDuration=100\r\n",
        )
        if method == "INVITE":
            talk.branch = branch
        return asked

    def authorized(self, again: Request) -> None:
        """Note that an INVITE has been sent again, with a password."""
        for talk in self.talks:
            if (talk.call_id, talk.local_tag) == (again.call_id(), again.from_().tag):
                talk.cseq = again.cseq().number
                talk.branch = again.branch()
