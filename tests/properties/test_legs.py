"""Legs under any order of what phones send and what they are told.

Whatever happens: nothing is raised, every leg has exactly one last word, nothing is said after
it, and nothing of a call that has ended stays behind.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.sip.message import Header, Request, Response
from softswitch.sip.vocabulary import (
    Accept,
    AcceptChange,
    Change,
    Confirm,
    End,
    Ended,
    LegCommand,
    LegEvent,
    Party,
    Place,
    Progress,
    Refuse,
    RefuseChange,
    Refused,
    Ring,
    Target,
    Withdraw,
)
from softswitch.sip.watching import SubscriptionEvent
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk, Done
from tests.unit.softswitch.sip.speaking import answer, contact_of, flow, request

sessions = st.sampled_from([OFFER, ANSWER, b""])
commands = st.sampled_from(
    [
        Ring("x"),
        Progress("x", ANSWER),
        Accept("x", ANSWER),
        Accept("x", b""),
        Refuse("x", 486),
        Change("x", OFFER),
        Change("x", b""),
        AcceptChange("x", ANSWER),
        RefuseChange("x", 488),
        Confirm("x", ANSWER),
        Withdraw("x", answered_elsewhere=True),
        End("x"),
    ]
)
of_the_phone = st.tuples(
    st.sampled_from(["INVITE", "ACK", "BYE", "CANCEL", "INFO", "OPTIONS", "UPDATE"]), sessions
)
responses = st.tuples(
    st.sampled_from([100, 180, 183, 200, 302, 408, 481, 486, 487, 491, 500]),
    sessions,
    st.sampled_from(["callee", "other"]),
    st.integers(0, 3),
)
moments = st.sampled_from([0.0, 0.5, 4.0, 33.0])
stories = st.lists(st.one_of(commands, of_the_phone, responses, moments), max_size=25)


class Play:
    """One leg, and the phone at its other end, which does as the story says."""

    def __init__(self, *, is_offered: bool, sdp: bytes, connection: int) -> None:
        self.desk = Desk()
        self.path = flow(connection=connection)
        self.last_words = 0
        self.asked: list[Request] = []  # our requests, ACK apart, newest last
        self.cseq = 2
        self.local_tag = ""
        self.call_id = "call-1"
        self.remote_tag = "phone" if is_offered else "callee"
        if is_offered:
            self.name = self.desk.offer(sdp=sdp, path=self.path).leg
            self.local_tag = self.name
        else:
            self.name = "b"
            target = Target("sip:102@10.0.0.7", self.path)
            self.hear(self.desk.tell(Place("b", target, Party("101"), "102", sdp)))
            self.call_id = self.asked[0].call_id()
            self.local_tag = self.asked[0].from_().tag or ""

    def hear(self, done: Done) -> None:
        self.asked += [one for one in done.requests if one.method != "ACK"]
        for event in done.events:
            self.take(event)

    def take(self, event: LegEvent | SubscriptionEvent) -> None:
        assert self.last_words == 0, f"{event} after the last word"
        assert not isinstance(event, SubscriptionEvent)
        assert event.leg == self.name
        if isinstance(event, Ended | Refused):
            self.last_words += 1

    def tell(self, command: LegCommand) -> None:
        named = type(command)(
            **{field: getattr(command, field) for field in command.__struct_fields__}
            | {"leg": self.name}
        )
        self.hear(self.desk.tell(named))

    def send(self, method: str, sdp: bytes) -> None:
        branch, to_tag, cseq = "", self.local_tag, self.cseq
        if method == "CANCEL":
            branch, to_tag = "z9hG4bK-call-1-1-INVITE-phone-2", ""
        elif method != "ACK":
            self.cseq = cseq = cseq + 1
        asked = request(
            method,
            call_id=self.call_id,
            cseq=cseq,
            from_tag=self.remote_tag,
            to_tag=to_tag,
            branch=branch,
            headers=[contact_of()] if method == "INVITE" else [],
            body=sdp,
        )
        self.hear(self.desk.send(asked, self.path))

    def answer(self, status: int, sdp: bytes, tag: str, back: int) -> None:
        if back < len(self.asked):
            response: Response = answer(
                self.asked[-1 - back], status, tag, sdp, [(Header.CONTACT, "<sip:102@10.0.0.7>")]
            )
            self.hear(self.desk.send(response, self.path))


@given(st.booleans(), sessions, st.integers(0, 1), stories, st.booleans())
@settings(max_examples=400, deadline=None)
def test_every_leg_has_one_last_word_and_leaves_nothing(
    is_offered: bool,
    sdp: bytes,
    connection: int,
    story: list[LegCommand | tuple[str, bytes] | tuple[int, bytes, str, int] | float],
    loses_connection: bool,
) -> None:
    play = Play(is_offered=is_offered, sdp=sdp, connection=connection)
    for turn in story:
        match turn:
            case float():
                play.hear(play.desk.advance(turn))
            case (str(method), bytes(body)):
                play.send(method, body)
            case (int(status), bytes(body), str(tag), int(back)):
                play.answer(status, body, tag, back)
            case command:
                assert not isinstance(command, tuple)
                play.tell(command)
    if loses_connection and connection:
        play.hear(play.desk.lose(play.path))
    play.tell(End("x"))
    play.hear(play.desk.advance(200.0))
    assert play.last_words == 1
    assert play.desk.held == {}
