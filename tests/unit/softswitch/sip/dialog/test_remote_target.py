"""What a Contact is worth when its sender is seen by another address."""

import pytest

from softswitch.sip.dialog import reachable_target
from softswitch.sip.flow import Flow
from softswitch.sip.message import Uri

SEEN = Flow("udp", ("192.0.2.1", 5060), ("203.0.113.5", 61000))


def target(contact: str, flow: Flow = SEEN) -> str:
    return reachable_target(Uri.parse(contact), flow)


@pytest.mark.parametrize(
    "host",
    ["10.1.2.3", "172.31.0.1", "192.168.1.9:5062", "100.64.0.1", "127.0.0.1", "169.254.1.1",
     "[fd00::1]", "phone.local", "x7k.invalid", "localhost"],
)  # fmt: skip
def test_a_private_contact_gives_way_to_the_address_it_is_seen_with(host: str) -> None:
    assert target(f"sip:101@{host};transport=tcp") == "sip:101@203.0.113.5:61000;transport=tcp"


@pytest.mark.parametrize("host", ["198.51.100.7", "198.51.100.7:5070", "pbx.example.com"])
def test_a_public_contact_stands(host: str) -> None:
    assert target(f"sip:101@{host}") == f"sip:101@{host}"


def test_a_private_contact_on_our_own_network_stands() -> None:
    lan = Flow("udp", ("10.0.0.1", 5060), ("10.0.0.7", 5080))
    assert target("sip:101@10.0.0.7:5080", lan) == "sip:101@10.0.0.7:5080"


def test_an_ipv6_peer_is_named_in_brackets() -> None:
    flow = Flow("udp", ("2001:db8::1", 5060), ("2001:db8::7", 5080))
    assert target("sip:101@[fe80::7]", flow) == "sip:101@[2001:db8::7]:5080"
    assert target("sip:101@[2001:db8::7]", flow) == "sip:101@[2001:db8::7]"


def test_headers_of_a_contact_do_not_reach_the_request_uri() -> None:
    assert target("sip:101@198.51.100.7?Subject=hi") == "sip:101@198.51.100.7"


def test_a_telephone_number_has_no_host() -> None:
    assert target("tel:+48221234567") == "tel:+48221234567"


def test_peers_with_one_contact_are_told_apart_by_the_address_they_are_seen_with() -> None:
    for port in (61000, 61001):
        flow = Flow("udp", ("198.51.100.1", 5060), ("203.0.113.5", port))
        assert target("sip:101@10.1.2.3", flow) == f"sip:101@203.0.113.5:{port}"


def test_a_contact_that_is_too_long_to_be_remembered_is_followed_like_any_other() -> None:
    user = "1" * 300
    for _ in range(2):
        assert target(f"sip:{user}@10.1.2.3;ob") == f"sip:{user}@203.0.113.5:61000;ob"
