import pytest

from softswitch.sip.leg.info import read_digit, write_digit
from softswitch.sip.message import Header, Request

RELAY = "application/dtmf-relay"


def info(body: bytes, kind: str = RELAY) -> Request:
    return Request.build("INFO", "sip:a@b", [(Header.CONTENT_TYPE, kind)], body)


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        (b"Signal=5\r\nDuration=160\r\n", ("5", 160)),
        (b"Signal= 5\nDuration= 160", ("5", 160)),
        (b"signal=*\r\n", ("*", 100)),
        (b"Signal=#\r\nDuration=x", ("#", 100)),
        (b"Signal=a", ("A", 100)),
        (b"Signal=10", ("*", 100)),
        (b"Signal=11", ("#", 100)),
        (b"Signal=15", ("D", 100)),
        (b"Signal=1\r\nDuration=1", ("1", 40)),
        (b"Signal=1\r\nDuration=99999999", ("1", 6000)),
        (b"Duration=160\r\nSignal=7", ("7", 160)),
    ],
)
def test_a_digit_is_read(body: bytes, digit: tuple[str, int]) -> None:
    assert read_digit(info(body)) == digit


@pytest.mark.parametrize("body", [b"", b"5", b"Signal=", b"Signal=16", b"Signal=!", b"\xff", b"="])
def test_what_is_no_digit_is_none(body: bytes) -> None:
    assert read_digit(info(body)) is None


@pytest.mark.parametrize(("body", "key"), [(b"5", "5"), (b" # \r\n", "#"), (b"Signal=2", "2")])
def test_the_other_type_may_be_the_bare_key(body: bytes, key: str) -> None:
    assert read_digit(info(body, "application/dtmf")) == (key, 100)


@pytest.mark.parametrize("body", [b"55", b"x", b""])
def test_and_nothing_else(body: bytes) -> None:
    assert read_digit(info(body, "application/dtmf")) is None


def test_what_is_written_can_be_read() -> None:
    for key in "0123456789ABCD*#":
        assert read_digit(info(write_digit(key, 200))) == (key, 200)
