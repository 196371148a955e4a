"""What can be answered of a request that is too long to be read."""

import pytest

from softswitch.sip.message import beginning
from tests.unit.softswitch.sip.speaking import request

WHOLE = request("INVITE", body=b"v=0\r\n").to_bytes()
HEAD = WHOLE[: WHOLE.index(b"\r\n\r\n")]


def test_the_headers_stand_and_the_body_is_left_out() -> None:
    found = beginning(WHOLE + b"x" * 70_000)
    assert found is not None
    assert found.call_id()
    assert found.body == b""


def test_headers_for_which_there_is_no_room_are_left_out() -> None:
    found = beginning(HEAD + b"\r\nX-More: " + b"x" * 20_000)
    assert found is not None
    assert "X-More" not in found.to_bytes().decode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n" * 10_000,
        b"x" * 20_000,
        b"INVITE sip:101@office SIP/2.0\r\nX: " + b"x" * 20_000 + b"\r\n" + HEAD,
        b"SIP/2.0 200 OK\r\nX: x\r\n\r\n",
    ],
)
def test_what_cannot_be_answered_is_nothing(data: bytes) -> None:
    assert beginning(data) is None
