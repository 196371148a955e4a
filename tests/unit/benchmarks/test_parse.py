import pytest

from benchmarks.parse import KINDS, answer, messages
from softswitch.sip.message import Request, parse, validate


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_timed_is_sound_and_never_the_same(kind: str) -> None:
    first, second = messages(kind)[:2]
    assert first != second
    message = parse(first)
    validate(message)
    assert message.branch() != parse(second).branch()
    assert message.body == KINDS[kind][2]
    assert parse(message.to_bytes()).lines == message.lines


def test_requests_alone_are_answered() -> None:
    for kind in KINDS:
        message = parse(messages(kind)[0])
        assert (answer(message) is None) is not isinstance(message, Request)
