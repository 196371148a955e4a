"""The lenient reader."""

import pytest

from media.sdp import Direction, RtpMap, SdpError, parse

BARESIP = b"""v=0\r
o=- 2394857 1 IN IP4 192.0.2.5\r
s=-\r
c=IN IP4 192.0.2.5\r
t=0 0\r
a=tool:baresip 1.0.0\r
m=audio 14002 RTP/AVP 0 8 101\r
b=AS:125\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:8 PCMA/8000\r
a=rtpmap:101 telephone-event/8000\r
a=fmtp:101 0-15\r
a=rtcp:14003\r
a=sendrecv\r
a=label:1\r
a=ptime:20\r
"""


def test_a_telephone_s_offer_is_read_whole() -> None:
    described = parse(BARESIP)
    audio = described.media[0]
    assert (described.session_id, described.version) == ("2394857", "1")
    assert (audio.kind, audio.port, audio.protocol) == ("audio", 14002, "RTP/AVP")
    assert audio.address == described.address == "192.0.2.5"
    assert audio.formats == ("0", "8", "101")
    assert audio.rtpmaps[2] == RtpMap(101, "telephone-event", 8000)
    assert audio.parameters == (("101", "0-15"),)
    assert (audio.ptime, audio.rtcp_port) == (20, 14003)
    assert audio.attributes == ("label:1",)


@pytest.mark.parametrize("line_end", [b"\n", b"\r"])
def test_any_line_end_will_do(line_end: bytes) -> None:
    assert parse(BARESIP.replace(b"\r\n", line_end)) == parse(BARESIP)


def test_mandatory_lines_may_be_missing() -> None:
    described = parse(b"c=IN IP4 192.0.2.5\nm=audio 4000 RTP/AVP 0\n")
    assert described.media[0].address == "192.0.2.5"
    assert (described.session_id, described.name) == ("0", "-")


def test_a_connection_of_the_stream_goes_before_that_of_the_session() -> None:
    described = parse(b"v=0\nc=IN IP4 192.0.2.5\nm=audio 4000 RTP/AVP 0\nc=IN IP4 192.0.2.6/127\n")
    assert described.media[0].address == "192.0.2.6"


def test_ipv6_is_read() -> None:
    assert parse(b"v=0\nc=IN IP6 2001:db8::1\nm=audio 4000 RTP/AVP 0\n").media[0].address == (
        "2001:db8::1"
    )


def test_a_direction_of_the_session_holds_for_streams_that_say_none() -> None:
    described = parse(b"v=0\na=inactive\nm=audio 4 RTP/AVP 0\nm=audio 6 RTP/AVP 0\na=recvonly\n")
    directions = [media.direction for media in described.media]
    assert directions == [Direction.INACTIVE, Direction.RECVONLY]


def test_streams_keep_their_order() -> None:
    described = parse(
        b"v=0\nm=video 6000 RTP/AVP 31\nm=audio 4000 RTP/AVP 0\nm=image 5 udptl t38\n"
    )
    assert [media.kind for media in described.media] == ["video", "audio", "image"]


def test_attributes_that_make_no_sense_are_passed_over() -> None:
    described = parse(
        b"v=0\nm=audio 4000/2 RTP/AVP 0\na=rtpmap:x PCMU/8000\na=rtpmap:0\na=rtpmap:0 PCMU/eight\n"
        b"a=ptime:twenty\na=rtcp:99999999\na=\na=rtpmap:300 PCMU/8000\nrubbish\n"
    )
    audio = described.media[0]
    assert audio.rtpmaps == ()
    assert (audio.ptime, audio.rtcp_port, audio.attributes) == (0, 0, ())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\x01\x02",
        b"hello",
        b"v=0\nm=audio\n",
        b"v=0\nm=audio x RTP/AVP 0\n",
        b"v=0\nm=audio 70000 RTP/AVP 0\n",
        b"v=0\nm=audio " + b"9" * 5000 + b" RTP/AVP 0\n",
        b"v=0\nc=IN\n",
        b"v=0\nc=IN IP9 192.0.2.5\n",
        b"v=0\n" + b"m=audio 4000 RTP/AVP 0\n" * 40,
        b"v=0\n" + b"a=x\n" * 20_000,
    ],
)
def test_what_is_no_description_is_an_error_with_words(body: bytes) -> None:
    with pytest.raises(SdpError, match=r"\w+ \w+"):
        parse(body)


@pytest.mark.parametrize("number", ["\u00b2", "\u0668", "0000000008", "-8", "8.0", "128", ""])
def test_a_mapping_of_no_payload_type_is_left_out(number: str) -> None:
    text = f"v=0\nc=IN IP4 192.0.2.1\nm=audio 4 RTP/AVP 0\na=rtpmap:{number} PCMA/8000\n"
    assert parse(text.encode()).media[0].rtpmaps == ()
