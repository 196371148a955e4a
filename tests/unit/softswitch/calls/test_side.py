"""Offer and answer of one leg, and what its stream is told."""

import pytest

from media import sdp
from media.control import Direct
from media.wire import command_reader, encode
from softswitch.calls import LeasedPort
from softswitch.calls.side import Side, is_hidden, on_link
from softswitch.sip.flow import Flow

CODECS = ("PCMA", "PCMU")


def side(seen: str = "198.51.100.7") -> Side:
    made = Side("leg", "101", Flow("udp", ("192.0.2.1", 5060), (seen, 5060)))
    made.open(LeasedPort(0, 7, "192.0.2.1", 10000), 42)
    return made


def described(address: str) -> bytes:
    return sdp.offer(sdp.Local(address, 4000, 1), CODECS)


@pytest.mark.parametrize(
    ("address", "seen", "hidden"),
    [
        ("192.168.1.10", "198.51.100.7", True),
        ("10.1.1.1", "2001:db8::1", True),
        ("100.64.3.3", "198.51.100.7", True),
        ("127.0.0.1", "198.51.100.7", True),
        ("fd00::1", "2001:db8::1", True),
        ("192.168.1.10", "10.0.0.9", False),
        ("192.168.1.10", "192.168.1.10", False),
        ("198.51.100.9", "198.51.100.7", False),
        ("198.51.100.9", "10.0.0.9", False),
        ("", "198.51.100.7", False),
        ("media.example", "198.51.100.7", False),
    ],
)
def test_a_private_address_seen_from_outside_is_hidden(
    address: str, seen: str, hidden: bool
) -> None:
    assert is_hidden(address, seen) is hidden


@pytest.mark.parametrize(
    ("address", "seen", "sent_to"),
    [
        ("fe80::7", "fe80::7%eth0", "fe80::7%eth0"),
        ("2001:db8::7", "fe80::7%eth0", "2001:db8::7"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
    ],
)
def test_a_link_local_address_is_sent_to_on_the_link_of_its_telephone(
    address: str, seen: str, sent_to: str
) -> None:
    assert on_link(address, seen) == sent_to


def test_nothing_is_sent_to_a_hidden_address_before_it_is_learnt() -> None:
    phone = side()
    phone.answer(sdp.parse(described("192.168.1.10")), b"")
    command = phone.direct(latch=True)
    assert command is not None
    assert (command.address, command.signalling_address) == ("", "198.51.100.7")


def test_without_latching_the_description_is_all_there_is() -> None:
    phone = side()
    phone.answer(sdp.parse(described("192.168.1.10")), b"")
    command = phone.direct(latch=False)
    assert command is not None
    assert command.address == "192.168.1.10"


def test_a_stream_is_not_told_the_same_twice() -> None:
    phone = side()
    phone.answer(sdp.parse(described("198.51.100.9")), b"")
    assert phone.direct(latch=True) is not None
    assert phone.direct(latch=True) is None
    assert phone.direct(latch=True, early=True) is not None


def test_a_stream_is_told_nothing_before_anything_is_agreed() -> None:
    assert side().direct(latch=True) is None


def test_versions_rise_and_the_session_stays_the_same() -> None:
    phone = side()
    bodies = [phone.offer(CODECS) for _ in range(3)]
    parsed = [sdp.parse(body) for body in bodies]
    assert [description.version for description in parsed] == ["1", "2", "3"]
    assert {description.session_id for description in parsed} == {"42"}


def test_a_refused_offer_leaves_what_was_agreed() -> None:
    phone = side()
    phone.answer(sdp.parse(described("198.51.100.9")), b"")
    before = phone.agreed
    phone.offer(CODECS, sdp.Direction.SENDONLY)
    assert phone.is_asked
    phone.withdraw_offer()
    assert not phone.is_asked
    assert phone.agreed is before


def test_a_worker_without_an_address_is_reached_where_the_signalling_is() -> None:
    phone = Side("leg", "101", Flow("udp", ("192.0.2.9", 5060), ("192.0.2.50", 5060)))
    phone.open(LeasedPort(0, 7, "", 10000), 42)
    assert b"c=IN IP4 192.0.2.9" in phone.offer(CODECS)


def test_what_the_other_side_speaks_is_offered_first_in_the_own_order() -> None:
    phone = side()
    phone.codecs = ("opus", "G722", "PCMA", "PCMU")
    body = phone.offer(CODECS, shared=("PCMU", "G722"))
    assert b" RTP/AVP 9 0 111 8 " in body


def test_what_is_spoken_already_is_offered_first_again() -> None:
    phone = side()
    phone.offer(("G722", "PCMA"))
    phone.take_answer(described("192.0.2.5"))
    assert phone.agreed is not None
    assert phone.agreed.codec == "PCMA"
    assert b" RTP/AVP 8 9 " in phone.offer(("G722", "PCMA"))


def test_the_keys_of_an_encrypted_stream_reach_a_worker() -> None:
    phone = side()
    phone.security = sdp.Security.REQUIRED
    phone.open(LeasedPort(0, 1, "192.0.2.1", 20_000, sdp.Secret(b"s" * 32)), 5)
    offered = phone.offer(["PCMU"])
    other = sdp.Local(
        "198.51.100.7", 4000, 6, security=sdp.Security.REQUIRED, secret=sdp.Secret(b"o" * 32)
    )
    answered, theirs = sdp.answer(sdp.parse(offered), other)
    phone.take_answer(answered)
    command = phone.direct(latch=True)
    assert command is not None
    [arrived] = command_reader().receive(encode([command]))
    assert arrived == command
    assert isinstance(arrived, Direct)
    assert arrived.keys is not None
    assert theirs.crypto is not None
    assert (arrived.keys.send, arrived.keys.receive) == (theirs.crypto.receive, theirs.crypto.send)
