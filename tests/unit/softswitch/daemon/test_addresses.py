from pathlib import Path

import pytest

from softswitch.configuration.load import parse
from softswitch.configuration.settings import Settings
from softswitch.daemon.addresses import addresses, own_address
from softswitch.sip.settings import ListenerSettings

OWN = "192.168.1.10"
ROUTER = "listen: [udp 0.0.0.0:5060], advertise: 203.0.113.5, local: [192.168.0.0/16]"


def settings(network: str) -> Settings:
    text = f"employees: {{101: {{password: long-enough}}}}\nnetwork: {{{network}}}\n"
    return parse(text, Path("/nowhere"), {}).settings


def listener(network: str) -> ListenerSettings:
    return addresses(settings(network), OWN).listeners[0]


def test_a_listener_on_one_address_is_reached_there() -> None:
    found = addresses(settings("listen: [udp 10.0.0.1:5060]"), OWN)
    assert found.listeners == (ListenerSettings("udp", ("10.0.0.1", 5060)),)
    assert (found.media, found.media_bind) == ("10.0.0.1", "10.0.0.1")


def test_a_listener_on_all_addresses_is_reached_at_our_own_and_from_here_at_loopback() -> None:
    found = addresses(settings("listen: [udp 0.0.0.0:5060]"), OWN)
    assert found.listeners[0].advertised == OWN
    assert found.listeners[0].advertised_nearby == "127.0.0.1"
    assert found.nearby == ("127.0.0.0/8",)
    assert (found.media, found.media_bind) == (OWN, "0.0.0.0")


def test_behind_a_router_the_outside_is_told_its_address_and_the_inside_ours() -> None:
    found = addresses(settings(ROUTER), OWN)
    assert found.listeners[0].advertised == "203.0.113.5"
    assert found.listeners[0].advertised_nearby == OWN
    assert found.nearby == ("192.168.0.0/16", "127.0.0.0/8", OWN)
    assert found.media == "203.0.113.5"


@pytest.mark.parametrize(
    ("network", "peer", "address"),
    [
        (ROUTER, "192.168.7.7", OWN),
        (ROUTER, "::ffff:192.168.7.7", OWN),
        (ROUTER, "198.51.100.1", "203.0.113.5"),
        (ROUTER, "not an address", "203.0.113.5"),
        (ROUTER, "fe80::1%eth0", "203.0.113.5"),
        (ROUTER, "127.0.0.1", "127.0.0.1"),
        ("listen: [udp 0.0.0.0:5060]", "198.51.100.1", OWN),
        ("listen: [udp 0.0.0.0:5060]", "127.0.0.1", "127.0.0.1"),
        ("listen: [udp 10.0.0.1:5060]", "198.51.100.1", "10.0.0.1"),
        ("listen: [udp 10.0.0.1:5060]", "127.0.0.1", "10.0.0.1"),
        (
            "listen: [udp 10.0.0.1:5060], advertise: 203.0.113.5, local: 10.0.0.0/8",
            "10.2.3.4",
            "10.0.0.1",
        ),
    ],
)
def test_media_is_told_where_the_telephone_reaches_it(
    network: str, peer: str, address: str
) -> None:
    assert addresses(settings(network), OWN).media_for(peer) == address


def test_media_listens_everywhere_when_signalling_has_several_addresses() -> None:
    found = addresses(settings("listen: [udp 10.0.0.1:5060, udp 10.0.0.2:5060]"), OWN)
    assert (found.media, found.media_bind) == (OWN, "0.0.0.0")


def test_this_machine_has_an_address() -> None:
    assert own_address().count(".") == 3
