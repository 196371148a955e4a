"""Directions, and how a description prints."""

import pytest

from media.sdp import Direction, Media, RtpMap, SessionDescription


@pytest.mark.parametrize(
    ("offered", "answered"),
    [
        (Direction.SENDRECV, Direction.SENDRECV),
        (Direction.SENDONLY, Direction.RECVONLY),
        (Direction.RECVONLY, Direction.SENDONLY),
        (Direction.INACTIVE, Direction.INACTIVE),
    ],
)
def test_a_direction_is_answered_by_its_mirror(offered: Direction, answered: Direction) -> None:
    assert offered.answered_by(Direction.SENDRECV) is answered


def test_an_answer_never_does_more_than_the_answerer_wants() -> None:
    assert Direction.SENDRECV.answered_by(Direction.RECVONLY) is Direction.RECVONLY
    assert Direction.SENDONLY.answered_by(Direction.SENDONLY) is Direction.INACTIVE
    assert Direction.SENDRECV.answered_by(Direction.INACTIVE) is Direction.INACTIVE


@pytest.mark.parametrize("direction", list(Direction))
def test_a_direction_is_made_of_what_it_says(direction: Direction) -> None:
    assert Direction.of(sends=direction.sends, receives=direction.receives) is direction


def test_a_description_prints_its_lines_in_order() -> None:
    audio = Media(
        kind="audio",
        port=4000,
        protocol="RTP/AVP",
        formats=("8", "96"),
        address="192.0.2.9",
        direction=Direction.SENDONLY,
        rtpmaps=(RtpMap(8, "PCMA", 8000), RtpMap(96, "opus", 48000, 2)),
        parameters=(("96", "useinbandfec=1"),),
        ptime=20,
        maxptime=60,
        rtcp_port=4007,
        attributes=("label:1",),
    )
    described = SessionDescription("7", "2", (audio,), "192.0.2.1", "bob", "192.0.2.1", "call")
    assert described.to_bytes().decode().split("\r\n") == [
        "v=0",
        "o=bob 7 2 IN IP4 192.0.2.1",
        "s=call",
        "c=IN IP4 192.0.2.1",
        "t=0 0",
        "m=audio 4000 RTP/AVP 8 96",
        "c=IN IP4 192.0.2.9",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:96 opus/48000/2",
        "a=fmtp:96 useinbandfec=1",
        "a=ptime:20",
        "a=maxptime:60",
        "a=rtcp:4007",
        "a=label:1",
        "a=sendonly",
        "",
    ]
