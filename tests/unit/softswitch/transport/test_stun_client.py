import pytest

from softswitch.transport.stun import (
    ERROR,
    ERROR_CODE,
    REQUEST,
    SUCCESS,
    XOR_MAPPED_ADDRESS,
    Message,
    mapped_address,
)
from softswitch.transport.stun_client import Ask, Ignored, Output, Seen, StunClient, Unanswered

TRANSACTION = bytes(range(12))
REQUESTED = Ask(bytes(Message(REQUEST, TRANSACTION)))


def seen_from(host: str, transaction: bytes = TRANSACTION) -> bytes:
    value = mapped_address(host, 5060, transaction)
    return bytes(Message(SUCCESS, transaction, ((XOR_MAPPED_ADDRESS, value),)))


@pytest.fixture
def client() -> StunClient:
    client = StunClient(TRANSACTION, 4)
    assert client.begin(0.0) == [REQUESTED]
    return client


def test_a_server_that_is_silent_is_asked_seven_times(client: StunClient) -> None:
    happened: list[tuple[float, Output]] = []
    while client.deadline is not None:
        now = client.deadline
        happened += [(now, output) for output in client.expire(now)]
    assert happened == [
        *((at, REQUESTED) for at in (0.5, 1.5, 3.5, 7.5, 15.5, 31.5)),
        (39.5, Unanswered("the server does not answer")),
    ]


def test_nothing_is_asked_before_its_time(client: StunClient) -> None:
    assert client.expire(0.4) == []


def test_the_answer_is_where_we_were_seen(client: StunClient) -> None:
    assert client.receive(seen_from("203.0.113.5"), 0.1) == [Seen("203.0.113.5", 5060)]
    assert client.deadline is None
    assert client.expire(100.0) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SIP/2.0 200 OK\r\n\r\n",
        seen_from("203.0.113.5", bytes(12)),
        bytes(Message(REQUEST, TRANSACTION)),
        bytes(Message(SUCCESS, TRANSACTION, ((0x7777, b""),))),
    ],
)
def test_what_is_no_answer_of_ours_is_ignored(client: StunClient, data: bytes) -> None:
    [output] = client.receive(data, 0.1)
    assert isinstance(output, Ignored)
    assert client.deadline == 0.5


def test_an_answer_that_comes_twice_is_taken_once(client: StunClient) -> None:
    client.receive(seen_from("203.0.113.5"), 0.1)
    assert client.receive(seen_from("203.0.113.5"), 0.2) == [Ignored("stun-not-ours")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bytes(Message(ERROR, TRANSACTION, ((ERROR_CODE, b"\0\0\x05\0"),))), "error 500"),
        (bytes(Message(SUCCESS, TRANSACTION)), "names no address"),
        (seen_from("2001:db8::1"), "2001:db8::1, which cannot be ours"),
        (seen_from("0.0.0.0"), "0.0.0.0, which cannot be ours"),
        (seen_from("224.0.0.1"), "224.0.0.1, which cannot be ours"),
    ],
)
def test_an_answer_that_helps_nobody_ends_it(client: StunClient, data: bytes, words: str) -> None:
    [output] = client.receive(data, 0.1)
    assert isinstance(output, Unanswered)
    assert words in output.reason
    assert client.deadline is None
