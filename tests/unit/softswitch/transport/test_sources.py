import socket

from softswitch.transport.sources import KINDS, Sources, answering

FOUR = KINDS[socket.AF_INET]


def told(host: str, interface: int = 3) -> bytes:
    ours = socket.inet_aton(host)
    return interface.to_bytes(4, "little") + ours + ours


def told_6(host: str, interface: int = 3) -> bytes:
    return socket.inet_pton(socket.AF_INET6, host) + interface.to_bytes(4, "little")


def test_the_answer_leaves_from_where_the_question_went_by_any_interface() -> None:
    assert answering(told("192.0.2.1")) == bytes(4) + socket.inet_aton("192.0.2.1") + bytes(4)
    assert answering(told_6("2001:db8::1")) == told_6("2001:db8::1", 0)


def test_a_link_local_address_goes_with_its_interface() -> None:
    assert answering(told_6("fe80::1", 7)) == told_6("fe80::1", 7)


def test_nothing_is_sent_from_an_address_of_many() -> None:
    assert answering(told_6("ff02::1")) == b""


def test_what_the_kernel_does_not_tell_is_left_to_it() -> None:
    assert answering(b"") == b""


def test_of_many_peers_those_who_speak_are_kept() -> None:
    sources = Sources(FOUR, most=2)
    sources.note("silent", told("192.0.2.1"))
    for number in range(5):
        sources.note("talkative", told("192.0.2.2"))
        sources.note(number, told("192.0.2.1"))
    assert sources.of("talkative") == answering(told("192.0.2.2"))
    assert sources.of("silent") == sources.of("stranger") == b""


def test_all_who_speak_to_one_address_share_what_is_kept_of_it() -> None:
    sources = Sources(FOUR)
    for peer in range(2):
        sources.note(peer, told("192.0.2.1"))
    assert sources.of(0) is sources.of(1)


def test_of_who_belongs_here_it_is_remembered_however_many_strangers_come() -> None:
    sources = Sources(FOUR, most=2)
    sources.note("phone", told("192.0.2.1"))
    sources.keep("phone")
    for stranger in range(10):
        sources.note(stranger, told("192.0.2.9"))
    assert sources.of("phone") == answering(told("192.0.2.1"))
    sources.note("phone", told("192.0.2.2"))
    assert sources.of("phone") == answering(told("192.0.2.2")), "what it says last counts"
