"""Named events: whatever is lost, a press is one digit and two presses are two."""

import pytest

from media.dtmf.event import KEYS, EventPacket, EventReceiver, EventSender, Press


def event(key: str, duration: int, *, end: bool = False) -> bytes:
    return bytes((KEYS.index(key), 0x8A if end else 0x0A, duration >> 8, duration & 0xFF))


def whole_press(key: str) -> list[bytes]:
    """Return the packets of a press of 100 ms."""
    rising = [event(key, duration) for duration in (160, 320, 480, 640)]
    return [*rising, *[event(key, 800, end=True)] * 3]


def hear(
    receiver: EventReceiver, payloads: list[bytes], timestamp: int, start: float = 0.0
) -> list[Press]:
    """Receive a packet each 20 ms, and let deadlines pass as they come."""
    heard = []
    for count, payload in enumerate(payloads):
        now = start + count * 0.02
        heard += receiver.expire(now)
        heard += receiver.receive(payload, timestamp, now)
    return heard


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_one_press(key: str) -> None:
    assert hear(EventReceiver(), whole_press(key), 8000) == [Press(key, 100)]


def test_three_end_packets_are_one_press() -> None:
    receiver = EventReceiver()
    assert hear(receiver, [event("5", 800, end=True)] * 3, 8000) == [Press("5", 100)]
    assert receiver.deadline is None


def test_one_end_packet_is_enough() -> None:
    assert hear(EventReceiver(), [event("#", 640, end=True)], 8000) == [Press("#", 80)]


def test_a_press_without_its_end_is_reported_once_when_packets_stop() -> None:
    receiver = EventReceiver()
    assert hear(receiver, whole_press("7")[:4], 8000) == []
    assert receiver.deadline == pytest.approx(0.16)
    assert receiver.expire(0.15) == []
    assert receiver.expire(0.17) == [Press("7", 80)]
    assert receiver.expire(9.0) == []
    assert receiver.deadline is None


def test_an_end_that_comes_after_the_expiry_is_no_second_press() -> None:
    receiver = EventReceiver()
    hear(receiver, whole_press("7")[:4], 8000)
    assert receiver.expire(0.3) == [Press("7", 80)]
    assert receiver.receive(event("7", 2400, end=True), 8000, 0.31) == []
    assert receiver.deadline is None


def test_two_presses_of_one_key_are_two() -> None:
    receiver = EventReceiver()
    heard = hear(receiver, whole_press("1"), 8000)
    heard += hear(receiver, whole_press("1"), 8000 + 1600, start=0.2)
    assert heard == [Press("1", 100), Press("1", 100)]


def test_a_new_press_ends_one_whose_end_was_lost() -> None:
    receiver = EventReceiver()
    hear(receiver, whole_press("1")[:4], 8000)
    assert receiver.receive(event("2", 160), 9000, 0.08) == [Press("1", 80)]


def test_a_lone_end_packet_after_a_lost_end_reports_both() -> None:
    receiver = EventReceiver()
    hear(receiver, whole_press("1")[:4], 8000)
    heard = receiver.receive(event("2", 800, end=True), 9000, 0.08)
    assert heard == [Press("1", 80), Press("2", 100)]


def test_a_straggler_of_the_press_before_is_nothing() -> None:
    receiver = EventReceiver()
    hear(receiver, whole_press("1"), 8000)
    hear(receiver, whole_press("2"), 9600, start=0.2)
    assert receiver.receive(event("1", 800, end=True), 8000, 0.4) == []


def test_packets_out_of_order_do_not_shorten_the_press() -> None:
    payloads = [event("9", 480), event("9", 160), event("9", 320), event("9", 320, end=True)]
    assert hear(EventReceiver(), payloads, 8000) == [Press("9", 60)]


def test_a_restarted_clock_does_not_deafen_the_receiver() -> None:
    receiver = EventReceiver()
    hear(receiver, whole_press("1"), 4_000_000)
    assert hear(receiver, whole_press("2"), 1000, start=1.0) == [Press("2", 100)]


def test_a_clock_that_jumps_back_a_little_is_heard_after_a_second() -> None:
    receiver = EventReceiver()
    hear(receiver, whole_press("1"), 9600)
    assert hear(receiver, whole_press("2"), 8000, start=1.5) == [Press("2", 100)]


def test_a_telephone_that_never_changes_its_timestamp_is_heard_after_a_second() -> None:
    receiver = EventReceiver()
    heard = hear(receiver, whole_press("1"), 0) + hear(receiver, whole_press("1"), 0, start=1.5)
    assert heard == [Press("1", 100), Press("1", 100)]


def test_the_timestamp_may_wrap_around() -> None:
    receiver = EventReceiver()
    assert hear(receiver, whole_press("1"), 0xFFFFFF00) == [Press("1", 100)]
    assert hear(receiver, whole_press("2"), 0x00000300, start=1.0) == [Press("2", 100)]


def test_a_very_long_press_in_segments_is_one() -> None:
    receiver = EventReceiver()
    hear(receiver, [event("0", 0xFFFF)], 100)
    heard = receiver.receive(event("0", 1600, end=True), 100 + 0xFFFF, 0.02)
    assert heard == [Press("0", 8391)]


@pytest.mark.parametrize(
    "payload", [b"", b"\x01", b"\x01\x8a\x03", b"\x11\x8a\x03\x20", b"\xff" * 4]
)
def test_what_is_no_key_is_ignored(payload: bytes) -> None:
    receiver = EventReceiver()
    assert receiver.receive(payload, 8000, 0.0) == []
    assert receiver.deadline is None


def sent(sender: EventSender, ticks: int) -> list[EventPacket | None]:
    return [sender.tick(5000 + 160 * count) for count in range(ticks)]


def test_a_digit_is_sent_with_rising_duration_and_three_ends() -> None:
    sender = EventSender()
    assert sender.press("5", milliseconds=100)
    packets = [packet for packet in sent(sender, 20) if packet]
    durations = [int.from_bytes(packet.payload[2:]) for packet in packets]
    assert durations == [160, 320, 480, 640, 800, 800, 800]
    assert [bool(packet.payload[1] & 0x80) for packet in packets] == [False] * 4 + [True] * 3
    assert [packet.marker for packet in packets] == [True] + [False] * 6
    assert {packet.timestamp for packet in packets} == {5000}
    assert {packet.payload[0] for packet in packets} == {5}


def test_digits_follow_one_another_after_the_gap() -> None:
    sender = EventSender()
    sender.press("12", milliseconds=100, gap=100)
    packets = sent(sender, 30)
    starts = [tick for tick, packet in enumerate(packets) if packet and packet.marker]
    assert starts == [0, 10]
    assert packets[10] is not None
    assert packets[10].timestamp == 5000 + 10 * 160


def test_the_sender_is_active_until_the_last_gap_is_over() -> None:
    sender = EventSender()
    assert not sender.active
    sender.press("1", milliseconds=100, gap=60)
    sent(sender, 7)
    assert sender.active
    sent(sender, 1)
    assert not sender.active
    assert sender.tick(0) is None


def test_what_is_no_key_or_too_much_is_not_taken() -> None:
    sender = EventSender(capacity=4)
    assert not sender.press("1x")
    assert not sender.press("12345")
    assert not sender.active
    assert sender.press("12ab")


def test_a_receiver_understands_a_sender() -> None:
    sender, receiver = EventSender(), EventReceiver()
    sender.press("*0aD#", milliseconds=40, gap=60)
    heard: list[Press] = []
    for count in range(60):
        now = count * 0.02
        heard += receiver.expire(now)
        if packet := sender.tick(160 * count):
            heard += receiver.receive(packet.payload, packet.timestamp, now)
    assert heard == [Press(key, 40) for key in "*0AD#"]


def test_the_volume_of_a_press_is_told_and_sent() -> None:
    receiver, sender = EventReceiver(), EventSender()
    (press,) = receiver.receive(b"\x05\x83\x03\x20", 8000, 0.0)
    assert press == Press("5", 100, volume=3)
    sender.press("5", volume=36)
    assert {packet.payload[1] & 0x7F for packet in sent(sender, 20) if packet} == {36}
