import pytest

from softswitch.sip.leg.body import is_unreadable, session_description
from softswitch.sip.message import Request

SDP = b"v=0\r\ns=-\r\n"
MIXED = "multipart/mixed;boundary=b"


def message(kind: str, body: bytes) -> Request:
    return Request.build("INVITE", "sip:102@10.0.0.1", (), body, kind)


def mixed(*parts: tuple[str, bytes]) -> Request:
    text = b"".join(f"--b\r\n{head}\r\n\r\n".encode() + body + b"\r\n" for head, body in parts)
    return message(MIXED, text + b"--b--")


SESSION = ("Content-Type: application/sdp", SDP)


@pytest.mark.parametrize(
    "found",
    [
        message("Application/SDP", SDP),
        mixed(SESSION),
        mixed(("Content-Type: application/isup\r\nContent-Disposition: x;handling=optional", b"1"),
              SESSION),
        mixed(("Content-Type: application/pidf+xml", b"<presence/>"), SESSION),
        mixed(("Content-Type: application/sdp\r\nContent-Disposition: early-session", b"v=1"),
              SESSION),
    ],
)  # fmt: skip
def test_the_session_is_found_alone_and_among_others(found: Request) -> None:
    assert session_description(found) == SDP
    assert not is_unreadable(found)


@pytest.mark.parametrize(
    "odd",
    [
        message("text/plain", b"hello"),
        message(MIXED, SDP),
        mixed(("Content-Type: text/plain", b"hello")),
        mixed(("Content-Type: application/sdp\r\nContent-Transfer-Encoding: base64", b"dj0w")),
        mixed(SESSION, ("Content-Type: application/isup\r\n"
                        "Content-Disposition: signal;handling=required", b"1")),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_told(odd: Request) -> None:
    assert is_unreadable(odd)


def test_nothing_is_no_session_and_understood() -> None:
    assert session_description(message("", b"")) == b""
    assert not is_unreadable(message("", b""))
