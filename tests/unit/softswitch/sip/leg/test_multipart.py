import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.sip.leg.multipart import Part, read_parts

SDP = b"v=0\r\ns=-\r\n"
HELLO = b"Content-Type: text/plain\r\n\r\nhello"


def body(*parts: bytes, end: bytes = b"--b--\r\n") -> bytes:
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end


def test_parts_are_read_in_their_order() -> None:
    session = b"c: application/SDP;x=1\r\nContent-Disposition: Session;handling=required\r\n\r\n"
    assert read_parts("Multipart/Mixed; boundary=b", body(HELLO, session + SDP)) == [
        Part("text/plain", "", False, b"hello"),
        Part("application/sdp", "session", True, SDP),
    ]


@pytest.mark.parametrize("boundary", ['boundary="b"', "charset=x ; BOUNDARY = b;y=z"])
def test_a_boundary_may_be_quoted(boundary: str) -> None:
    assert len(read_parts(f"multipart/related;{boundary}", body(HELLO))) == 1


def test_what_precedes_the_first_and_follows_the_last_is_no_part() -> None:
    around = b"before\r\n" + body(HELLO) + b"--b\r\n" + HELLO
    assert len(read_parts("multipart/mixed;boundary=b", around)) == 1


def test_a_part_without_headers_is_text() -> None:
    read = read_parts("multipart/mixed;boundary=b", body(b"\r\nhello"))
    assert read == [Part("text/plain", "", False, b"hello")]


@pytest.mark.parametrize("header", [b"Content-Transfer-Encoding: base64", b"e: gzip"])
def test_a_part_that_is_encoded_has_nothing_to_be_read(header: bytes) -> None:
    (part,) = read_parts("multipart/mixed;boundary=b", body(header + b"\r\n" + HELLO))
    assert part.body == b""


@pytest.mark.parametrize("kind", ["application/sdp;boundary=b", "multipart/mixed", ""])
def test_what_is_no_multipart_has_no_parts(kind: str) -> None:
    assert read_parts(kind, body(HELLO)) == []


def test_no_more_than_eight_parts_are_read() -> None:
    assert len(read_parts("multipart/mixed;boundary=b", body(*[HELLO] * 100))) == 8


@given(st.lists(st.sampled_from([b"--b", b"--b--", b"\r\n", b":", b"x", b"\xff", HELLO])))
def test_nothing_that_comes_raises(pieces: list[bytes]) -> None:
    assert len(read_parts("multipart/mixed;boundary=b", b"".join(pieces))) <= 8
