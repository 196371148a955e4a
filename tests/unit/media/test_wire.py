import pytest

from media.control import Bridge, Closed, Command, Digit, Direct, Event, Lease, Play
from media.measuring import Statistics
from media.wire import LONGEST_BLOCK, command_reader, encode, event_reader

COMMANDS: list[Command] = [Lease(5), Play(1, ("a.wav", "tone:beep"), 3), Bridge(1, 2)]


def test_commands_come_back_as_they_were() -> None:
    direct: Command = Direct(1, "2001:db8::1", 4000, "PCMA", 8, 8, early=True)
    assert command_reader().receive(encode([*COMMANDS, direct])) == [*COMMANDS, direct]


def test_events_come_back_as_they_were() -> None:
    events: list[Event] = [Digit(1, "#", 80), Closed(1, Statistics(5, 6, 7, 8, 9, 1.5, None))]
    assert event_reader().receive(encode(events)) == events


def test_blocks_are_put_together_from_any_pieces() -> None:
    data = encode(COMMANDS) + encode(COMMANDS)
    for size in (1, 2, 3, 7, len(data) - 1):
        reader = command_reader()
        got = [
            command
            for at in range(0, len(data), size)
            for command in reader.receive(data[at : at + size])
        ]
        assert got == COMMANDS * 2


@pytest.mark.parametrize(
    "data", [(LONGEST_BLOCK + 1).to_bytes(4, "big"), b"\0\0\0\1\xc1", b"\0\0\0\2\x91\xc0"]
)
def test_what_we_would_not_send_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        command_reader().receive(data)
