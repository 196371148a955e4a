"""A room from the telephones: who hears whom, how loud, and from when to when."""

import numpy as np
import pytest

from media.codecs.g711 import Samples
from media.codecs.table import CODECS, decoder, encoder
from media.conferencing import Adjust, Join, Leave, Talking
from media.control import Bridge, Close, Closed, Event, Play, SendDigits
from tests.unit.media.bench import EVENT, Bench, Peer
from tests.unit.media.codecs.sounds import tone

FRAMES = 50


@pytest.fixture
def bench() -> Bench:
    return Bench(rows=32)


class Member:
    """A telephone in a room, that says a tone of its own without end."""

    def __init__(
        self, bench: Bench, stream: int, hertz: float, codec: str = "PCMU", level: float = -20.0
    ) -> None:
        self.peer: Peer = bench.peer(stream, codec)
        self.hertz = hertz
        self.rate = CODECS[codec].rate
        self._sound = tone(hertz, self.rate, 10.0, level).reshape(-1, self.rate // 50)
        self._encode = encoder(codec).encode
        self._at = 0

    def speak(self) -> None:
        self.peer.send(self.peer.packet(self._encode(self._sound[self._at])))
        self._at += 1

    def heard(self) -> Samples:
        """Return what was heard, at 8 or 16 kHz."""
        decode = decoder(self.peer.codec).decode
        packets = [each for each in self.peer.heard() if each.payload_type != EVENT]
        frames = [decode(each.payload) for each in packets]
        return np.concatenate(frames) if frames else np.zeros(0, np.int16)


def talk(bench: Bench, members: list[Member], frames: int = FRAMES) -> list[Event]:
    """Let all members say 20 ms, so many times."""
    events: list[Event] = []
    for _ in range(frames):
        for member in members:
            member.speak()
        events += bench.poll()
        events += bench.advance(0.02)
    return events


def level_at(samples: Samples, hertz: float, rate: int = 8000) -> float:
    """Return how loud one tone is in the last half second, in dB of a full sine."""
    sound = samples[-rate // 2 :] / 32768
    turn = np.exp(-2j * np.pi * hertz * np.arange(len(sound)) / rate)
    return float(20 * np.log10(2 * np.abs(np.mean(sound * turn)) + 1e-9))


def room_of(bench: Bench, hertz: tuple[float, ...], codec: str = "PCMU") -> list[Member]:
    members = [Member(bench, stream, each, codec) for stream, each in enumerate(hertz, 1)]
    bench.do(*(Join(member.peer.stream, 7) for member in members))
    return members


def test_each_hears_the_others_and_not_itself(bench: Bench) -> None:
    members = room_of(bench, (400.0, 700.0, 1100.0))
    talk(bench, members)
    for member in members:
        heard = member.heard()
        assert len(heard) >= (FRAMES - 1) * 160
        for other in members:
            if other is member:
                assert level_at(heard, other.hertz) < -60
            else:
                assert level_at(heard, other.hertz) == pytest.approx(-20.0, abs=0.5)


def test_what_is_sent_is_one_source_without_gaps(bench: Bench) -> None:
    members = room_of(bench, (400.0, 700.0))
    talk(bench, members)
    packets = members[0].peer.heard()
    assert len({packet.ssrc for packet in packets}) == 1
    steps = np.diff([packet.sequence for packet in packets]) & 0xFFFF
    assert set(steps.tolist()) == {1}
    assert set(np.diff([packet.timestamp for packet in packets]).tolist()) == {160}
    assert [packet.marker for packet in packets].count(True) == 1


def test_two_rooms_do_not_hear_each_other(bench: Bench) -> None:
    one = [Member(bench, stream, hertz) for stream, hertz in ((1, 400.0), (2, 700.0))]
    two = [Member(bench, stream, hertz) for stream, hertz in ((3, 1100.0), (4, 1500.0))]
    bench.do(Join(1, 7), Join(2, 7), Join(3, 8), Join(4, 8))
    talk(bench, one + two)
    heard = one[0].heard()
    assert level_at(heard, 700.0) == pytest.approx(-20.0, abs=0.5)
    assert max(level_at(heard, hertz) for hertz in (1100.0, 1500.0)) < -60


def test_gain_and_mute(bench: Bench) -> None:
    members = room_of(bench, (400.0, 700.0, 1100.0))
    bench.do(Adjust(1, gain=6.0), Adjust(2, muted=True))
    talk(bench, members)
    heard = members[2].heard()
    assert level_at(heard, 400.0) == pytest.approx(-14.0, abs=0.5)
    assert level_at(heard, 700.0) < -60
    assert level_at(members[1].heard(), 1100.0) == pytest.approx(-20.0, abs=0.5)
    bench.do(Adjust(2))
    talk(bench, members)
    assert level_at(members[2].heard(), 700.0) == pytest.approx(-20.0, abs=0.5)


def test_who_leaves_is_gone_within_60_ms(bench: Bench) -> None:
    members = room_of(bench, (400.0, 700.0, 1100.0))
    talk(bench, members)
    members[0].heard()
    bench.do(Leave(2))
    members[1].heard()
    talk(bench, members, 3)
    members[0].heard()
    talk(bench, members, 25)
    assert level_at(members[0].heard(), 700.0) < -60
    assert len(members[1].heard()) == 0


def test_a_stream_that_closes_leaves(bench: Bench) -> None:
    members = room_of(bench, (400.0, 700.0))
    talk(bench, members, 5)
    assert any(isinstance(event, Closed) for event in bench.do(Close(2)))
    members[0].heard()
    talk(bench, members[:1], 10)
    assert not members[0].heard().any()


def test_a_bridge_takes_both_out_and_a_room_takes_out_of_a_bridge(bench: Bench) -> None:
    members = room_of(bench, (400.0, 700.0, 1100.0))
    talk(bench, members, 5)
    bench.do(Bridge(1, 2))
    for member in members:
        member.heard()
    talk(bench, members)
    assert level_at(members[0].heard(), 700.0) == pytest.approx(-20.0, abs=0.5)
    assert not members[2].heard().any()
    bench.do(Join(2, 7))
    for member in members:
        member.heard()
    talk(bench, members)
    assert len(members[0].heard()) == 0
    assert level_at(members[2].heard(), 700.0) == pytest.approx(-20.0, abs=0.5)


def test_many_loud_ones_do_not_clip(bench: Bench) -> None:
    members = [Member(bench, stream, 300.0 + 37 * stream, level=-9.0) for stream in range(1, 11)]
    bench.do(*(Join(member.peer.stream, 1) for member in members))
    talk(bench, members)
    heard = members[0].heard().astype(np.int64)
    assert 20_000 < np.abs(heard).max() <= 32_767
    assert np.abs(np.diff(heard)).max() < 45_000  # it never wraps around
    assert np.count_nonzero(np.abs(heard) >= 32_124) < len(heard) // 4


def test_of_a_crowd_only_the_loudest_are_heard(bench: Bench) -> None:
    members = [
        Member(bench, stream, 300.0 + 40 * stream, level=-15.0 if stream <= 3 else -35.0)
        for stream in range(1, 21)
    ]
    bench.do(*(Join(member.peer.stream, 1) for member in members))
    talk(bench, members)
    heard = members[19].heard()
    for member in members[:3]:
        assert level_at(heard, member.hertz) == pytest.approx(-15.0, abs=1.0)
    quiet = [level_at(heard, member.hertz) for member in members[4:19]]
    assert sorted(quiet)[-2] < -50


def test_talking_is_told_at_its_beginning_and_after_its_end(bench: Bench) -> None:
    members = room_of(bench, (400.0, 700.0))
    events = talk(bench, members[:1], 10)
    assert events == [Talking(1, is_talking=True)]
    assert talk(bench, members[:1], 10) == []
    assert bench.advance(0.4) == []
    assert bench.advance(0.4) == [Talking(1, is_talking=False)]
    talk(bench, members[:1], 5)
    assert bench.do(Adjust(1, muted=True)) == [Talking(1, is_talking=False)]
    assert talk(bench, members[:1], 5) == []


def test_wide_and_narrow_meet(bench: Bench) -> None:
    wide = [Member(bench, 1, 5000.0, "G722"), Member(bench, 2, 600.0, "G722")]
    narrow = Member(bench, 3, 1000.0, "PCMA")
    bench.do(Join(1, 1), Join(2, 1), Join(3, 1))
    talk(bench, [*wide, narrow])
    heard = wide[1].heard()
    assert level_at(heard, 5000.0, 16000) == pytest.approx(-20.0, abs=1.5)
    assert level_at(heard, 1000.0, 16000) == pytest.approx(-20.0, abs=1.5)
    small = narrow.heard()
    assert level_at(small, 600.0) == pytest.approx(-20.0, abs=1.5)
    assert level_at(small, 3000.0) < -50  # what 5 kHz would fold to


def test_a_prompt_is_heard_by_its_member_alone(bench: Bench) -> None:
    members = room_of(bench, (600.0, 900.0))
    talk(bench, members, 5)
    bench.do(Play(1, ("tone:busy",), 1, repeat=True))
    for member in members:
        member.heard()
    talk(bench, members, 15)
    assert level_at(members[0].heard(), 900.0) < -50
    assert level_at(members[1].heard(), 600.0) == pytest.approx(-20.0, abs=0.5)


def test_digits_to_a_member_are_not_disturbed(bench: Bench) -> None:
    members = room_of(bench, (600.0, 900.0))
    talk(bench, members, 5)
    members[0].peer.heard()
    bench.do(SendDigits(1, "5", 100))
    talk(bench, members, 20)
    packets = members[0].peer.heard()
    events = [packet for packet in packets if packet.payload_type == EVENT]
    assert len({packet.timestamp for packet in events}) == 1
    assert set((np.diff([packet.sequence for packet in packets]) & 0xFFFF).tolist()) == {1}


def test_lost_packets_are_made_up(bench: Bench) -> None:
    members = room_of(bench, (400.0, 700.0))
    for turn in range(100):
        members[0].speak()
        if turn % 10 == 5:
            members[0].peer.packet(b"")  # numbered, and lost
            members[0]._at += 1
        bench.poll()
        bench.advance(0.02)
    heard = members[1].heard()[-8000:] / 32768
    envelope = np.sqrt(np.mean(heard.reshape(-1, 80) ** 2, axis=1))
    assert envelope.min() > 0.4 * envelope.max()


@pytest.mark.parametrize("command", [Leave(1), Adjust(1, gain=3.0)])
def test_who_is_in_no_room_cannot_leave_it(bench: Bench, command: Leave | Adjust) -> None:
    bench.peer(1)
    assert bench.do(command) == []
    assert bench.engine.discards == {"not-in-a-room": 1}


def test_an_empty_room_costs_nothing(bench: Bench) -> None:
    members = room_of(bench, (400.0, 700.0))
    talk(bench, members, 5)
    bench.do(Leave(1), Leave(2))
    bench.advance(0.1)
    deadline = bench.engine.deadline
    assert deadline is None or deadline > bench.now + 1.0
