"""Whatever phones answer, and when: the caller gets one last word, and nothing is kept."""

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Message, Request, Response
from softswitch.sip.settings import ProxySettings
from tests.properties.test_endpoint import wounded, wounds
from tests.unit.softswitch.sip.desk import Done
from tests.unit.softswitch.sip.proxy.house import (
    IN_A_CALL,
    House,
    acknowledge,
    cancel_of,
    home,
    invite_of,
    within,
)
from tests.unit.softswitch.sip.speaking import answer, authorized, contact_of, flow, request

PROVISIONAL = (100, 180, 183, 199)
FINAL = (200, 302, 401, 407, 404, 408, 480, 486, 487, 500, 503, 603)
preferences = st.lists(st.sampled_from(["", "0.7", "0.1"]), min_size=1, max_size=3)
answers = st.tuples(st.integers(0, 4), st.sampled_from((*PROVISIONAL, *FINAL)))
happenings = st.lists(
    st.one_of(answers, st.just("cancel"), st.floats(0.1, 250.0)), min_size=1, max_size=12
)


class Story:
    """One call by the proxy, and what its caller gets of it."""

    def __init__(self, preferences: list[str], *, follows: bool) -> None:
        self.house = House(ProxySettings(follows_redirects=follows))
        self.house.enter("101")
        self.house.enter("103")
        for number, q in enumerate(preferences):
            self.house.enter("102", flow(port=5201 + number), q=q)
        self.asked: list[tuple[Request, Flow]] = []
        self.told: list[Response] = []
        self.cancelled: set[str] = set()
        self.take(self.house.call())

    def take(self, done: Done) -> None:
        """Sort what has been sent; a phone that is cancelled says so at once."""
        kinds = iter(done.flows)
        sent: list[tuple[Request | Response, Flow]] = []
        responses, requests = iter(done.responses), iter(done.requests)
        for path in kinds:
            sent.append((next(responses) if path == home("101") else next(requests), path))
        for message, path in sent:
            if isinstance(message, Response):
                self.told.append(message)
                if message.status >= 300:
                    acknowledge(self.house, invite_of(), message, home("101"))
            elif message.method == "INVITE":
                self.asked.append((message, path))
            elif message.method == "CANCEL" and message.branch() not in self.cancelled:
                self.cancelled.add(message.branch())
                self.take(self.house.send(answer(message, 200, "c"), path))

    def answer(self, which: int, status: int) -> None:
        if not self.asked:
            return
        asked, path = self.asked[which % len(self.asked)]
        headers = [contact_of("103", 5103)] if status < 300 else []
        if status == 302:
            headers = [(Header.CONTACT, "<sip:103@192.0.2.1>, <sip:x@example.org>")]
        tag = f"{path.remote[1]}"
        self.take(self.house.send(answer(asked, status, tag, headers=headers), path))

    def cancel(self) -> None:
        done = self.house.send(cancel_of(invite_of()), home("101"))
        assert done.responses[0].status in (200, 481)
        assert done.responses[0].cseq().method == "CANCEL"
        del done.responses[0], done.flows[0]
        self.take(done)

    def end(self) -> None:
        """Let everybody who was asked and has not said a last word say one."""
        for which in range(10):
            self.answer(which, 487)
        self.take(self.house.advance(500.0))


@given(preferences, happenings, st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_caller_gets_one_last_word(
    preferences: list[str], happenings: list[tuple[int, int] | str | float], follows: bool
) -> None:
    story = Story(preferences, follows=follows)
    for happening in happenings:
        if isinstance(happening, tuple):
            story.answer(*happening)
        elif isinstance(happening, str):
            story.cancel()
        else:
            story.take(story.house.advance(happening))
    story.end()
    finals = [response for response in story.told if response.status >= 200]
    assert finals
    failures = {(one.status, one.to().tag) for one in finals if one.status >= 300}
    assert len(failures) <= 1
    if failures:
        assert all(one.status >= 300 for one in finals)
    assert [response.status for response in story.told].count(100) == 1
    assert all(len(response.values(Header.VIA)) == 1 for response in story.told)
    assert 503 not in {one.status for one in finals}
    assert story.house.held == ({} if failures else IN_A_CALL)
    story.house.advance(4 * 3600.0)  # nobody hangs up
    assert story.house.held == {}


def messages(house: House) -> list[tuple[Message, Flow]]:
    """Return one of each kind that the proxy passes on, while a call is up and one rings."""
    asked = house.call().request
    ringing = house.call("103", call_id="ringing").request
    answered = house.tell(asked, 200, home("102")).response
    text = request("MESSAGE", to="102", call_id="m", headers=[("Max-Breadth", "3")])
    challenge = house.send(text, home("101")).response
    return [
        (within("ACK", answered), home("101")),
        (within("BYE", answered), home("101")),
        (within("INVITE", answered, cseq=1, by_callee=True), home("102")),
        (answer(ringing, 180, "t"), home("103")),
        (answer(ringing, 200, "t", headers=[contact_of("103")]), home("103")),
        (answer(ringing, 302, "t", headers=[contact_of("102")]), home("103")),
        (answer(ringing, 407, "t"), home("103")),
        (cancel_of(invite_of("103", call_id="ringing")), home("101")),
        (authorized(text, challenge), home("101")),
    ]


@given(st.integers(0, 8), wounds)
@settings(max_examples=400, deadline=None)
def test_no_wounded_message_is_fatal(which: int, cuts: list[tuple[float, int, bytes]]) -> None:
    house = House(ProxySettings(follows_redirects=True))
    house.everybody()
    message, path = messages(house)[which]
    house.send_bytes(wounded(message, cuts), path)
    house.advance(500.0)
    assert house.held.keys() <= IN_A_CALL.keys()
    house.advance(4 * 3600.0)  # nobody else hangs up
    assert house.held == {}
