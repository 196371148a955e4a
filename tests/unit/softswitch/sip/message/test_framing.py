"""Messages out of a stream."""

import pytest

from softswitch.sip.message import MOST_HEADER_BYTES
from softswitch.sip.message.framing import Broken, Framer, KeepAlive


def message(body: bytes = b"", headers: bytes = b"") -> bytes:
    return b"BYE sip:a SIP/2.0\r\n%sContent-Length: %d\r\n\r\n%s" % (headers, len(body), body)


def test_messages_are_cut_by_their_length() -> None:
    first, second = message(b"hello"), message()
    assert Framer().receive(first + second) == [first, second]


def test_a_message_may_come_byte_by_byte() -> None:
    framer = Framer()
    stream = message(b"x\r\n\r\ny") + message(b"2")
    items = [item for n in range(len(stream)) for item in framer.receive(stream[n : n + 1])]
    assert items == [message(b"x\r\n\r\ny"), message(b"2")]
    assert framer.pending == 0


def test_a_double_line_end_is_a_ping_and_a_single_one_is_nothing() -> None:
    assert Framer().receive(b"\r\n\r\n" + message()) == [KeepAlive(), message()]
    assert Framer().receive(b"\r\n" + message()) == [message()]
    assert KeepAlive().answer == b"\r\n"


def test_pings_in_one_breath_are_one_question() -> None:
    framer = Framer()
    assert framer.receive(b"\r\n\r\n" * 1000 + message()) == [KeepAlive(), message()]
    assert framer.receive(b"\r\n" * 7) == [KeepAlive()]
    assert framer.receive(b"\r\n") == [KeepAlive()]
    assert framer.pending == 0


def test_a_message_is_cut_when_it_is_asked_for_and_no_sooner() -> None:
    framer = Framer()
    items = framer.cut(message(b"1") + message(b"2"))
    assert next(items) == message(b"1")
    assert framer.pending == len(message(b"2"))
    assert list(items) == [message(b"2")]


def test_half_a_ping_is_waited_for() -> None:
    framer = Framer()
    assert framer.receive(b"\r\n\r") == []
    assert framer.receive(b"\n") == [KeepAlive()]


@pytest.mark.parametrize(
    "headers", [b"l: 3", b"CONTENT-LENGTH :  3", b"Content-Length:\r\n 3", b"l: 3\r\nl: 3"]
)
def test_the_length_is_found_in_any_spelling(headers: bytes) -> None:
    whole = b"BYE sip:a SIP/2.0\r\n" + headers + b"\r\n\r\nabc"
    assert Framer().receive(whole + b"\r\n\r\n") == [whole, KeepAlive()]


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (b"BYE sip:a SIP/2.0\r\nVia: x\r\n\r\n", "content-length-missing"),
        (b"BYE sip:a SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n", "content-lengths-differ"),
        (b"BYE sip:a SIP/2.0\r\nl: -1\r\n\r\n", "content-length-malformed"),
        (b"BYE sip:a SIP/2.0\r\nl: 65537\r\n\r\n", "body-too-long"),
        (b"BYE sip:a SIP/2.0\r\nl: " + b"9" * 5000 + b"\r\n\r\n", "body-too-long"),
        (b"x" * 16385, "headers-too-long"),
        (b"\nBYE", "stray-line-end"),
    ],
)
def test_what_cannot_be_framed_ends_the_connection(data: bytes, slug: str) -> None:
    framer = Framer()
    beginning = [data] if slug.endswith("too-long") else []  # which is answered with 513
    assert framer.receive(message() + data) == [message(), *beginning, Broken(slug)]
    assert framer.receive(message()) == []
    assert framer.pending == 0


def test_endless_headers_are_given_up_in_small_pieces_too() -> None:
    framer = Framer()
    items = [item for _ in range(20) for item in framer.receive(b"X: y\r\n" * 200)]
    beginning, end = items
    assert isinstance(beginning, bytes)
    assert MOST_HEADER_BYTES < len(beginning) < 2 * MOST_HEADER_BYTES
    assert end == Broken("headers-too-long")
