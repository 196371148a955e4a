import pytest

from softswitch.sip.flow import Flow
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Uri
from softswitch.sip.settings import EndpointSettings, ListenerSettings
from tests.unit.softswitch.sip.speaking import flow


def test_a_listener_tells_its_own_address_unless_it_has_another() -> None:
    face = Listeners(EndpointSettings()).face(flow())
    assert (face.sent_by, face.contact, face.host) == (
        "192.0.2.1:5060",
        "<sip:192.0.2.1:5060>",
        "192.0.2.1",
    )


def test_a_stream_says_so_in_its_contact() -> None:
    face = Listeners(EndpointSettings()).face(flow(connection=1))
    assert face.contact == "<sip:192.0.2.1:5060;transport=tcp>"


@pytest.mark.parametrize(
    ("transport", "named"), [("tcp", "tcp"), ("tls", "tls"), ("ws", "ws"), ("wss", "ws")]
)
@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_each_stream_is_named_in_a_contact_as_uris_name_it(
    transport: str, named: str, host: str
) -> None:
    path = Flow(transport, (host, 5061), ("198.51.100.7", 50000), 1)
    face = Listeners(EndpointSettings()).face(path)
    written = f"[{host}]" if ":" in host else host
    assert face.sent_by == f"{written}:5061"
    assert face.contact == f"<sip:{written}:5061;transport={named}>"
    assert Uri.parse(face.contact[1:-1]).host == written


@pytest.mark.parametrize("host", ["[2001:DB8:0::1]", "[2001:db8::1]", "[2001:db8:0:0:0:0:0:1]"])
def test_an_ipv6_address_is_known_however_it_is_written(host: str) -> None:
    settings = ListenerSettings("tls", ("2001:db8::1", 5061))
    listeners = Listeners(EndpointSettings(listeners=(settings,)))
    assert listeners.know(Uri.parse(f"sip:101@{host}").host)
    assert not listeners.know("[2001:db8::2]")


def test_the_domain_is_told_and_the_address_is_where_answers_go() -> None:
    face = Listeners(EndpointSettings(domain="office.example")).face(flow())
    assert (face.host, face.sent_by) == ("office.example", "192.0.2.1:5060")


@pytest.mark.parametrize(
    ("advertised", "sent_by"),
    [
        ("pbx.example", "pbx.example:5060"),
        ("pbx.example:15060", "pbx.example:15060"),
        ("[2001:db8::1]:15060", "[2001:db8::1]:15060"),
        ("[2001:db8::1]", "[2001:db8::1]:5060"),
        ("2001:db8::1", "[2001:db8::1]:5060"),
    ],
)
def test_an_advertised_address_takes_its_place(advertised: str, sent_by: str) -> None:
    settings = ListenerSettings("udp", ("0.0.0.0", 5060), advertised)
    faces = Listeners(EndpointSettings(listeners=(settings,)))
    path = Flow("udp", ("0.0.0.0", 5060), ("198.51.100.7", 5060))
    assert faces.face(path).sent_by == sent_by


def test_neighbours_are_told_the_near_address() -> None:
    local = ("0.0.0.0", 5060)
    settings = ListenerSettings("udp", local, "203.0.113.1", "10.0.0.1", ("10.0.0.0/8",))
    faces = Listeners(EndpointSettings(listeners=(settings,)))
    assert faces.sent_by(Flow("udp", local, ("10.2.3.4", 5060))) == "10.0.0.1:5060"
    assert faces.sent_by(Flow("udp", local, ("198.51.100.7", 5060))) == "203.0.113.1:5060"


def test_an_ipv6_listener_is_written_in_brackets() -> None:
    path = Flow("udp", ("2001:db8::1", 5060), ("2001:db8::2", 5060))
    assert Listeners(EndpointSettings()).face(path).contact == "<sip:[2001:db8::1]:5060>"


def test_the_zone_of_a_link_local_address_is_not_told() -> None:
    path = Flow("udp", ("fe80::1%eth0", 5060), ("fe80::2%eth0", 5060))
    assert Listeners(EndpointSettings()).sent_by(path) == "[fe80::1]:5060"


def test_each_listener_has_neighbours_of_its_own() -> None:
    one, two = ("10.0.0.1", 5060), ("10.0.0.2", 5060)
    faces = Listeners(
        EndpointSettings(
            listeners=(
                ListenerSettings("udp", one, "203.0.113.1", "10.0.0.1", ("10.0.0.0/8",)),
                ListenerSettings("udp", two, "203.0.113.2"),
            )
        )
    )
    assert faces.sent_by(Flow("udp", one, ("10.2.3.4", 5060))) == "10.0.0.1:5060"
    assert faces.sent_by(Flow("udp", two, ("10.2.3.4", 5060))) == "203.0.113.2:5060"


def test_another_address_is_told_at_once_and_the_one_before_stays_known() -> None:
    local = ("0.0.0.0", 5060)
    path = Flow("udp", local, ("198.51.100.7", 5060))
    listeners = Listeners(
        EndpointSettings(listeners=(ListenerSettings("udp", local, "203.0.113.1"),))
    )
    assert listeners.sent_by(path) == "203.0.113.1:5060"
    listeners.readdress([ListenerSettings("udp", local, "203.0.113.2")])
    assert listeners.sent_by(path) == "203.0.113.2:5060"
    assert listeners.know("203.0.113.1")
    assert listeners.know("203.0.113.2")
