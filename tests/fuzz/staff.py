"""The telephones of a company: what they ask as a script says it, and what they answer of
themselves, each in its manner."""

from enum import IntEnum

from media.sdp import Direction, Local, offer
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Message, Request, Response
from tests.fuzz.phones import Phones, Talk, path_of
from tests.unit.softswitch.sip.speaking import Headers, answer, contact_of, request

NUMBERS = (
    *("101", "102", "103", "104", "600", "601", "602", "500", "501", "*43", "999", "nobody"),
    *("%", "101@198.51.100.7", "700", "0"),
)
"""Whom telephones call."""

HOST = "198.51.100.7"
"""Of all telephones: they are behind one router."""

_OFFER = offer(Local(HOST, 4000, 7, 1))
BODIES = (
    _OFFER,
    offer(Local(HOST, 4000, 7, 2, Direction.SENDONLY)),
    b"",
    offer(Local(HOST, 4000, 7, 3, Direction.INACTIVE)),
    _OFFER.replace(f"IN IP4 {HOST}\r\nt=".encode(), b"IN IP4 0.0.0.0\r\nt="),
    offer(Local(HOST, 4002, 8, 4), ("PCMU",)),
    _OFFER.replace(b"m=audio 4000", b"m=audio 0"),
    b"nonsense",
    _OFFER + b"m=video 4004 RTP/AVP 96\r\n",
)
_WITH_BODY = frozenset(("INVITE", "ACK", "UPDATE", "PRACK"))

_CALLS: tuple[Headers, ...] = (
    (),
    ((Header.SUPPORTED, "100rel, timer, replaces"), (Header.SESSION_EXPIRES, "90;refresher=uas")),
    ((Header.SUPPORTED, "100rel"), (Header.REQUIRE, "100rel")),
    (("Privacy", "id"), (Header.SUPPORTED, "timer")),
    ((Header.SUPPORTED, "timer"), (Header.SESSION_EXPIRES, "90;refresher=uac")),
)
_EXTRA: dict[str, tuple[Headers, ...]] = {
    "INVITE": _CALLS,
    "UPDATE": ((), ((Header.SESSION_EXPIRES, "90;refresher=uas"),)),
    "SUBSCRIBE": (
        ((Header.EVENT, "dialog"), (Header.EXPIRES, "600")),
        ((Header.EVENT, "dialog"), (Header.EXPIRES, "0")),
        ((Header.EVENT, "presence"),),
        ((Header.EVENT, "refer"),),
    ),
    "REGISTER": ((), ((Header.EXPIRES, "0"),), ((Header.EXPIRES, "60"),)),
    "INFO": (
        ((Header.CONTENT_TYPE, "application/dtmf-relay"),),
        (("Info-Package", "x"), (Header.CONTENT_TYPE, "text/plain")),
    ),
    "NOTIFY": (((Header.EVENT, "dialog"), (Header.SUBSCRIPTION_STATE, "active;expires=60")),),
    "PUBLISH": (((Header.EVENT, "presence"),),),
}


class Manner(IntEnum):
    """What a telephone does of itself."""

    SOUND = 0
    """It rings, and answers all that is asked within its calls."""

    EAGER = 1
    """It answers calls at once."""

    CONTRARY = 2
    """It refuses calls, and what is asked within them."""

    MUTE = 3
    """It says nothing that the script does not say."""


Said = tuple[bytes, Flow]


class Staff(Phones):
    """Telephones of a whole switch; they know whose turn it is."""

    def __init__(self) -> None:
        super().__init__()
        self.manners = dict.fromkeys(range(4), Manner.SOUND)
        self._wants_offer: set[str] = set()
        """Branches of INVITEs that left the offer to the switch."""

        self._rseq: dict[str, tuple[str, int]] = {}
        """What is to be acknowledged by PRACK, by Call-ID: RSeq, and CSeq of the INVITE."""

    def call(self, who: int, method: str, body: int, which: int) -> tuple[Request, Flow]:
        """Return a request out of dialogs, to the number that `which` chooses.

        which  number, and 16 times the number of the headers
        """
        user, flow = path_of(who)
        self._serial += 1
        other = NUMBERS[which % 16] if method != "REGISTER" else user
        talk = Talk(user, other, flow, f"fuzz-{self._serial}", f"tag{self._serial}")
        headers = [*self._chosen(talk, method, which // 16)]
        asked = self._said(talk, method, headers, _body(method, body))
        if method in ("INVITE", "SUBSCRIBE"):
            self._remember(talk)
        return asked, flow

    def go_on(self, who: int, method: str, body: int, which: int) -> tuple[Request, Flow] | None:
        """Return a request within the talk that `who` chooses; None when nobody talks."""
        if not self.talks:
            return None
        talk = self.talks[-1 - who % len(self.talks)]
        if method not in ("ACK", "CANCEL"):
            talk.cseq += 1
        headers = self._chosen(talk, method, which)
        return self._said(talk, method, headers, _body(method, body)), talk.flow

    def react(self, message: Message, flow: Flow) -> list[Said]:
        """Return what the telephone at `flow` says to a message."""
        manner = self.manners.get(flow.remote[1] - 5101, Manner.MUTE)
        if manner is Manner.MUTE or message.first(Header.CALL_ID) is None:
            return []
        if isinstance(message, Response):
            said = self._acknowledge(message)
            return [(asked.to_bytes(), flow) for asked in said]
        assert isinstance(message, Request)
        return [(told.to_bytes(), flow) for told in self._tell(message, manner)]

    def hang_up(self) -> list[tuple[Request, Flow]]:
        """Return a BYE of everybody who talks, and a CANCEL of who may still wait."""
        said: list[tuple[Request, Flow]] = []
        for talk in self.talks:
            if talk.branch:
                said.append((self._said(talk, "CANCEL", (), b""), talk.flow))
            talk.cseq += 1
            said.append((self._said(talk, "BYE", (), b""), talk.flow))
        return said

    # What is asked

    def _said(self, talk: Talk, method: str, extra: Headers, body: bytes) -> Request:
        asked = super()._said(talk, method, extra, body)
        if method == "INVITE" and not body:
            self._wants_offer.add(asked.branch())
        return asked

    def _chosen(self, talk: Talk, method: str, which: int) -> Headers:
        if method == "PRACK":
            rseq, cseq = self._rseq.get(talk.call_id, ("1", talk.cseq - 1))
            return ((Header.RACK, f"{rseq} {cseq} INVITE"),)
        if method == "REFER":
            return self._referral(talk, which)
        choices = _EXTRA.get(method, ((),))
        extra = choices[which % len(choices)]
        if method == "INVITE" and which & 8 and self.talks:
            named = self.talks[-1 - which % 4 % len(self.talks)]
            return (*extra, (Header.REPLACES, _named(named)))
        return extra

    def _referral(self, talk: Talk, which: int) -> Headers:
        number = NUMBERS[which % 16]
        others = [other for other in self.talks if other is not talk and other.remote_tag]
        if which & 128 and others:
            named = others[-1 - which // 16 % 4 % len(others)]
            escaped = _named(named).replace(";", "%3B").replace("=", "%3D")
            return ((Header.REFER_TO, f"<sip:{named.other}@192.0.2.1?Replaces={escaped}>"),)
        extra: Headers = (("Refer-Sub", "false"),) if which & 64 else ()
        return ((Header.REFER_TO, f"<sip:{number}@192.0.2.1>"), *extra)

    # What is answered

    def _acknowledge(self, told: Response) -> list[Request]:
        cseq = told.cseq()
        if cseq.method != "INVITE" or told.status == 100:
            return []
        talk = self._talk_of(told)
        if talk is None:
            return []
        wants_answer = told.branch() in self._wants_offer and bool(told.body)
        body = BODIES[0] if wants_answer else b""
        rseq = told.first(Header.RSEQ)
        if told.status < 200:
            if rseq is None:
                return []
            self._rseq[talk.call_id] = rseq, cseq.number
            talk.cseq += 1
            return [self._said(talk, "PRACK", self._chosen(talk, "PRACK", 0), body)]
        branch = told.branch() if told.status >= 300 else ""
        ack = request(
            "ACK",
            talk.user,
            talk.other,
            cseq=cseq.number,
            call_id=talk.call_id,
            from_tag=talk.local_tag,
            to_tag=told.to().tag or "",
            branch=branch,
            headers=[(Header.ROUTE, route) for route in talk.routes],
            body=body if told.status < 300 else b"",
        )
        return [ack]

    def _talk_of(self, told: Response) -> Talk | None:
        for talk in self.talks:
            if (talk.call_id, talk.local_tag) == (told.call_id(), told.from_().tag):
                return talk
        return None

    def _tell(self, asked: Request, manner: Manner) -> list[Response]:
        contact = [contact_of(asked.to().uri.user)]
        refuses = manner is Manner.CONTRARY
        match asked.method:
            case "ACK":
                return []
            case "INVITE" if asked.to().tag is None:
                if refuses:
                    return [answer(asked, 486)]
                ringing = answer(asked, 180, headers=contact)
                if manner is Manner.SOUND:
                    return [ringing]
                return [ringing, answer(asked, 200, "callee", BODIES[0], contact)]
            case "INVITE" | "UPDATE":
                if refuses:
                    return [answer(asked, 488)]
                body = BODIES[0] if asked.body or asked.method == "INVITE" else b""
                return [answer(asked, 200, asked.to().tag or "callee", body, contact)]
            case "CANCEL":
                given_up = [
                    answer(invite, 487)
                    for invite, _ in self.asked
                    if invite.method == "INVITE" and invite.branch() == asked.branch()
                ]
                return [answer(asked, 200), *given_up]
            case "BYE" | "PRACK":
                return [answer(asked, 200)]
            case _:
                return [answer(asked, 481 if refuses else 200)]


def _body(method: str, which: int) -> bytes:
    return BODIES[which % len(BODIES)] if method in _WITH_BODY else b""


def _named(talk: Talk) -> str:
    """Return what names a talk in Replaces, as the switch knows it."""
    return f"{talk.call_id};to-tag={talk.remote_tag};from-tag={talk.local_tag}"
