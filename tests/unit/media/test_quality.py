"""Quality as the switch is told of it: once a second, and at the end."""

import numpy as np
import pytest

from media.control import Bridge, Close, Closed, Event, Open, Silence
from media.measuring import Measure, Quality, Statistics
from media.rtp import rtcp, xr
from media.rtp.header import RtpPacket
from media.rtp.xr import VoipMetrics
from tests.unit.media.bench import Bench, Peer, tone


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.do(Measure(1.0))
    return bench


def told(events: list[Event]) -> list[Quality]:
    return [event for event in events if isinstance(event, Quality)]


def ended(bench: Bench, stream: int) -> Statistics:
    (closed,) = (event for event in bench.do(Close(stream)) if isinstance(event, Closed))
    return closed.statistics


def talk(bench: Bench, peer: Peer, seconds: float, *, lose: int = 0) -> list[Event]:
    """Talk, and lose one packet of each `lose`."""
    events: list[Event] = []
    for k in range(round(seconds * 50)):
        packet = peer.packet(b"\x11" * 160)
        if not lose or k % lose != lose - 1:
            peer.send(packet)
        events += bench.poll()
        events += bench.advance(0.02)
    return events


def control(bench: Bench, peer: Peer, *packets: bytes) -> None:
    data = rtcp.report(peer.ssrc, None, ()) if not packets else b"".join(packets)
    bench.backend.deliver(peer.port + 1, data, (peer.address[0], peer.address[1] + 1))
    bench.poll()


def own_ssrc(bench: Bench, peer: Peer) -> int:
    (packet, *_) = peer.heard()
    return packet.ssrc


def test_one_event_a_second_tells_of_all_streams_that_something_came_by(bench: Bench) -> None:
    one, _two = bench.pair()
    three = bench.peer(3)
    events = told(talk(bench, one, 1.0) + bench.advance(0.01))
    assert [event.streams for event in events] == [(1,)]
    three.talk()
    one.talk()
    events = told(bench.advance(3.0))
    assert [event.streams for event in events] == [(1, 3)]
    assert events[0].received == (51, 1)


def test_nothing_is_said_where_nobody_asked_and_when_nothing_comes() -> None:
    bench = Bench()
    one, _ = bench.pair()
    assert told(talk(bench, one, 3.0)) == []
    bench.do(Measure(1.0))
    bench.advance(1.0)
    assert told(bench.advance(5.0)) == []
    bench.do(Measure(0.0))
    assert told(talk(bench, one, 3.0)) == []


def test_without_streams_no_time_is_asked_for(bench: Bench) -> None:
    assert bench.engine.deadline is None
    one = bench.peer(1)
    assert bench.engine.deadline is not None
    bench.do(Close(one.stream))
    bench.advance(30.0)
    assert bench.engine.deadline is None


def test_five_percent_of_loss_show_within_five_seconds_and_pass_again(bench: Bench) -> None:
    one, two = bench.pair()
    talk(bench, one, 10.0)
    lossy = told(talk(bench, one, 5.0, lose=20) + bench.advance(0.01))[-1]
    assert lossy.streams == (1,)
    assert lossy.loss[0] == pytest.approx(5.0, abs=1.0)
    assert lossy.mos[0] == pytest.approx(3.9, abs=0.1)
    well = told(talk(bench, one, 6.0) + bench.advance(0.01))[-1]
    assert well.loss[0] == 0.0
    assert well.mos[0] == pytest.approx(4.41, abs=0.01)
    assert well.lost[0] == 12
    assert two.heard()


def test_what_is_not_measured_is_none(bench: Bench) -> None:
    bench.peer(1)
    statistics = ended(bench, 1)
    assert (statistics.mos, statistics.r_factor, statistics.jitter_ms) == (None, None, None)
    assert (statistics.round_trip_ms, statistics.told_mos, statistics.told_lost) == (None,) * 3
    assert (statistics.level, statistics.talk_spurts) == (None, 0)


def test_the_end_tells_of_the_whole_call(bench: Bench) -> None:
    one, _ = bench.pair()
    talk(bench, one, 10.0, lose=10)
    one.send(*[one.packet(b"\x11" * 160)] * 3)
    held_back = one.packet(b"\x11" * 160)
    one.send(one.packet(b"\x11" * 160), held_back)
    bench.poll()
    statistics = ended(bench, 1)
    assert (statistics.late, statistics.duplicated) == (1, 2)
    assert statistics.lost == 50
    assert statistics.r_factor == pytest.approx(93.2 - 95 * 9.9 / (9.9 + 25.1), abs=0.5)
    assert statistics.mos == pytest.approx(3.42, abs=0.05)


def test_loss_in_bursts_is_scored_lower_than_the_same_apart(bench: Bench) -> None:
    one, _ = bench.pair()
    three, _four = bench.peer(3), bench.peer(4)
    bench.do(Bridge(3, 4))
    talk(bench, one, 10.0, lose=10)
    for k in range(500):
        packet = three.packet(b"\x11" * 160)
        if k % 50 not in range(40, 45):
            three.send(packet)
        bench.poll()
        bench.advance(0.02)
    apart, bursts = ended(bench, 1), ended(bench, 3)
    assert apart.lost == pytest.approx(bursts.lost, abs=1)
    assert apart.mos is not None
    assert bursts.mos is not None
    assert bursts.mos < apart.mos - 0.2


def test_the_delay_counts_where_it_was_measured(bench: Bench) -> None:
    one, two = bench.pair()
    talk(bench, one, 5.0)
    bench.advance(0.02)
    (data,) = bench.control_sent_to(two.address)
    (report,) = rtcp.parse(data)
    assert report.sender is not None
    sent_at = rtcp.middle(report.sender.ntp)
    bench.now += 0.8
    control(bench, two, rtcp.report(two.ssrc, None, [
        rtcp.ReportBlock(report.ssrc, 0, 0, 1, 0, sent_at, 0)
    ]))  # fmt: skip
    talk(bench, two, 1.0)
    statistics = ended(bench, 2)
    assert statistics.round_trip_ms == pytest.approx(820, abs=30)
    assert statistics.r_factor is not None
    assert statistics.r_factor < 65


# What the peer tells


def test_the_reports_of_the_peer_tell_of_the_other_direction(bench: Bench) -> None:
    one, two = bench.pair()
    talk(bench, one, 1.02)
    ssrc = own_ssrc(bench, two)
    block = rtcp.ReportBlock(ssrc, 13, 2, 1, 160, 0, 0)
    control(bench, two, rtcp.report(two.ssrc, None, [block]))
    event = told(bench.advance(1.0))[-1]
    assert event.streams == (2,)
    assert event.told_loss[0] == pytest.approx(5.08, abs=0.01)
    assert event.told_jitter_ms == (20.0,)
    assert event.told_mos[0] == pytest.approx(3.9, abs=0.1)
    assert (event.loss, event.mos) == ((None,), (None,))
    statistics = ended(bench, 2)
    assert (statistics.told_lost, statistics.told_jitter_ms) == (2, 20.0)
    assert statistics.told_mos == pytest.approx(4.1, abs=0.1)


def test_the_peers_own_score_goes_before_ours(bench: Bench) -> None:
    one, two = bench.pair()
    talk(bench, one, 1.02)
    metrics = VoipMetrics(
        own_ssrc(bench, two), 0.0, 0.1, 0.0, 0.0, 0, 0, 90, 0, -20.0, 70.0, 3.6, 3.5
    )
    control(bench, two, rtcp.report(two.ssrc, None, ()), xr.report(two.ssrc, metrics))
    event = told(bench.advance(1.0))[-1]
    assert (event.told_mos, event.round_trip_ms) == ((3.5,), (90.0,))
    assert ended(bench, 2).told_mos == 3.5


def test_metrics_about_somebody_else_are_not_ours(bench: Bench) -> None:
    one, two = bench.pair()
    talk(bench, one, 1.0)
    metrics = VoipMetrics(4711, 0.0, 0.1, 0.0, 0.0, 0, 0, 90, 0, -20.0, 70.0, 3.6, 3.5)
    control(bench, two, rtcp.report(two.ssrc, None, ()), xr.report(two.ssrc, metrics))
    assert ended(bench, 2).told_mos is None


def sent_metrics(bench: Bench, peer: Peer) -> list[VoipMetrics]:
    (data,) = bench.control_sent_to(peer.address)
    return xr.parse(data)


def test_metrics_are_sent_to_who_wants_them(bench: Bench) -> None:
    one = bench.peer(1, extended_reports=True)
    bench.peer(2)
    bench.do(Bridge(1, 2))
    for frame in tone(5.0, level=16_000).reshape(-1, 160)[:200]:
        one.say(frame)
    talk(bench, one, 1.02, lose=10)
    (metrics,) = sent_metrics(bench, one)
    assert metrics.ssrc == one.ssrc
    assert metrics.loss == pytest.approx(5 / 250, abs=1 / 256)
    assert metrics.level == pytest.approx(-3, abs=2)
    assert (metrics.round_trip_ms, metrics.mos_conversational) == (0, None)
    assert metrics.mos_listening == pytest.approx(4.2, abs=0.1)
    assert metrics.burst_density == pytest.approx(0.2, abs=0.15)


def test_metrics_are_sent_to_who_sends_them_and_to_nobody_else(bench: Bench) -> None:
    one, two = bench.pair()
    one.talk()
    two.talk()
    metrics = VoipMetrics(1, 0.0, 0.0, 0.0, 0.0, 0, 0, 0, 0, None, None, None, None)
    control(bench, one, rtcp.report(one.ssrc, None, ()), xr.report(one.ssrc, metrics))
    bench.advance(5.0)
    assert len(sent_metrics(bench, one)) == 1
    assert sent_metrics(bench, two) == []


# Level and talk spurts


def test_level_and_talk_spurts_are_of_speech_alone(bench: Bench) -> None:
    one, _ = bench.pair(codec="PCMA")
    quiet = np.zeros(8000, np.int16)
    for part in (tone(1.0, level=3276.8), quiet, tone(1.0, level=3276.8), quiet):
        one.say(part)
    statistics = ended(bench, 1)
    assert statistics.talk_spurts == 2
    assert statistics.level == pytest.approx(-23.0, abs=0.3)


# What is no alarm


def comfort_noise(peer: Peer) -> RtpPacket:
    return peer.packet(b"\x40")._replace(payload_type=13)


def test_a_peer_that_said_comfort_noise_last_is_known_to_rest(bench: Bench) -> None:
    one = bench.peer(1)
    one.talk()
    one.send(comfort_noise(one))
    bench.poll()
    silences = [event for event in bench.advance(10.5) if isinstance(event, Silence)]
    assert [(event.never, event.resting) for event in silences] == [(False, True)]
    one.talk()
    silences = [event for event in bench.advance(10.5) if isinstance(event, Silence)]
    assert [(event.never, event.resting) for event in silences] == [(False, False)]


def test_reports_alone_are_life(bench: Bench) -> None:
    one = bench.peer(1)
    events: list[Event] = []
    for _ in range(10):
        control(bench, one)
        events += bench.advance(2.5)
    assert [event for event in events if isinstance(event, Silence)] == []


def test_a_port_that_is_used_again_begins_anew(bench: Bench) -> None:
    one, two = bench.pair()
    talk(bench, one, 3.0, lose=5)
    ssrc = own_ssrc(bench, two)
    control(bench, one, rtcp.report(1, None, [rtcp.ReportBlock(ssrc, 50, 9, 1, 1, 0, 0)]))
    bench.do(Close(1))
    bench.advance(3.0)
    bench.do(Open(11, one.port))
    assert ended(bench, 11) == Statistics(talk_spurts=0)
