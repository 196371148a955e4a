from ipaddress import ip_address
from pathlib import Path

import pytest

from softswitch.configuration.load import parse
from softswitch.configuration.settings import Settings, StunServer
from softswitch.daemon.addresses import Own, Question, addresses, own_addresses, questions
from softswitch.sip.flow import Flow
from softswitch.sip.listeners import Listeners
from softswitch.sip.settings import EndpointSettings, ListenerSettings

OWN = Own("192.168.1.10", "2001:db8::10")
LOOPBACKS = ("127.0.0.0/8", "::1/128")
ROUTER = "listen: [udp 0.0.0.0:5060], advertise: 203.0.113.5, local: [192.168.0.0/16]"


def settings(network: str) -> Settings:
    text = f"employees: {{101: {{password: long-enough}}}}\nnetwork: {{{network}}}\n"
    return parse(text, Path("/nowhere"), {}).settings


def listener(network: str) -> ListenerSettings:
    return addresses(settings(network), OWN).listeners[0]


def media_for(network: str, peer: str, place: int = 0) -> str:
    """Return what a peer of the listener at this place is told for media."""
    found = addresses(settings(network), OWN)
    one = found.listeners[place]
    return found.media_for(Flow(one.transport, one.local, (peer, 5060)))


def sent_by(network: str, peer: str, place: int = 0) -> str:
    """Return what such a peer is told for signalling."""
    found = addresses(settings(network), OWN)
    one = found.listeners[place]
    flow = Flow(one.transport, one.local, (peer, 5060))
    return Listeners(EndpointSettings(listeners=found.listeners)).sent_by(flow)


def test_a_listener_on_one_address_is_reached_there() -> None:
    found = addresses(settings("listen: [udp 10.0.0.1:5060]"), OWN)
    assert found.listeners == (ListenerSettings("udp", ("10.0.0.1", 5060)),)
    assert (found.media, found.media_bind) == ("10.0.0.1", "10.0.0.1")


def test_a_listener_on_all_addresses_is_reached_at_our_own_and_from_here_at_loopback() -> None:
    found = addresses(settings("listen: [udp 0.0.0.0:5060]"), OWN)
    assert found.listeners[0].advertised == OWN.ipv4
    assert found.listeners[0].advertised_nearby == "127.0.0.1"
    assert found.listeners[0].nearby == LOOPBACKS
    assert (found.media, found.media_bind) == (OWN.ipv4, "0.0.0.0")


def test_behind_a_router_the_outside_is_told_its_address_and_the_inside_ours() -> None:
    found = addresses(settings(ROUTER), OWN)
    assert found.listeners[0].advertised == "203.0.113.5"
    assert found.listeners[0].advertised_nearby == OWN.ipv4
    assert found.listeners[0].nearby == ("192.168.0.0/16", *LOOPBACKS, OWN.ipv4)
    assert found.media == "203.0.113.5"


@pytest.mark.parametrize(
    ("network", "peer", "address"),
    [
        (ROUTER, "192.168.7.7", OWN.ipv4),
        (ROUTER, "::ffff:192.168.7.7", OWN.ipv4),
        (ROUTER, "198.51.100.1", "203.0.113.5"),
        (ROUTER, "not an address", "203.0.113.5"),
        (ROUTER, "127.0.0.1", "127.0.0.1"),
        ("listen: [udp 0.0.0.0:5060]", "198.51.100.1", OWN.ipv4),
        ("listen: [udp 0.0.0.0:5060]", "127.0.0.1", "127.0.0.1"),
        ("listen: ['udp [::]:5060']", "2001:db8::77", OWN.ipv6),
        ("listen: ['udp [::]:5060']", "fe80::1%eth0", OWN.ipv6),
        ("listen: ['udp [::]:5060']", "::1", "::1"),
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
    assert media_for(network, peer) == address


@pytest.mark.parametrize(
    ("network", "peer", "told"),
    [
        ("listen: ['udp [::]:5060']", "2001:db8::77", "[2001:db8::10]:5060"),
        ("listen: ['udp [::]:5060']", "::1", "[::1]:5060"),
        ("listen: ['udp [fe80::7%eth0]:5060']", "fe80::1%eth0", "[fe80::7]:5060"),
        ("listen: ['udp [2001:db8::5]:5070']", "2001:db8::77", "[2001:db8::5]:5070"),
    ],
)
def test_ipv6_is_told_in_brackets_and_without_a_zone(network: str, peer: str, told: str) -> None:
    assert sent_by(network, peer) == told


def test_each_of_several_listeners_tells_its_own_address_for_both() -> None:
    network = (
        "listen: [{on: 'udp 10.0.0.1:5060', advertise: 203.0.113.1},"
        " {on: 'udp 10.0.0.2:5060', advertise: 203.0.113.2, local: 10.0.0.0/24},"
        " 'udp [::]:5060'], advertise: 203.0.113.9"
    )
    told = [(sent_by(network, "198.51.100.1", n), media_for(network, "198.51.100.1", n))
            for n in (0, 1)]  # fmt: skip
    assert told == [
        ("203.0.113.1:5060", "203.0.113.1"),
        ("203.0.113.2:5060", "203.0.113.2"),
    ]
    assert media_for(network, "10.0.0.77", 0) == "203.0.113.1"
    assert media_for(network, "10.0.0.77", 1) == "10.0.0.2"
    assert media_for(network, "2001:db8::77", 2) == OWN.ipv6


def test_media_of_a_listener_that_is_gone_is_at_the_first() -> None:
    found = addresses(settings("listen: [udp 10.0.0.1:5060, udp 10.0.0.2:5060]"), OWN)
    gone = Flow("udp", ("10.0.0.3", 5060), ("198.51.100.1", 5060))
    assert found.media_for(gone) == "10.0.0.1"


@pytest.mark.parametrize(
    ("listen", "own", "bind"),
    [
        ("udp 10.0.0.1:5060, udp 10.0.0.2:5060", OWN, "0.0.0.0"),
        ("udp *:5060", OWN, "::"),
        ("udp *:5060", Own("192.0.2.1"), "0.0.0.0"),
        ("udp 127.0.0.1:5060, 'udp [::1]:5060'", OWN, "::"),
        ("'udp [::1]:5060', 'tcp [::1]:5060'", OWN, "::1"),
    ],
)
def test_media_listens_wherever_signalling_does(listen: str, own: Own, bind: str) -> None:
    assert addresses(settings(f"listen: [{listen}]"), own).media_bind == bind


def test_what_a_stun_server_has_told_is_advertised() -> None:
    network = settings("listen: [udp 0.0.0.0:5060], advertise: stun stun.example.org")
    question = Question(StunServer("stun.example.org", 3478), "0.0.0.0")
    assert questions(network) == {question}
    assert addresses(network, OWN).listeners[0].advertised == OWN.ipv4
    found = addresses(network, OWN, {question: "203.0.113.77"})
    assert found.listeners[0].advertised == "203.0.113.77"
    assert found.listeners[0].advertised_nearby == OWN.ipv4
    assert found.media == "203.0.113.77"


def test_this_machine_has_addresses() -> None:
    own = own_addresses()
    assert ip_address(own.ipv4).version == 4
    assert not own.ipv6 or ip_address(own.ipv6.partition("%")[0]).version == 6
