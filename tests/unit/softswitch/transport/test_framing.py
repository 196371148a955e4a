from softswitch.transport.framing import Answer, Ended, StreamFraming

WHOLE = b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 2\r\n\r\nab"


def test_messages_and_pings_come_in_their_order() -> None:
    framing = StreamFraming()
    assert list(framing.receive(WHOLE + b"\r\n\r\n" + WHOLE)) == [WHOLE, Answer(b"\r\n"), WHOLE]
    assert not framing.is_pending


def test_two_messages_split_at_every_byte_are_put_together() -> None:
    for cut in range(1, 2 * len(WHOLE)):
        framing = StreamFraming()
        stream = WHOLE * 2
        first = list(framing.receive(stream[:cut]))
        assert framing.is_pending == (cut != len(WHOLE))
        assert first + list(framing.receive(stream[cut:])) == [WHOLE, WHOLE]


def test_garbage_between_messages_ends_the_stream() -> None:
    framing = StreamFraming()
    assert list(framing.receive(WHOLE + b"\n\0" + WHOLE)) == [WHOLE, Ended("stray-line-end")]
    assert list(framing.receive(WHOLE)) == []


def test_messages_go_as_they_are() -> None:
    framing = StreamFraming()
    assert framing.is_ready
    assert framing.frame(WHOLE) == WHOLE
    assert framing.ping() == b"\r\n\r\n"
    assert framing.farewell() == b""


def test_many_pings_at_once_are_answered_once() -> None:
    assert list(StreamFraming().receive(b"\r\n\r\n" * 50 + WHOLE)) == [Answer(b"\r\n"), WHOLE]
