import pytest

from softswitch.sip.locate import is_open


@pytest.mark.parametrize(
    ("address", "source", "expected"),
    [
        ("203.0.113.5", "192.168.1.7", True),
        ("192.168.1.1", "192.168.1.7", True),
        ("127.0.0.1", "192.168.1.7", False),
        ("::1", "2001:db8::7", False),
        ("::ffff:127.0.0.1", "192.168.1.7", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "::ffff:127.0.0.1", True),
        ("127.0.0.1", None, True),
        ("224.0.1.75", "127.0.0.1", False),
        ("224.0.1.75", None, False),
        ("ff02::1", None, False),
        ("0.0.0.0", "127.0.0.1", False),
        ("255.255.255.255", "192.168.1.7", False),
    ],
)
def test_a_peer_is_sent_to_places_of_its_own_kind(
    address: str, source: str | None, expected: bool
) -> None:
    assert is_open(address, source) is expected
