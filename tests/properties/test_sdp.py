"""Session descriptions: what is printed is read again, and negotiation is total."""

from hypothesis import given
from hypothesis import strategies as st

from media.sdp import (
    Direction,
    Local,
    Media,
    NotAcceptable,
    RtpMap,
    SdpError,
    SessionDescription,
    agree,
    answer,
    offer,
    parse,
)

words = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789-.", min_size=1, max_size=12)
ports = st.integers(0, 65535)
payload_types = st.integers(0, 127)
addresses = st.one_of(
    st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str), st.just("0.0.0.0")
)
encodings = st.sampled_from(["PCMU", "PCMA", "pcma", "G722", "telephone-event", "opus"])
rtpmaps = st.builds(
    RtpMap, payload_types, encodings, st.sampled_from([8000, 16000, 48000]), st.integers(1, 2)
)
medias = st.builds(
    Media,
    kind=st.sampled_from(["audio", "video", "image"]),
    port=ports,
    protocol=st.sampled_from(["RTP/AVP", "RTP/SAVP", "RTP/AVPF", "udptl"]),
    formats=st.lists(st.one_of(payload_types.map(str), words), max_size=6).map(tuple),
    address=addresses,
    direction=st.sampled_from(Direction),
    rtpmaps=st.lists(rtpmaps, max_size=4).map(tuple),
    parameters=st.lists(st.tuples(words, words), max_size=2).map(tuple),
    ptime=st.integers(0, 200),
    maxptime=st.integers(0, 200),
    rtcp_port=ports,
    attributes=st.lists(words.map(lambda word: f"x-{word}"), max_size=3).map(tuple),
)
descriptions = st.builds(
    SessionDescription,
    session_id=st.integers(0, 2**62).map(str),
    version=st.integers(0, 2**62).map(str),
    media=st.lists(medias, max_size=4).map(tuple),
    address=addresses,
    username=words,
    origin_address=addresses,
    name=words,
)
locals_ = st.builds(
    Local,
    address=addresses,
    port=st.integers(1, 65535),
    session_id=st.integers(0, 2**62),
    version=st.integers(1, 2**31),
    direction=st.sampled_from(Direction),
)


@given(descriptions)
def test_what_is_printed_is_read_again(described: SessionDescription) -> None:
    assert parse(described.to_bytes()) == described


@given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: text.encode())))
def test_any_bytes_are_a_description_or_an_error(body: bytes) -> None:
    try:
        described = parse(body)
    except SdpError:
        return
    assert parse(described.to_bytes()).media is not None


@given(descriptions, locals_)
def test_an_answer_takes_nothing_that_was_not_offered(
    offered: SessionDescription, local: Local
) -> None:
    try:
        body, agreed = answer(offered, local)
    except NotAcceptable:
        return
    answered = parse(body)
    assert [media.kind for media in answered.media] == [media.kind for media in offered.media]
    for ours, theirs in zip(answered.media, offered.media, strict=True):
        assert ours.protocol == theirs.protocol
        if ours.port:
            assert theirs.port
            assert set(ours.formats) <= set(theirs.formats)
            assert not (ours.direction.sends and not theirs.direction.receives)
            assert not (ours.direction.receives and not theirs.direction.sends)
    assert sum(media.port > 0 for media in answered.media) == 1
    assert agreed.receives <= local.direction.receives
    assert agreed.sends <= local.direction.sends


@given(descriptions, locals_)
def test_an_agreement_takes_nothing_that_we_did_not_offer(
    answered: SessionDescription, local: Local
) -> None:
    sent = offer(local, ("PCMA",))
    try:
        agreed = agree(sent, answered)
    except NotAcceptable:
        return
    assert (agreed.codec, agreed.receive_payload_type) == ("PCMA", 8)
    assert agreed.sends <= local.direction.sends
    assert agreed.receives <= local.direction.receives


@given(locals_, locals_)
def test_both_sides_of_an_exchange_see_the_same_thing(caller: Local, called: Local) -> None:
    sent = offer(caller)
    body, theirs = answer(parse(sent), called)
    ours = agree(sent, parse(body))
    assert ours.codec == theirs.codec
    assert (ours.payload_type, ours.event_payload_type) == (
        theirs.receive_payload_type,
        theirs.receive_event_payload_type,
    )
    assert ours.receives >= theirs.sends
    assert ours.sends <= theirs.receives
