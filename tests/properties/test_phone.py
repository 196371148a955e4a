"""The phone stays on its feet, whatever the server says."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.softswitch.phone.pair import Pair

NOISE = [b"\r\n", b"\r\n ", b'"', b"<", b">", b";", b",", b"\0", b"\xff", b":", b" ", b"9", b"=x"]


def whole_call() -> list[bytes]:
    """Return what Alice hears in a call with everything in it."""
    pair = Pair()
    pair.call()
    pair.carry(pair.bob, pair.bob.ring("102/1", 0.0))
    pair.carry(pair.bob, pair.bob.progress("102/1", b"early", 0.0))
    pair.carry(pair.bob, pair.bob.answer("102/1", b"answer", 0.0))
    pair.carry(pair.bob, pair.bob.reinvite("102/1", b"hold", 1.0))
    pair.carry(pair.alice, pair.alice.answer("101/1", b"held", 1.0))
    pair.carry(pair.bob, pair.bob.hang_up("102/1", 2.0))
    return [data for sender, data in pair.bytes if sender == "102"]


MESSAGES = whole_call()


@st.composite
def heard(draw: st.DrawFn) -> list[bytes]:
    """Messages of a real call, some left out, repeated, out of order or damaged."""
    messages = []
    for data in draw(st.lists(st.sampled_from(MESSAGES), max_size=10)):
        damaged = bytearray(data)
        for _ in range(draw(st.integers(0, 2))):
            at = draw(st.integers(0, len(damaged)))
            damaged[at : at + draw(st.integers(0, 3))] = draw(st.sampled_from(NOISE))
        messages.append(bytes(damaged))
    return messages


@given(heard())
def test_whatever_comes_every_call_can_be_ended(messages: list[bytes]) -> None:
    pair = Pair()
    phone = pair.alice
    phone.call("102", b"offer", 0.0)
    for index, data in enumerate(messages):
        phone.receive(data, index * 0.1)
    for view in phone.dialogs():
        phone.hang_up(view.call, 2.0)
    now = 2.0
    for _ in range(200):
        if phone.deadline is None:
            break
        now = max(now, phone.deadline)
        phone.expire(now)
    assert phone.deadline is None
    assert phone.dialogs() == []
