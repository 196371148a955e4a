import pytest

from softswitch.sip.errors import Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Uri
from softswitch.sip.proxy.next_hop import NeedsLocating, next_hop
from softswitch.sip.settings import EndpointSettings, ListenerSettings
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
    ("uri", "leads"),
    [
        ("sip:203.0.113.5", Flow("udp", SERVER, ("203.0.113.5", 5060))),
        ("sip:b@203.0.113.5:5070", Flow("udp", SERVER, ("203.0.113.5", 5070))),
        ("sip:[2001:db8::5]", Flow("udp", SIX, ("2001:db8::5", 5060))),
        ("sips:203.0.113.5", Flow("tls", TLS, ("203.0.113.5", 5061))),
        ("sip:203.0.113.5;transport=TLS", Flow("tls", TLS, ("203.0.113.5", 5061))),
        ("sip:b@example.org;maddr=203.0.113.5", Flow("udp", SERVER, ("203.0.113.5", 5060))),
    ],
)
def test_an_address_is_reached_by_a_listener_of_its_kind(uri: str, leads: Flow) -> None:
    target = next_hop(Uri.parse(uri), "sip:request", flow(), LISTENERS)
    assert not isinstance(target, NeedsLocating)
    assert (target.uri, target.flow) == ("sip:request", leads)


def test_a_name_has_to_be_located() -> None:
    uri = Uri.parse("sip:bob@example.org")
    assert next_hop(uri, str(uri), flow(), LISTENERS) == NeedsLocating(uri)


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
    ],
)
def test_nobody_is_sent_where_no_phone_can_be(host: str, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        next_hop(Uri.parse(f"sip:{host}"), "sip:x", flow(), LISTENERS)
    assert refused.value.status == status


def test_programs_of_this_machine_reach_each_other() -> None:
    target = next_hop(Uri.parse("sip:127.0.0.1"), "sip:x", flow(host="127.0.0.1"), LISTENERS)
    assert not isinstance(target, NeedsLocating)
