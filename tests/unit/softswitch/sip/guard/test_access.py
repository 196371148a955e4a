import pytest

from softswitch.sip.guard import AddressList


def test_everybody_comes_in_where_nothing_is_said() -> None:
    everybody = AddressList()
    assert not everybody
    assert everybody.admits("203.0.113.5")
    assert everybody.admits("not an address")


@pytest.mark.parametrize(
    ("host", "admitted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("10.9.0.1", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("2001:db8::1", True),
        ("2001:db8:1::1", False),
        ("not an address", False),
    ],
)
def test_only_those_come_in_who_are_allowed_and_not_denied(host: str, *, admitted: bool) -> None:
    listed = AddressList(allow=("10.0.0.0/8", "192.0.2.7", "2001:db8::/48"), deny=("10.9.0.0/16",))
    assert listed
    for _ in range(2):
        assert listed.admits(host) is admitted


def test_where_some_are_denied_all_others_come_in() -> None:
    listed = AddressList(deny=("fe80::/10", "203.0.113.0/24"))
    assert not listed.admits("fe80::1%eth0")
    assert not listed.admits("203.0.113.77")
    assert listed.admits("203.0.114.1")


def test_answers_are_not_remembered_without_end() -> None:
    listed = AddressList(deny=("10.0.0.0/8",))
    for number in range(20_001):
        assert not listed.admits(f"10.0.{number >> 8}.{number & 255}")
    assert listed.admits("192.0.2.1")


def test_what_is_no_network_is_an_error() -> None:
    with pytest.raises(ValueError, match="300"):
        AddressList(allow=("300.0.0.0/8",))
