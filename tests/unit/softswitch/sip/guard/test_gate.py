from softswitch.sip.flow import Flow
from softswitch.sip.guard import Gate
from softswitch.sip.guard.gate import DENIED, PHONE_TOO_OFTEN, SCANNER, TOO_OFTEN
from softswitch.sip.listeners import Listeners
from softswitch.sip.settings import EndpointSettings, ListenerSettings
from tests.unit.softswitch.sip.speaking import SERVER, flow, request

NOISE = b"noise"
SCAN = b"OPTIONS sip:1@192.0.2.1 SIP/2.0\r\nUser-Agent: friendly-scanner\r\n\r\n"


def make(strangers: int = 5, *, deny: tuple[str, ...] = ()) -> Gate:
    listener = ListenerSettings("udp", SERVER, deny=deny)
    return Gate(EndpointSettings(listeners=(listener,), strangers=strangers))


def test_a_stranger_is_read_until_he_is_too_loud() -> None:
    gate = make(strangers=5)
    assert [gate.objection(NOISE, flow(), 0.0) for _ in range(22)] == [""] * 20 + [TOO_OFTEN] * 2
    assert gate.objection(NOISE, flow(), 0.2) == ""


def test_the_ports_of_a_host_share_what_it_may_say() -> None:
    gate = make(strangers=1)
    for port in range(4):
        assert gate.objection(NOISE, flow(port=2000 + port), 0.0) == ""
    assert gate.objection(NOISE, flow(port=3000), 0.0) == TOO_OFTEN


def test_one_loud_host_does_not_silence_another() -> None:
    gate = make(strangers=1)
    for _ in range(1000):
        gate.objection(NOISE, flow(), 0.0)
    assert gate.objection(NOISE, flow(host="203.0.113.9"), 0.0) == ""


def make_for_phones(trusted: tuple[str, ...] = (), *, is_trusted: bool = False) -> Gate:
    listener = ListenerSettings("udp", SERVER, is_trusted=is_trusted)
    return Gate(
        EndpointSettings(listeners=(listener,), strangers=1, phone=10, trusted=trusted),
    )


def test_who_has_shown_a_password_is_read_though_his_host_is_too_loud() -> None:
    gate = make(strangers=1)
    gate.trust(flow(), 0.0)
    assert {gate.objection(NOISE, flow(), 0.0) for _ in range(100)} == {""}
    assert gate.objection(NOISE, flow(port=2000), 0.0) == ""


def test_a_telephone_has_a_budget_of_its_own_which_fills_again() -> None:
    gate = make_for_phones()
    gate.trust(flow(), 0.0)
    said = [gate.objection(NOISE, flow(), 0.0) for _ in range(42)]
    assert said == [""] * 40 + [PHONE_TOO_OFTEN] * 2
    gate.trust(flow(), 0.0)
    assert gate.objection(NOISE, flow(), 0.0) == PHONE_TOO_OFTEN
    assert [gate.objection(NOISE, flow(), 0.1) for _ in range(2)] == ["", PHONE_TOO_OFTEN]
    assert {gate.objection(NOISE, flow(), 0.2 + n / 10) for n in range(1000)} == {""}


def test_a_gateway_has_no_budget() -> None:
    for gate in (make_for_phones(("198.51.100.0/24",)), make_for_phones(is_trusted=True)):
        gate.trust(flow(), 0.0)
        assert {gate.objection(NOISE, flow(), 0.0) for _ in range(1000)} == {""}


def test_trust_ends_with_time_and_with_the_connection() -> None:
    gate = make(strangers=1)
    stream = flow(connection=7)
    for way in (flow(), stream):
        gate.trust(way, 0.0)
    assert gate.trusts(flow(), 7199.0)
    assert not gate.trusts(flow(), 7200.0)
    gate.forget(stream)
    assert not gate.trusts(stream, 1.0)


def test_trust_is_remembered_of_so_many_and_no_more() -> None:
    gate = make()
    for number in range(200_001):
        gate.trust(flow(port=number), 0.0)
    assert not gate.trusts(flow(port=0), 1.0)
    assert gate.trusts(flow(port=100_000), 1.0)
    assert gate.trusts(flow(port=200_000), 1.0)


def test_who_has_shown_a_password_since_is_not_forgotten_for_newer_ones() -> None:
    gate = make()
    for number in range(200_001):
        if number % 50_000 == 0:
            gate.trust(flow(port=0), 0.0)
        gate.trust(flow(port=number), 0.0)
    assert gate.trusts(flow(port=0), 1.0)


def test_the_end_of_a_connection_ends_trust_from_long_ago_too() -> None:
    gate = make()
    stream = flow(connection=7)
    gate.trust(stream, 0.0)
    for number in range(100_001):
        gate.trust(flow(port=number), 0.0)
    assert gate.trusts(stream, 1.0)
    gate.forget(stream)
    assert not gate.trusts(stream, 1.0)


def test_a_scanner_is_not_read() -> None:
    assert make().objection(SCAN, flow(), 0.0) == SCANNER


def test_who_is_denied_is_not_read_and_costs_others_nothing() -> None:
    gate = make(strangers=1, deny=("198.51.100.0/24",))
    for _ in range(50):
        assert gate.objection(NOISE, flow(), 0.0) == DENIED
    other = Flow("tcp", SERVER, flow().remote, 3)
    assert gate.objection(NOISE, other, 0.0) == ""


def test_who_is_denied_is_not_read_for_a_password_either() -> None:
    gate = make(deny=("198.51.100.0/24",))
    gate.trust(flow(), 0.0)
    assert gate.objection(NOISE, flow(), 0.0) == DENIED


def is_astray(method: str, uri: str, *, trusted: bool = False) -> bool:
    settings = EndpointSettings(domain="office.example")
    gate = Gate(settings)
    if trusted:
        gate.trust(flow(), 0.0)
    asked = request(method, to="102", uri=uri)
    return gate.is_astray(asked, flow(), Listeners(settings), 1.0)


def test_a_stranger_who_asks_for_another_host_is_astray() -> None:
    assert is_astray("INVITE", "sip:102@elsewhere.example")
    assert is_astray("OPTIONS", "sips:102@elsewhere.example")


def test_who_asks_for_us_or_may_find_out_what_we_are_called_is_not() -> None:
    assert not is_astray("INVITE", "sip:102@office.example")
    assert not is_astray("INVITE", "sip:102@192.0.2.1")  # the host of his own From
    assert not is_astray("REGISTER", "sip:elsewhere.example")
    assert not is_astray("INVITE", "tel:+48221234567")
    assert not is_astray("INVITE", "sip:102@elsewhere.example", trusted=True)
