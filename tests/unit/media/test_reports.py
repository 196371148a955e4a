from collections import Counter
from math import inf

from media.reports import BREATH, BURST
from media.rtp import rtcp
from tests.unit.media.bench import Bench


def test_streams_that_began_together_do_not_report_together() -> None:
    bench = Bench(rows=100)
    peers = [bench.peer(stream) for stream in range(1, 101)]
    for peer in peers:
        peer.talk()
    at_once: Counter[float] = Counter()
    while (deadline := bench.engine.deadline or inf) < 1005.5:
        bench.advance(max(0.0, deadline - bench.now))
        count = sum(len(bench.control_sent_to(peer.address)) for peer in peers)
        if count:
            at_once[round(bench.now, 3)] += count
    assert sum(at_once.values()) == 100
    assert max(at_once.values()) == BURST
    assert max(at_once) - min(at_once) <= 4 * BREATH


def test_loss_is_reported_of_the_last_interval() -> None:
    bench = Bench()
    one = bench.peer(1)
    for k in range(8):
        packet = one.packet(b"\x11" * 160)
        if k not in (2, 3):
            one.send(packet)
        bench.poll()
    bench.advance(5.0)
    (data,) = bench.control_sent_to(one.address)
    ((_, _, (block,)),) = rtcp.parse(data)
    assert (block.lost, block.fraction_lost) == (2, 64)
    one.talk()
    bench.advance(5.0)
    (data,) = bench.control_sent_to(one.address)
    ((_, _, (block,)),) = rtcp.parse(data)
    assert (block.lost, block.fraction_lost) == (2, 0)


def test_reports_follow_rtcp_to_where_it_comes_from() -> None:
    bench = Bench()
    one = bench.peer(1)
    elsewhere = (one.address[0], 9999)
    bench.backend.deliver(one.port + 1, rtcp.report(one.ssrc, None, []), elsewhere)
    bench.poll()
    bench.advance(5.0)
    assert bench.control_sent_to(one.address) == []
    assert len(bench.control_sent_to((elsewhere[0], elsewhere[1] - 1))) == 1


def test_the_senders_report_of_the_peer_comes_back_in_ours() -> None:
    bench = Bench()
    one = bench.peer(1)
    one.talk()
    sender = rtcp.SenderInfo(0x1122334455667788, 0, 1, 160)
    control = (one.address[0], one.address[1] + 1)
    bench.backend.deliver(one.port + 1, rtcp.report(one.ssrc, sender, []), control)
    bench.poll()
    bench.advance(5.0)
    (data,) = bench.control_sent_to(one.address)
    ((_, _, (block,)),) = rtcp.parse(data)
    assert block.last_report == 0x33445566
    assert abs(block.delay - 5 * 65536) < 700
