"""RTP and RTCP: what we write is what we read, and no bytes do harm."""

from hypothesis import given
from hypothesis import strategies as st

from media.control import Bridge
from media.rtp import rtcp, xr
from media.rtp.header import RtpPacket, payload_span
from media.rtp.rtcp import Report, ReportBlock, SenderInfo
from media.rtp.xr import VoipMetrics
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


share = st.integers(0, 255).map(lambda units: units / 256)
time = st.integers(0, 0xFFFF)
score = st.none() | st.integers(10, 50).map(lambda tenths: tenths / 10)
metrics = st.builds(
    VoipMetrics,
    ssrc=word,
    loss=share,
    discard=share,
    burst_density=share,
    gap_density=share,
    burst_ms=time,
    gap_ms=time,
    round_trip_ms=time,
    end_system_delay_ms=time,
    level=st.none() | st.integers(-127, 0).map(float),
    r_factor=st.none() | st.integers(0, 100).map(float),
    mos_listening=score,
    mos_conversational=score,
)


@given(word, metrics)
def test_metrics_come_back_as_they_were(ssrc: int, said: VoipMetrics) -> None:
    assert xr.parse(rtcp.report(ssrc, None, ()) + xr.report(ssrc, said)) == [said]


@given(st.binary(max_size=100), st.integers(0, 0xFFFF))
def test_any_bytes_in_an_extended_report_are_some_metrics(data: bytes, words: int) -> None:
    found = xr.parse(bytes((0x80, 207)) + words.to_bytes(2, "big") + data)
    found += xr.parse(rtcp.packet(207, 0, 1, data[: len(data) // 4 * 4]))
    assert all(isinstance(each, VoipMetrics) for each in found)


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


STRANGERS = [("6.6.6.6", 4000), ("6.6.6.6", 4001), ("10.0.0.3", 4000)]

control = st.one_of(
    st.binary(max_size=60),
    st.builds(rtcp.report, word, st.none() | senders, st.lists(blocks, max_size=3)),
    st.builds(
        lambda ssrc, said: rtcp.report(ssrc, None, ()) + xr.report(ssrc, said), word, metrics
    ),
)


@given(
    st.lists(
        st.tuples(st.integers(0, 1), packets.map(bytes), control, st.sampled_from(STRANGERS)),
        max_size=30,
    ),
    st.booleans(),
)
def test_a_stranger_is_sent_nothing_whatever_it_sends(
    noise: list[tuple[int, bytes, bytes, tuple[str, int]]], is_echo: bool
) -> None:
    bench = Bench(rows=2)
    one, two = bench.pair()
    if is_echo:
        bench.do(Bridge(1, 1), Bridge(2, 2))
    for which, speech, report, source in noise:
        port = (one, two)[which].port
        bench.backend.deliver(port, speech, source)
        bench.backend.deliver(port + 1, report, source)
        bench.poll()
    bench.advance(11.0)
    for host, port in STRANGERS:
        assert bench.datagrams_to((host, port)) == []
        assert bench.datagrams_to((host, port + 1)) == []


@given(st.lists(st.tuples(packets, control), min_size=1, max_size=30))
def test_an_echo_sends_no_more_than_it_gets_and_reports_are_no_answers(
    sent: list[tuple[RtpPacket, bytes]],
) -> None:
    bench = Bench(rows=2)
    one = bench.peer(1)
    bench.do(Bridge(1, 1))
    host, port = one.address
    for packet, report in sent:
        one.send(packet)
        bench.backend.deliver(one.port + 1, report, (host, port + 1))
        bench.poll()
        bench.advance(0.01)
    echoed = bench.datagrams_to(one.address)
    assert len(echoed) <= len(sent)
    assert sum(map(len, echoed)) <= sum(len(bytes(packet)) for packet, _ in sent)
    assert bench.datagrams_to((host, port + 1)) == []
    bench.advance(5.0)
    assert len(bench.datagrams_to((host, port + 1))) <= 1
