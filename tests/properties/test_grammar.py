"""Everything that the grammar allows is read, and whatever is done to it harms nobody."""

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softswitch.sip.errors import Refusal
from softswitch.sip.message import Header, Message, Request, parse, validate
from tests.fuzz.script import Edit, Script, Step
from tests.fuzz.stage import Stage
from tests.fuzz.targets import message as read_in_every_way
from tests.fuzz.wounds import wounded
from tests.properties.test_stage import edits
from tests.support.sip_grammar import messages

READERS: tuple[Callable[[Message], object], ...] = (
    *(Message.via, Message.branch, Message.from_, Message.to, Message.cseq, Message.call_id),
    *(Message.contacts, Message.routes, Message.max_forwards, Message.expires),
)
unhurried = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def values_of(message: Message) -> list[object]:
    """Return all that can be read of a message. Raises ParseError."""
    unread = (Header.OTHER, Header.CONTENT_LENGTH)
    lists = [message.values(header) for header in Header if header not in unread]
    return [*(read(message) for read in READERS), lists, message.body]


@given(messages())
@unhurried
def test_all_that_the_grammar_allows_is_read_and_means_the_same_when_it_is_written(
    data: bytes,
) -> None:
    message = parse(data)
    values = values_of(message)
    written = message.to_bytes()
    again = parse(written)
    assert again.to_bytes() == written
    assert values_of(again) == values


@given(messages())
@unhurried
def test_the_strict_reading_objects_to_nothing_but_the_request_uri(data: bytes) -> None:
    message = parse(data)
    try:
        validate(message)
    except Refusal as refusal:
        assert isinstance(message, Request)
        told = {416: "urn:", 400: "?"}[refusal.status]
        assert told in message.uri


@given(messages(), st.lists(edits, min_size=1, max_size=4))
@unhurried
def test_a_wounded_message_is_read_or_refused(data: bytes, chosen: list[Edit]) -> None:
    read_in_every_way(wounded(data, chosen))


@given(messages(), st.lists(edits, max_size=2), st.integers(0, 31))
@unhurried
def test_the_endpoint_gets_over_any_message_from_anybody(
    data: bytes, chosen: list[Edit], who: int
) -> None:
    story = (Step(0, who, 0, 1), Step(2, who, 0, 0, tuple(chosen), data), Step(7, 0, 0, 0))
    Stage().play(Script(story))
