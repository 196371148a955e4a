"""Whatever bytes come in, the endpoint answers or ignores them; it never raises."""

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.sip.message import Message
from softswitch.sip.vocabulary import Accept, Change, Party, Place, Target
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk
from tests.unit.softswitch.sip.speaking import (
    answer,
    authorized,
    contact_of,
    flow,
    request,
    with_cseq,
)

scraps = st.sampled_from(
    [b"", b"<", b">", b'"', b";", b",", b":", b"\r\n", b" ", b"\xff", b"%00", b"sip:", b"*", b"0"]
)
cuts = st.tuples(st.floats(0.0, 1.0), st.integers(0, 8), scraps)
wounds = st.lists(cuts, min_size=1, max_size=4)


def wounded(message: Message, cuts: list[tuple[float, int, bytes]]) -> bytes:
    """Return the message's bytes with a few replaced."""
    data = message.to_bytes()
    for place, length, scrap in cuts:
        at = int(place * len(data))
        data = data[:at] + scrap + data[at + length :]
    return data


def messages(desk: Desk) -> list[Message]:
    """Return one of each kind that the endpoint would take: two calls are up, and one rings."""
    challenge = desk.send(request("REGISTER", call_id="hello")).response
    leg = desk.offer().leg
    desk.tell(Accept(leg, ANSWER))
    ack = request("ACK", to="102", cseq=2, to_tag=leg)
    desk.send(ack)
    change = desk.tell(Change(leg, OFFER)).request
    target = Target("sip:102@10.0.0.7", flow())
    placed = desk.tell(Place("b", target, Party("101"), "102", OFFER)).request
    register = request("REGISTER", call_id="r", headers=[contact_of()])
    invite = request("INVITE", to="102", call_id="i", headers=[contact_of()], body=OFFER)
    within = [
        request(method, to="102", cseq=9, to_tag=leg, headers=[contact_of()], body=OFFER)
        for method in ("INVITE", "BYE", "INFO", "UPDATE")
    ]
    return [
        authorized(register, challenge, nc=2),
        authorized(invite, challenge, nc=3),
        authorized(request("OPTIONS", call_id="o"), challenge, nc=4),
        ack,
        with_cseq(request("CANCEL", to="102"), 2),
        answer(change, 200, "phone", ANSWER, [contact_of()]),
        answer(placed, 183, "callee", ANSWER),
        answer(placed, 200, "callee", ANSWER, [contact_of("102")]),
        answer(placed, 302, "callee", b"", [contact_of("103")]),
        *within,
    ]


@given(st.integers(0, 12), wounds)
@settings(max_examples=500, deadline=None)
def test_no_wounded_message_is_fatal(which: int, cuts: list[tuple[float, int, bytes]]) -> None:
    desk = Desk()
    desk.send_bytes(wounded(messages(desk)[which], cuts))
    desk.advance(70.0)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_no_noise_is_fatal(data: bytes) -> None:
    Desk().send_bytes(data)
