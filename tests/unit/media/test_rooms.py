"""A room from the telephones: who hears whom, how loud, and from when to when."""

import wave
from pathlib import Path

import numpy as np
import pytest

from media.codecs.g711 import Samples
from media.codecs.table import CODECS, decoder, encoder
from media.conferencing import (
    Adjust,
    Announce,
    Announced,
    Join,
    Leave,
    RecordRoom,
    RoomRecorded,
    StopAnnouncing,
    StopRecordingRoom,
    Talking,
)
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


def test_packets_may_gather_until_the_tick_where_all_meet_in_rooms(bench: Bench) -> None:
    room_of(bench, (400.0, 700.0, 1100.0))
    bench.peer(4)
    assert bench.engine.is_unhurried
    bench.do(Bridge(4, 4))  # an echo, that is not to wait
    assert not bench.engine.is_unhurried
    bench.do(Close(4))
    assert bench.engine.is_unhurried
    bench.do(Leave(1), Leave(2), Leave(3))
    assert not bench.engine.is_unhurried


def test_an_empty_room_costs_nothing(bench: Bench) -> None:
    members = room_of(bench, (400.0, 700.0))
    talk(bench, members, 5)
    bench.do(Leave(1), Leave(2))
    bench.advance(0.1)
    deadline = bench.engine.deadline
    assert deadline is None or deadline > bench.now + 1.0


def test_a_single_speaker_is_passed_on_as_loud_as_can_be(bench: Bench) -> None:
    one, two, three = bench.peer(1), bench.peer(2), bench.peer(3)
    bench.do(*(Join(stream, 7) for stream in (1, 2, 3)))
    one.say(tone(400.0, 8000, 1.0, 0.0))
    for listener in (two, three):
        heard = listener.heard_samples()[800:7200]
        assert heard.max() == 32_124  # the loudest that G.711 has
        assert level_at(heard, 400.0) == pytest.approx(0.0, abs=0.1)
        assert level_at(heard, 1200.0) < -45  # what clipping and bending would add


def test_of_two_who_shout_neither_is_clipped(bench: Bench) -> None:
    members = room_of(bench, (390.0, 710.0, 1500.0))
    loud = [Member(bench, stream, hertz, level=0.0) for stream, hertz in ((4, 390.0), (5, 710.0))]
    bench.do(Join(4, 8), Join(5, 8), Join(3, 8))
    talk(bench, [*loud, members[2]])
    heard = members[2].heard()[-4000:].astype(np.int64)
    assert 28_000 < np.abs(heard).max() <= 32_767
    flat = np.diff(heard)[np.abs(heard[1:]) > 28_000] == 0
    assert np.count_nonzero(flat) < 0.8 * len(flat)  # G.711 has steps of 1024 there


def test_who_only_listens_hears_all_and_is_not_heard(bench: Bench) -> None:
    members = room_of(bench, (400.0, 700.0))
    listener = Member(bench, 3, 1100.0)
    bench.do(Join(3, 7, listens=True))
    events = talk(bench, [*members, listener])
    assert Talking(3, is_talking=True) not in events
    heard = listener.heard()
    assert level_at(heard, 400.0) == pytest.approx(-20.0, abs=0.5)
    assert level_at(heard, 700.0) == pytest.approx(-20.0, abs=0.5)
    assert level_at(members[0].heard(), 1100.0) < -60
    bench.do(Join(3, 7))
    talk(bench, [*members, listener])
    assert level_at(members[0].heard(), 1100.0) == pytest.approx(-20.0, abs=0.5)
    assert level_at(listener.heard(), 1100.0) < -60


def test_in_a_crowd_who_is_heard_is_not_cut_off_between_words(bench: Bench) -> None:
    words = [Member(bench, stream, 300.0 + 40 * stream, level=-15.0) for stream in range(1, 5)]
    crowd = [Member(bench, stream, 300.0 + 40 * stream, level=-32.0) for stream in range(5, 21)]
    bench.do(*(Join(each.peer.stream, 1) for each in [*words, *crowd]))
    talk(bench, [*words, *crowd])
    crowd[-1].heard()
    quiet = Member(bench, 1, 340.0, level=-60.0)
    quiet.peer = words[0].peer
    talk(bench, [quiet, *words[1:], *crowd], 10)  # a pause of 200 ms
    heard = crowd[-1].heard()
    assert max(level_at(heard[-800:], each.hertz) for each in crowd[:-1]) < -50
    talk(bench, [quiet, *words[1:], *crowd], 50)
    heard = crowd[-1].heard()
    assert max(level_at(heard, each.hertz) for each in crowd[:-1]) > -40


def test_an_announcement_is_heard_by_all_over_what_they_say(bench: Bench) -> None:
    members = room_of(bench, (405.0, 705.0))
    listener = Member(bench, 3, 1100.0)
    bench.do(Join(3, 7, listens=True))
    talk(bench, members, 5)
    bench.do(Announce(7, ("tone:ringback",), 5, repeat=True))
    events = talk(bench, members, 40)
    assert not any(isinstance(event, Announced) for event in events)
    for each in (*members, listener):
        heard = each.heard()
        assert level_at(heard, 425.0) > -26
        if each is not members[1]:
            assert level_at(heard, 705.0) == pytest.approx(-20.0, abs=0.5)
    assert bench.do(Announce(7, ("tone:silence:100",), 6)) == [Announced(7, 5, "replaced")]
    assert talk(bench, members, 10) == [Announced(7, 6, "end")]
    bench.do(Announce(7, ("tone:busy",), 7, repeat=True))
    assert bench.do(StopAnnouncing(7)) == [Announced(7, 7, "stopped")]
    members[1].heard()
    talk(bench, members)
    assert level_at(members[1].heard(), 425.0) < -60


def test_an_announcement_is_heard_at_every_rate(bench: Bench) -> None:
    wide, narrow = Member(bench, 1, 600.0, "G722"), Member(bench, 2, 900.0)
    bench.do(Join(1, 1), Join(2, 1), Announce(1, ("tone:ringback",), 1, repeat=True))
    talk(bench, [wide, narrow], 40)
    assert level_at(wide.heard(), 425.0, 16000) > -26
    assert level_at(narrow.heard(), 425.0) > -26


def test_an_announcement_ends_with_its_room_and_cannot_begin_without(bench: Bench) -> None:
    members = room_of(bench, (400.0, 700.0))
    bench.do(Announce(7, ("tone:busy",), 1, repeat=True))
    talk(bench, members, 3)
    bench.do(Leave(1))
    assert Announced(7, 1, "empty") in bench.do(Close(2))
    assert bench.do(Announce(7, ("tone:busy",), 2)) == [Announced(7, 2, "empty")]
    bench.do(Join(1, 7))
    (failed,) = bench.do(Announce(7, ("/nowhere.wav",), 3))
    assert isinstance(failed, Announced)
    assert failed.reason.startswith("failed: /nowhere.wav")


def samples_of(path: Path) -> tuple[Samples, int]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16), file.getframerate()


def test_a_recording_of_a_room_has_all_who_speak_and_what_is_announced(
    bench: Bench, tmp_path: Path
) -> None:
    members = room_of(bench, (405.0, 705.0, 1105.0))
    bench.do(Adjust(3, muted=True), RecordRoom(7, str(tmp_path / "room.wav"), 4, 60.0))
    talk(bench, members)
    bench.do(Announce(7, ("tone:ringback",), 1, repeat=True))
    talk(bench, members)
    (told,) = bench.do(StopRecordingRoom(7))
    assert isinstance(told, RoomRecorded)
    assert (told.room, told.token, told.path, told.reason, told.error) == (
        7, 4, str(tmp_path / "room.wav"), "stopped", "",
    )  # fmt: skip
    sound, rate = samples_of(tmp_path / "room.wav")
    assert rate == 8000
    assert told.seconds == pytest.approx(2.0, abs=0.06)
    assert len(sound) == round(told.seconds * rate)
    for part, announced in ((sound[:8000], False), (sound, True)):
        assert level_at(part, 405.0) == pytest.approx(-20.0, abs=0.5)
        assert level_at(part, 705.0) == pytest.approx(-20.0, abs=0.5)
        assert level_at(part, 1105.0) < -60
        assert (level_at(part, 425.0) > -26) == announced


def test_a_recording_keeps_its_rate_while_that_of_the_room_changes(
    bench: Bench, tmp_path: Path
) -> None:
    narrow, wide = Member(bench, 1, 600.0), Member(bench, 2, 5000.0, "G722")
    bench.do(Join(1, 1), RecordRoom(1, str(tmp_path / "room.wav"), 1, 60.0, rate=16000))
    talk(bench, [narrow])
    bench.do(Join(2, 1))
    talk(bench, [narrow, wide])
    bench.do(Leave(2), Leave(1))
    sound, rate = samples_of(tmp_path / "room.wav")
    assert rate == 16000
    assert len(sound) == pytest.approx(32_000, abs=800)
    assert level_at(sound[:16_000], 600.0, rate) == pytest.approx(-20.0, abs=0.5)
    assert level_at(sound[:16_000], 5000.0, rate) < -50
    assert level_at(sound, 600.0, rate) == pytest.approx(-20.0, abs=0.5)
    assert level_at(sound, 5000.0, rate) == pytest.approx(-20.0, abs=1.5)


def test_what_cannot_be_recorded_is_told(bench: Bench, tmp_path: Path) -> None:
    members = room_of(bench, (400.0, 700.0))
    path, file = str(tmp_path / "room.wav"), tmp_path / "file"
    file.write_text("")
    for order, reason, error in (
        (RecordRoom(9, path, 1, 60.0), "empty", "nobody is in the room"),
        (RecordRoom(7, path, 2, 60.0, rate=11025), "failed", "not a rate of recordings: 11025"),
        (RecordRoom(7, str(file / "room.wav"), 3, 60.0), "failed", "File exists"),
    ):
        events = [*bench.do(order), *talk(bench, members, 5)]
        (told,) = [event for event in events if isinstance(event, RoomRecorded)]
        assert (told.token, told.reason, told.error) == (order.token, reason, error)
    assert list(tmp_path.iterdir()) == [file]


def test_a_recording_of_a_room_ends_at_its_maximum(bench: Bench, tmp_path: Path) -> None:
    members = room_of(bench, (400.0, 700.0))
    bench.do(RecordRoom(7, str(tmp_path / "room.wav"), 1, 0.5))
    told = [each for each in talk(bench, members) if isinstance(each, RoomRecorded)]
    assert [(each.reason, each.seconds) for each in told] == [("maximum", 0.5)]
    assert bench.do(StopRecordingRoom(7)) == []
