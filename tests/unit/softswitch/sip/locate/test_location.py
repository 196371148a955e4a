"""RFC 3263, section 4: the way to a URI, row by row."""

from collections.abc import Mapping, Sequence

import pytest

from softswitch.sip.errors import Refusal
from softswitch.sip.locate import Hop, Location, Naptr, Record, Resolve, Resolved, Srv
from softswitch.sip.message import Uri

ALL = frozenset((transport, version) for transport in ("udp", "tcp", "tls") for version in (4, 6))
UDP = frozenset({("udp", 4)})
Zone = Mapping[tuple[str, str], Sequence[Record]]

NAPTR: Zone = {
    ("a.example", "NAPTR"): [
        Naptr(20, 10, "s", "SIP+D2U", "_sip._udp.a.example"),
        Naptr(10, 20, "S", "sip+d2t", "_sip._tcp.a.example"),
        Naptr(10, 10, "s", "SIPS+D2T", "_sips._tcp.a.example"),
        Naptr(5, 10, "s", "SIP+D2S", "_sip._sctp.a.example"),
        Naptr(1, 10, "u", "E2U+sip", ""),
    ]
}
SERVICES: Zone = {
    ("_sip._udp.a.example", "SRV"): [Srv(10, 0, 5070, "one.a.example")],
    ("_sip._tcp.a.example", "SRV"): [Srv(10, 0, 5071, "one.a.example")],
    ("_sips._tcp.a.example", "SRV"): [
        Srv(20, 0, 5072, "two.a.example"),
        Srv(10, 0, 5073, "one.a.example"),
    ],
}
HOSTS: Zone = {
    ("a.example", "A"): ["203.0.113.9"],
    ("one.a.example", "A"): ["203.0.113.1"],
    ("one.a.example", "AAAA"): ["2001:db8::1"],
    ("two.a.example", "A"): ["203.0.113.2", "203.0.113.3"],
}


def locate(uri: str, zone: Zone, reach: frozenset[tuple[str, int]] = ALL) -> Location:
    """Return the location of a URI, with all that it asks answered."""
    location = Location(Uri.parse(uri), reach, lambda: 0.0)
    questions = location.begin()
    while questions:
        after: list[Resolve] = []
        for one in questions:
            records = tuple(zone.get((one.name, one.kind), ()))
            after += location.receive(Resolved(one, records))
        questions = after
    assert location.is_done
    return location


def ways(uri: str, zone: Zone, reach: frozenset[tuple[str, int]] = ALL) -> list[str]:
    hops = locate(uri, zone, reach).hops
    return [f"{hop.transport} {hop.address} {hop.port}" for hop in hops]


@pytest.mark.parametrize(
    ("uri", "way"),
    [
        ("sip:203.0.113.5", "udp 203.0.113.5 5060"),
        ("sip:203.0.113.5:5080", "udp 203.0.113.5 5080"),
        ("sip:[2001:db8::5]", "udp 2001:db8::5 5060"),
        ("sip:203.0.113.5;transport=TCP", "tcp 203.0.113.5 5060"),
        ("sip:203.0.113.5;transport=tls", "tls 203.0.113.5 5061"),
        ("sips:203.0.113.5", "tls 203.0.113.5 5061"),
        ("sips:203.0.113.5:5090;transport=tcp", "tls 203.0.113.5 5090"),
        ("sip:a.example;maddr=203.0.113.5", "udp 203.0.113.5 5060"),
    ],
)
def test_an_address_is_asked_about_nowhere(uri: str, way: str) -> None:
    location = Location(Uri.parse(uri), ALL, lambda: 0.0)
    assert location.begin() == []
    assert [f"{hop.transport} {hop.address} {hop.port}" for hop in location.hops] == [way]


@pytest.mark.parametrize(
    ("uri", "way"),
    [
        ("sip:a.example:5080", "udp 203.0.113.9 5080"),
        ("sips:a.example:5081", "tls 203.0.113.9 5081"),
        ("sip:a.example:5080;transport=tcp", "tcp 203.0.113.9 5080"),
    ],
)
def test_a_port_leaves_nothing_to_ask_but_addresses(uri: str, way: str) -> None:
    assert ways(uri, {**NAPTR, **SERVICES, **HOSTS}) == [way]


def test_a_transport_is_asked_for_by_its_service() -> None:
    found = ways("sip:a.example;transport=tcp", {**NAPTR, **SERVICES, **HOSTS})
    assert found == ["tcp 203.0.113.1 5071", "tcp 2001:db8::1 5071"]


def test_a_transport_without_a_service_leads_to_the_host_of_that_name() -> None:
    assert ways("sip:a.example;transport=tcp", HOSTS) == ["tcp 203.0.113.9 5060"]
    assert ways("sip:a.example;transport=tls", HOSTS) == ["tls 203.0.113.9 5061"]


def test_the_domain_chooses_the_transport_and_the_lowest_order_counts() -> None:
    """TLS before TCP, both of order 10; SCTP is not ours, and UDP of order 20 too late."""
    assert ways("sip:a.example", {**NAPTR, **SERVICES, **HOSTS}) == [
        "tls 203.0.113.1 5073",
        "tls 2001:db8::1 5073",
        "tls 203.0.113.2 5072",
        "tls 203.0.113.3 5072",
        "tcp 203.0.113.1 5071",
        "tcp 2001:db8::1 5071",
    ]


def test_services_of_transports_that_we_lack_are_passed_over() -> None:
    assert ways("sip:a.example", {**NAPTR, **SERVICES, **HOSTS}, UDP) == ["udp 203.0.113.1 5070"]


def test_a_sips_uri_leads_by_tls_alone() -> None:
    found = ways("sips:a.example", {**NAPTR, **SERVICES, **HOSTS})
    assert {way.split()[0] for way in found} == {"tls"}


def test_without_naptr_records_each_transport_is_asked_for() -> None:
    found = ways("sip:a.example", {**SERVICES, **HOSTS})
    assert found[0] == "udp 203.0.113.1 5070"
    assert {way.split()[0] for way in found} == {"udp", "tcp", "tls"}


def test_without_any_service_the_name_is_a_host_that_speaks_udp() -> None:
    assert ways("sip:a.example", HOSTS) == ["udp 203.0.113.9 5060"]
    assert ways("sips:a.example", HOSTS) == ["tls 203.0.113.9 5061"]
    assert ways("sip:a.example", HOSTS, frozenset({("tcp", 4)})) == ["tcp 203.0.113.9 5060"]


def test_a_domain_that_says_it_has_no_such_service_is_not_reached_as_a_host() -> None:
    zone = {("_sip._udp.a.example", "SRV"): [Srv(0, 0, 0, "")], **HOSTS}
    location = locate("sip:a.example;transport=udp", zone)
    assert (location.hops, location.status) == ([], 404)


def test_the_certificate_is_for_the_domain_and_not_for_the_host() -> None:
    hops = locate("sips:a.example", {**NAPTR, **SERVICES, **HOSTS}).hops
    assert {hop.domain for hop in hops} == {"a.example"}
    assert locate("sips:203.0.113.5", {}).hops == [Hop("tls", "203.0.113.5", 5061)]


def test_only_addresses_that_a_listener_leads_to_are_asked_for() -> None:
    location = Location(Uri.parse("sip:a.example:5060"), UDP, lambda: 0.0)
    assert location.begin() == [Resolve("a.example", "A")]


@pytest.mark.parametrize(
    ("uri", "reach", "status"),
    [
        ("tel:+491234", ALL, 416),
        ("sips:a.example", UDP, 416),
        ("sips:a.example;transport=udp", ALL, 502),
        ("sip:a.example;transport=ws", ALL, 502),
        ("sip:a.example;transport=sctp", ALL, 502),
        ("sip:a.example;transport=tcp", UDP, 502),
        ("sip:[2001:db8::5]", UDP, 502),
        ("sip:a.example", frozenset({("tls", 4)}), 502),
    ],
)
def test_what_no_listener_serves_is_refused(
    uri: str, reach: frozenset[tuple[str, int]], status: int
) -> None:
    with pytest.raises(Refusal) as refused:
        Location(Uri.parse(uri), reach, lambda: 0.0).begin()
    assert refused.value.status == status


@pytest.mark.parametrize(("uri", "status"), [("sip:b.example", 404), ("sips:b.example", 480)])
def test_a_name_that_there_is_not_leads_nowhere(uri: str, status: int) -> None:
    location = locate(uri, {})
    assert (location.hops, location.status) == ([], status)


def test_a_dns_that_fails_is_no_proof_that_nobody_is_there() -> None:
    location = Location(Uri.parse("sip:a.example:5060"), UDP, lambda: 0.0)
    [question] = location.begin()
    location.receive(Resolved(question, failure="no answer"))
    assert (location.is_done, location.hops, location.status) == (True, [], 503)
    assert location.failure == "no answer"


def test_who_gives_up_waits_for_no_answer() -> None:
    location = Location(Uri.parse("sip:a.example"), ALL, lambda: 0.0)
    [question] = location.begin()
    location.give_up()
    assert (location.is_done, location.status) == (True, 503)
    assert location.receive(Resolved(question, ())) == []


def test_what_was_not_asked_is_not_heard() -> None:
    location = Location(Uri.parse("sip:a.example:5060"), UDP, lambda: 0.0)
    location.begin()
    assert location.receive(Resolved(Resolve("b.example", "A"), ("203.0.113.1",))) == []
    assert not location.is_done


def test_a_domain_cannot_make_us_try_for_ever() -> None:
    many = [Srv(at, 0, 5060, f"h{at}.example") for at in range(500)]
    hosts: dict[tuple[str, str], list[Record]] = {
        (f"h{at}.example", "A"): [f"203.0.113.{n}" for n in range(250)] for at in range(500)
    }
    zone: Zone = {("_sip._udp.a.example", "SRV"): many, **hosts}
    assert len(ways("sip:a.example;transport=udp", zone)) == 12


def test_an_answer_that_is_no_address_is_left_out() -> None:
    zone: Zone = {("a.example", "A"): ["nonsense", "2001:db8::1", "203.0.113.1"]}
    assert ways("sip:a.example:5060", zone, UDP) == ["udp 203.0.113.1 5060"]
