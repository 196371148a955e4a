"""RTP and RTCP: what we write is what we read, and no bytes do harm."""

from hypothesis import given
from hypothesis import strategies as st

from media.control import Bridge
from media.rtp import rtcp
from media.rtp.header import RtpPacket, payload_span
from media.rtp.rtcp import Report, ReportBlock, SenderInfo
from tests.unit.media.bench import Bench

word = st.integers(0, 0xFFFFFFFF)

packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp=word,
    ssrc=word,
    payload=st.binary(max_size=400),
    marker=st.booleans(),
)

blocks = st.builds(
    ReportBlock,
    ssrc=word,
    fraction_lost=st.integers(0, 255),
    lost=st.integers(-0x800000, 0x7FFFFF),
    highest=word,
    jitter=word,
    last_report=word,
    delay=word,
)

senders = st.builds(
    SenderInfo, ntp=st.integers(0, 2**64 - 1), timestamp=word, packets=word, octets=word
)


@given(packets)
def test_a_packet_comes_back_as_it_was(packet: RtpPacket) -> None:
    assert RtpPacket.parse(bytes(packet)) == packet


@given(st.binary(min_size=12, max_size=100))
def test_a_payload_lies_within_its_packet(data: bytes) -> None:
    span = payload_span(data)
    assert span is None or 12 <= span[0] <= span[1] <= len(data)


@given(word, st.none() | senders, st.lists(blocks, max_size=31))
def test_a_report_comes_back_as_it_was(
    ssrc: int, sender: SenderInfo | None, list_of: list[ReportBlock]
) -> None:
    assert rtcp.parse(rtcp.report(ssrc, sender, list_of)) == [Report(ssrc, sender, tuple(list_of))]


@given(st.binary(max_size=200))
def test_any_bytes_are_some_reports(data: bytes) -> None:
    assert all(isinstance(each, Report) for each in rtcp.parse(data))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=60)), max_size=30),
    st.lists(packets, max_size=10),
)
def test_no_bytes_disturb_the_engine(noise: list[tuple[int, bytes]], wild: list[RtpPacket]) -> None:
    bench = Bench(rows=2)
    one, two = bench.pair()
    bench.do(Bridge(1, 2))
    for offset, data in noise:
        bench.backend.deliver(one.port + offset, data, one.address)
    one.send(*wild)
    bench.advance(0.5)
    two.heard()
    one.talk()
    for packet in two.heard():
        assert len(packet.payload) <= 1500


@given(st.lists(st.sampled_from("adl"), min_size=1, max_size=60))
def test_output_has_the_gaps_of_the_input_and_no_others(fates: list[str]) -> None:
    """Packets arrive, arrive twice, or are lost."""
    bench = Bench(rows=2)
    one, two = bench.pair()
    arrived: list[int] = []
    for k, fate in enumerate(fates):
        packet = one.packet(bytes([k]) * 160)
        copies = {"a": 1, "d": 2, "l": 0}[fate]
        one.send(*[packet] * copies)
        arrived += [k] * copies
        bench.poll()
        bench.advance(0.02)
    heard = two.heard()
    assert [packet.payload[0] for packet in heard] == arrived
    if heard:
        first = heard[0].sequence
        assert [(p.sequence - first) & 0xFFFF for p in heard] == [k - arrived[0] for k in arrived]
