"""Offer and answer: who sends what to whom, as RFC 3264 has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sdp import (
    EVERY_CODEC,
    Agreed,
    Direction,
    Local,
    NotAcceptable,
    agree,
    answer,
    common,
    direction_of,
    offer,
    parse,
)

OURS = Local(address="198.51.100.1", port=10000, session_id=77)


def offered(*lines: str, formats: str = "0 8 101", port: int = 4000) -> bytes:
    head = "v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\n"
    media = f"m=audio {port} RTP/AVP {formats}\r\n"
    events = "a=rtpmap:101 telephone-event/8000\r\n"
    return f"{head}{media}{events}{''.join(line + chr(10) for line in lines)}".encode()


def test_an_offer_lists_codecs_in_the_order_given_and_events() -> None:
    described = parse(offer(OURS, ("PCMU", "PCMA")))
    audio = described.media[0]
    assert audio.formats == ("0", "8", "101")
    assert [str(rtpmap) for rtpmap in audio.rtpmaps] == [
        "0 PCMU/8000",
        "8 PCMA/8000",
        "101 telephone-event/8000",
    ]
    assert (audio.address, audio.port, audio.ptime) == ("198.51.100.1", 10000, 20)
    assert audio.direction is Direction.SENDRECV


def test_an_offer_over_ipv6_says_so() -> None:
    body = offer(Local(address="2001:db8::1", port=10000, session_id=1))
    assert b"c=IN IP6 2001:db8::1\r\n" in body
    assert parse(body).media[0].address == "2001:db8::1"


def test_the_next_version_keeps_the_session_and_counts_up() -> None:
    held = OURS.changed(Direction.SENDONLY)
    described = parse(offer(held))
    assert (described.session_id, described.version) == ("77", "2")
    assert described.media[0].direction is Direction.SENDONLY
    assert held.changed().direction is Direction.SENDONLY


def test_the_offerer_s_first_codec_is_taken_and_named_alone() -> None:
    body, agreed = answer(parse(offered()), OURS)
    assert parse(body).media[0].formats == ("0", "101")
    assert agreed == Agreed(
        address="192.0.2.5",
        port=4000,
        codec="PCMU",
        payload_type=0,
        receive_payload_type=0,
        event_payload_type=101,
        receive_event_payload_type=101,
        ptime=20,
        sends=True,
        receives=True,
    )


def test_a_preferred_codec_is_taken_if_it_was_offered() -> None:
    assert answer(parse(offered()), OURS, prefer="PCMA")[1].codec == "PCMA"
    assert answer(parse(offered(formats="0 101")), OURS, prefer="PCMA")[1].codec == "PCMU"


def test_only_allowed_codecs_are_taken() -> None:
    assert answer(parse(offered()), OURS, codecs=("PCMA",))[1].codec == "PCMA"
    assert common(parse(offered()), ("PCMA", "PCMU")) == ["PCMU", "PCMA"]


def test_dynamic_payload_types_are_those_of_the_offer() -> None:
    body = offered("a=rtpmap:96 pcma/8000/1", "a=rtpmap:97 telephone-event/8000", formats="96 97")
    answered, agreed = answer(parse(body), OURS)
    assert parse(answered).media[0].formats == ("96", "97")
    assert (agreed.codec, agreed.payload_type, agreed.event_payload_type) == ("PCMA", 96, 97)


WIDE = ("opus", "G722", "PCMA", "PCMU")


def test_an_offer_of_opus_says_its_channels_and_has_events_on_both_clocks() -> None:
    audio = parse(offer(OURS, WIDE)).media[0]
    assert audio.formats == ("111", "9", "8", "0", "110", "101")
    assert [str(rtpmap) for rtpmap in audio.rtpmaps] == [
        "111 opus/48000/2",
        "9 G722/8000",
        "8 PCMA/8000",
        "0 PCMU/8000",
        "110 telephone-event/48000",
        "101 telephone-event/8000",
    ]
    assert dict(audio.parameters)["111"] == "useinbandfec=1"


@pytest.mark.parametrize("name", ["opus/48000/2", "OPUS/48000/2", "opus/48000"])
def test_opus_is_taken_as_it_is_called_and_with_the_events_of_its_clock(name: str) -> None:
    body = offered(
        f"a=rtpmap:96 {name}",
        "a=fmtp:96 maxplaybackrate=16000;useinbandfec=1",
        "a=rtpmap:97 telephone-event/48000",
        formats="96 0 97 101",
    )
    answered, agreed = answer(parse(body), OURS, WIDE)
    assert (agreed.codec, agreed.payload_type, agreed.event_payload_type) == ("opus", 96, 97)
    assert [str(rtpmap) for rtpmap in parse(answered).media[0].rtpmaps] == [
        "96 opus/48000/2",
        "97 telephone-event/48000",
    ]


def test_events_of_another_clock_are_better_than_none() -> None:
    """As baresip has it."""
    body = offered("a=rtpmap:96 opus/48000/2", formats="96 101")
    answered, agreed = answer(parse(body), OURS, WIDE)
    assert (agreed.event_payload_type, agreed.event_clock_rate) == (101, 8000)
    assert b"a=rtpmap:101 telephone-event/8000\r\n" in answered
    ours = agree(offer(OURS, WIDE), parse(body))
    assert (ours.event_payload_type, ours.receive_event_payload_type) == (101, 101)
    assert ours.event_clock_rate == 8000


def test_events_on_the_clock_of_the_codec_are_preferred() -> None:
    body = offered(
        "a=rtpmap:96 opus/48000/2", "a=rtpmap:97 telephone-event/48000", formats="101 96 97"
    )
    agreed = answer(parse(body), OURS, WIDE)[1]
    assert (agreed.event_payload_type, agreed.event_clock_rate) == (97, 0)


@pytest.mark.parametrize("name", ["opus/16000/2", "opus/48000/6", "G722/16000", "PCMU/8000/2"])
def test_a_codec_on_another_clock_is_another_codec(name: str) -> None:
    with pytest.raises(NotAcceptable):
        answer(parse(offered(f"a=rtpmap:96 {name}", formats="96")), OURS, WIDE)


@pytest.mark.parametrize("line", ["", "a=rtpmap:9 G722/8000", "a=rtpmap:9 g722/8000/1"])
def test_g722_is_known_by_its_number_and_answered_with_its_false_clock(line: str) -> None:
    body, agreed = answer(parse(offered(line, formats="9 101")), OURS, WIDE)
    assert (agreed.codec, agreed.event_payload_type) == ("G722", 101)
    assert b"a=rtpmap:9 G722/8000\r\n" in body


def test_one_number_may_mean_another_codec_on_each_side() -> None:
    sent = offer(OURS, WIDE)
    body = offered(
        "a=rtpmap:111 telephone-event/48000",
        "a=rtpmap:110 opus/48000/2",
        "a=rtpmap:9 G722/8000",
        formats="110 9 111",
    )
    agreed = agree(sent, parse(body))
    assert agreed.codec == "opus"
    assert (agreed.payload_type, agreed.receive_payload_type) == (110, 111)
    assert (agreed.event_payload_type, agreed.receive_event_payload_type) == (111, 110)
    assert agreed.also_receives == ((9, "G722"),)


def test_without_being_asked_anybody_is_offered_g722_and_nobody_opus() -> None:
    assert EVERY_CODEC == ("G722", "PCMA", "PCMU")
    assert b"opus" not in offer(OURS)


def test_the_first_audio_that_we_could_speak_is_taken() -> None:
    body = (
        b"v=0\r\nc=IN IP4 192.0.2.5\r\nm=audio 4000 RTP/AVP 18\r\nm=audio 4002 RTP/SAVP 0\r\n"
        b"m=audio 4004 RTP/AVP 8 0\r\na=sendonly\r\nm=audio 4006 RTP/AVP 0\r\n"
    )
    answered, agreed = answer(parse(body), OURS)
    lines = [line for line in answered.decode().split("\r\n") if line.startswith("m=")]
    assert lines == [
        "m=audio 0 RTP/AVP 18",
        "m=audio 0 RTP/SAVP 0",
        "m=audio 10000 RTP/AVP 8",
        "m=audio 0 RTP/AVP 0",
    ]
    assert agreed.port == 4004
    assert direction_of(parse(body)) is Direction.SENDONLY


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Return an offer of any codecs behind any dynamic numbers."""
    names = draw(st.lists(st.sampled_from(WIDE), min_size=1, unique=True))
    free = draw(st.permutations([96, 97, 100, *range(102, 128)]))  # 101 is mapped already
    lines, formats = [], []
    for name, number in zip(names, free, strict=False):
        case = draw(st.sampled_from([str.upper, str.lower, str.title]))
        clock = "48000/2" if name == "opus" else "8000"
        formats.append(str(number))
        lines.append(f"a=rtpmap:{number} {case(name)}/{clock}")
    for clock, number in zip(("8000", "48000"), free[len(names) :], strict=False):
        if draw(st.booleans()):
            formats.append(str(number))
            lines.append(f"a=rtpmap:{number} telephone-event/{clock}")
    return offered(*lines, formats=" ".join(formats))


@given(bodies(), st.permutations(WIDE), st.sampled_from(WIDE))
def test_both_sides_understand_the_same_of_any_offer(
    body: bytes, ours: list[str], prefer: str
) -> None:
    answered, agreed = answer(parse(body), OURS, ours, prefer)
    theirs = agree(body, parse(answered))
    assert (theirs.codec, theirs.payload_type) == (agreed.codec, agreed.payload_type)
    assert theirs.event_payload_type == agreed.event_payload_type
    assert agreed.codec == prefer or prefer not in common(parse(body), ours)
    assert len(parse(answered).media[0].formats) == 1 + (agreed.event_payload_type >= 0)


@given(st.permutations(WIDE), bodies())
def test_any_answer_to_our_offer_is_read_by_name(codecs: list[str], body: bytes) -> None:
    sent, described = offer(OURS, codecs), parse(body)
    agreed = agree(sent, described)
    assert agreed.codec == common(described, codecs)[0]
    mapped = {str(rtpmap).split()[0]: rtpmap.name for rtpmap in parse(sent).media[0].rtpmaps}
    assert mapped[str(agreed.receive_payload_type)] == agreed.codec
    for number, name in agreed.also_receives:
        assert mapped[str(number)] == name


def test_events_on_another_clock_are_not_taken() -> None:
    body = offered("a=rtpmap:98 telephone-event/48000", formats="0 98")
    assert answer(parse(body), OURS)[1].event_payload_type == -1


def test_a_static_number_that_is_mapped_otherwise_is_what_it_is_mapped_to() -> None:
    with pytest.raises(NotAcceptable):
        answer(parse(offered("a=rtpmap:0 speex/8000", formats="0")), OURS)


@pytest.mark.parametrize(
    ("theirs", "ours", "sends", "receives"),
    [
        ("sendrecv", "sendrecv", True, True),
        ("sendonly", "recvonly", False, True),
        ("recvonly", "sendonly", True, False),
        ("inactive", "inactive", False, False),
    ],
)
def test_hold_is_answered_by_its_mirror(
    theirs: str, ours: str, *, sends: bool, receives: bool
) -> None:
    body, agreed = answer(parse(offered(f"a={theirs}")), OURS)
    assert parse(body).media[0].direction == ours
    assert (agreed.sends, agreed.receives) == (sends, receives)
    assert agreed.direction == ours


def test_hold_by_the_zero_address_stops_our_sending() -> None:
    held = parse(offered().replace(b"c=IN IP4 192.0.2.5", b"c=IN IP4 0.0.0.0"))
    body, agreed = answer(held, OURS)
    assert direction_of(held) is Direction.SENDONLY
    assert parse(body).media[0].direction is Direction.RECVONLY
    assert (agreed.address, agreed.sends) == ("", False)


def test_other_streams_are_refused_in_their_place() -> None:
    body = (
        b"v=0\r\nc=IN IP4 192.0.2.5\r\nm=video 6000 RTP/AVP 31 34\r\nm=audio 4000 RTP/AVP 8\r\n"
        b"m=audio 4002 RTP/AVP 0\r\nm=image 5000 udptl t38\r\n"
    )
    answered, agreed = answer(parse(body), OURS)
    lines = [line for line in answered.decode().split("\r\n") if line.startswith("m=")]
    assert lines == [
        "m=video 0 RTP/AVP 31 34",
        "m=audio 10000 RTP/AVP 8",
        "m=audio 0 RTP/AVP 0",
        "m=image 0 udptl t38",
    ]
    assert agreed.port == 4000


@pytest.mark.parametrize(
    "body",
    [
        offered(formats="3 18"),
        offered(port=0),
        offered().replace(b"RTP/AVP", b"RTP/SAVP"),
        b"v=0\r\n",
        b"v=0\r\nm=audio 4000 RTP/AVP\r\n",
    ],
)
def test_nothing_in_common_is_not_acceptable(body: bytes) -> None:
    with pytest.raises(NotAcceptable):
        answer(parse(body), OURS)


@pytest.mark.parametrize(
    ("asked", "ptime"),
    [("20", 20), ("40", 40), ("30", 30), ("25", 20), ("10", 10), ("1", 10), ("0", 20), ("200", 60)],
)
def test_packets_are_as_long_as_the_peer_likes_if_we_can(asked: str, ptime: int) -> None:
    assert answer(parse(offered(f"a=ptime:{asked}")), OURS)[1].ptime == ptime


def test_a_longest_packet_is_kept_to() -> None:
    assert answer(parse(offered("a=ptime:40", "a=maxptime:20")), OURS)[1].ptime == 20
    assert answer(parse(offered("a=maxptime:10")), OURS)[1].ptime == 10


@pytest.mark.parametrize(("asked", "ptime"), [("30", 20), ("50", 40), ("60", 60), ("120", 60)])
def test_opus_has_no_packets_of_30_or_50_ms(asked: str, ptime: int) -> None:
    body = offered("a=rtpmap:96 opus/48000/2", f"a=ptime:{asked}", formats="96")
    assert answer(parse(body), OURS, ("opus",))[1].ptime == ptime


@pytest.mark.parametrize("address", ["phone.example", "239.1.1.1", "::", "fe80::1%eth0"])
def test_what_is_no_address_of_one_host_is_left_to_be_learned(address: str) -> None:
    body = offered().replace(b"c=IN IP4 192.0.2.5", f"c=IN IP4 {address}".encode())
    assert answer(parse(body), OURS)[1].address == ""


def test_the_answer_s_first_codec_is_what_both_agree_on() -> None:
    sent = offer(OURS, ("PCMA", "PCMU"))
    agreed = agree(sent, parse(offered("a=ptime:20")))
    assert (agreed.codec, agreed.payload_type, agreed.receive_payload_type) == ("PCMU", 0, 0)


def test_numbers_may_differ_between_the_sides() -> None:
    body = offered("a=rtpmap:96 PCMA/8000", "a=rtpmap:97 telephone-event/8000", formats="96 97")
    agreed = agree(offer(OURS), parse(body))
    assert (agreed.payload_type, agreed.receive_payload_type) == (96, 8)
    assert (agreed.event_payload_type, agreed.receive_event_payload_type) == (97, 101)


def test_events_need_both_sides() -> None:
    agreed = agree(offer(OURS), parse(offered(formats="8")))
    assert (agreed.event_payload_type, agreed.receive_event_payload_type) == (-1, -1)


def test_our_hold_is_kept_whatever_the_answer_says() -> None:
    sent = offer(OURS.changed(Direction.SENDONLY))
    agreed = agree(sent, parse(offered("a=sendrecv")))
    assert agreed.direction is Direction.SENDONLY
    assert agree(sent, parse(offered("a=inactive"))).direction is Direction.INACTIVE


@pytest.mark.parametrize("body", [offered(port=0), offered(formats="3"), b"v=0\r\n"])
def test_a_refusing_answer_is_not_acceptable(body: bytes) -> None:
    with pytest.raises(NotAcceptable):
        agree(offer(OURS), parse(body))


def test_what_we_offer_and_what_we_answer_agree() -> None:
    sent = offer(OURS, ("PCMA", "PCMU"))
    peer = Local(address="203.0.113.9", port=20000, session_id=5)
    body, theirs = answer(parse(sent), peer)
    ours = agree(sent, parse(body))
    assert theirs.codec == ours.codec == "PCMA"
    assert (ours.address, ours.port) == ("203.0.113.9", 20000)
    assert (theirs.address, theirs.port) == ("198.51.100.1", 10000)


def test_of_an_answer_with_two_codecs_the_second_may_be_sent_too() -> None:
    ours = offer(OURS)
    agreed = agree(ours, parse(offered()))
    assert (agreed.codec, agreed.receive_payload_type) == ("PCMU", 0)
    assert agreed.also_receives == ((8, "PCMA"),)


def test_of_an_answer_with_one_codec_no_other_may_be_sent() -> None:
    agreed = agree(offer(OURS), parse(offered(formats="8")))
    assert agreed.also_receives == ()


def test_of_an_answer_with_two_codecs_the_other_side_s_is_sent() -> None:
    answered = parse(offered(formats="9 8"))
    agreed = agree(offer(OURS, WIDE), answered, prefer=("PCMU", "PCMA"))
    assert (agreed.codec, agreed.also_receives) == ("PCMA", ((9, "G722"),))
    assert agree(offer(OURS, WIDE), answered, prefer=("opus",)).codec == "G722"
