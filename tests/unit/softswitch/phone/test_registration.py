"""Registering with a server that asks for a password."""

from softswitch.identifiers import Identifiers, counted
from softswitch.phone.agent import Phone
from softswitch.phone.events import (
    Complaint,
    PhoneOutput,
    Registered,
    RegistrationFailed,
    Send,
    Unregistered,
)
from softswitch.sip.digest import challenge, ha1, verify
from softswitch.sip.flow import Flow
from softswitch.sip.message import Credentials, Header, Request, Response, parse, respond

FLOW = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.9", 5060))
CONTACT = "<sip:101@192.0.2.1:5060>;expires=120"


def phone(password: str = "secret") -> Phone:
    return Phone("101", password, FLOW, Identifiers(counted()), domain="office")


def sent(outputs: list[PhoneOutput]) -> Request:
    [output] = outputs
    assert isinstance(output, Send)
    message = parse(output.data)
    assert isinstance(message, Request)
    return message


def answer(request: Request, *, stale: bool = False, contact: str = CONTACT) -> Response:
    """Be a registrar that knows one number."""
    text = request.first(Header.AUTHORIZATION)
    secret = ha1("101", "office", "secret")
    if text is None or stale or not verify(Credentials.parse(text), "REGISTER", secret):
        asked = str(challenge("office", "n2" if stale else "n1", is_stale=stale))
        return respond(request, 401, to_tag="s", headers=[(Header.WWW_AUTHENTICATE, asked)])
    return respond(request, 200, to_tag="s", headers=[(Header.CONTACT, contact)])


def test_a_phone_proves_its_password_and_refreshes_in_time() -> None:
    agent = phone()
    first = sent(agent.register(0.0))
    assert first.uri == "sip:office"
    second = sent(agent.receive(answer(first).to_bytes(), 0.0))
    assert second.call_id() == first.call_id()
    assert second.cseq().number == first.cseq().number + 1
    assert second.branch() != first.branch()
    assert agent.receive(answer(second).to_bytes(), 0.0) == [
        Registered(120, ("sip:101@192.0.2.1:5060",))
    ]
    due: list[Request] = []
    while not due:
        assert agent.deadline is not None
        now = agent.deadline
        due = [sent([output]) for output in agent.expire(now)]
    assert now == 90.0
    assert due[0].cseq().number == 3
    assert due[0].first(Header.EXPIRES) == "3600"


def test_a_wrong_password_is_tried_once() -> None:
    agent = phone("wrong")
    second = sent(agent.receive(answer(sent(agent.register(0.0))).to_bytes(), 0.0))
    assert agent.receive(answer(second).to_bytes(), 0.0) == [
        RegistrationFailed(401, "Unauthorized")
    ]


def test_a_stale_nonce_is_no_wrong_password() -> None:
    agent = phone()
    second = sent(agent.receive(answer(sent(agent.register(0.0))).to_bytes(), 0.0))
    third = sent(agent.receive(answer(second, stale=True).to_bytes(), 0.0))
    given = Credentials.parse(third.first(Header.AUTHORIZATION) or "")
    assert (given.nonce, given.nc) == ("n2", "00000001")


def test_too_brief_an_interval_is_made_longer() -> None:
    agent = phone()
    first = sent(agent.register(0.0, expires=10))
    brief = respond(first, 423, to_tag="s", headers=[(Header.MIN_EXPIRES, "60")])
    second = sent(agent.receive(brief.to_bytes(), 0.0))
    assert second.first(Header.EXPIRES) == "60"
    brief = respond(second, 423, to_tag="s", headers=[(Header.MIN_EXPIRES, "60")])
    assert agent.receive(brief.to_bytes(), 0.0) == [RegistrationFailed(423, "Interval Too Brief")]


def test_unregistering_asks_for_no_time_and_refreshes_no_more() -> None:
    agent = phone()
    request = sent(agent.unregister(0.0))
    assert request.first(Header.EXPIRES) == "0"
    assert agent.receive(respond(request, 200, to_tag="s").to_bytes(), 0.0) == [Unregistered()]


def test_a_binding_that_is_not_ours_is_complained_about() -> None:
    for contact in ("<sip:101@192.0.2.7>;expires=5", "<sip:101@192.0.2.1:5060>", "<sip:101"):
        agent = phone()
        second = sent(agent.receive(answer(sent(agent.register(0.0))).to_bytes(), 0.0))
        [complaint] = agent.receive(answer(second, contact=contact).to_bytes(), 0.0)
        assert isinstance(complaint, Complaint)


def test_a_server_that_is_not_there_is_told_after_32_seconds() -> None:
    agent = phone()
    agent.register(0.0)
    outputs: list[PhoneOutput] = []
    while (now := agent.deadline) is not None and now <= 40.0:
        outputs += [o for o in agent.expire(now) if not isinstance(o, Send)]
    assert outputs == [RegistrationFailed(408, "Request Timeout")]
