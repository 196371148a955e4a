import pytest

from softswitch.sip.errors import Refusal
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Uri
from softswitch.sip.proxy.next_hop import next_hop
from softswitch.sip.settings import EndpointSettings, ListenerSettings
from softswitch.sip.vocabulary import Elsewhere
from tests.unit.softswitch.sip.speaking import SERVER, flow

SIX = ("2001:db8::1", 5060)
TLS = ("192.0.2.1", 5061)
LISTENERS = Listeners(
    EndpointSettings(
        listeners=(
            ListenerSettings("udp", SERVER),
            ListenerSettings("tls", TLS),
            ListenerSettings("udp", SIX),
        )
    )
)


@pytest.mark.parametrize(
    "uri",
    [
        "sip:203.0.113.5",
        "sip:[2001:db8::5]",
        "sips:b@203.0.113.5",
        "sip:b@example.org;maddr=203.0.113.5",
        "sip:bob@example.org",
    ],
)
def test_a_place_outside_is_told_with_its_way_and_who_wants_to_go(uri: str) -> None:
    found = next_hop(Uri.parse(uri), "sip:request", flow(), LISTENERS)
    assert found == Elsewhere("sip:request", uri, source=flow())


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("224.0.1.75", 403),
        ("255.255.255.255", 403),
        ("0.0.0.0", 403),
        ("127.0.0.1", 403),
        ("[::1]", 403),
        ("[::ffff:127.0.0.1]", 403),
        ("203.0.113.5;transport=sctp", 502),
        ("[2001:db8::5];transport=tls", 502),
        ("b.example;transport=ws", 502),
    ],
)
def test_nobody_is_sent_where_no_phone_can_be(host: str, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        next_hop(Uri.parse(f"sip:{host}"), "sip:x", flow(), LISTENERS)
    assert refused.value.status == status


def test_programs_of_this_machine_reach_each_other() -> None:
    target = next_hop(Uri.parse("sip:127.0.0.1"), "sip:x", flow(host="127.0.0.1"), LISTENERS)
    assert target.next_hop == "sip:127.0.0.1"
