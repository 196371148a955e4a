"""The order of SRV records, and ways to whatever a domain says of itself."""

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from softswitch.sip.locate import Location, Naptr, Record, Resolve, Resolved, Srv, in_order
from softswitch.sip.message import Uri

small = st.integers(0, 3)
hosts = st.sampled_from(["", "a.example", "b.example", "203.0.113.7", "c.example"])
records = st.lists(
    st.builds(Srv, small, st.integers(0, 65535), st.integers(0, 65535), hosts), max_size=8
)
anything: st.SearchStrategy[Record] = st.one_of(
    st.builds(
        Naptr,
        small,
        small,
        st.sampled_from(["s", "S", "u", ""]),
        st.sampled_from(["SIP+D2U", "sip+d2t", "SIPS+D2T", "x"]),
        st.sampled_from(["", "_sip._udp.a.example", "a.example"]),
    ),
    st.builds(Srv, small, small, st.integers(0, 65535), hosts),
    st.sampled_from(["203.0.113.1", "2001:db8::1", "127.0.0.1", "nonsense"]),
)


@given(records, st.integers())
def test_every_record_is_tried_once_and_by_priority(found: list[Srv], seed: int) -> None:
    ordered = in_order(found, Random(seed).random)
    assert Counter(ordered) == Counter(found)
    assert [one.priority for one in ordered] == sorted(one.priority for one in found)


def test_hosts_come_first_as_often_as_their_weights_say() -> None:
    """Of 10,000 draws, with a deviation of 50 at most expected, within five of those."""
    random = Random(3263)
    weights = {"a": 60, "b": 30, "c": 9, "d": 0}
    found = [Srv(0, weight, 5060, host) for host, weight in weights.items()]
    first = Counter(in_order(found, random.random)[0].host for _ in range(10_000))
    for host, share in {"a": 60, "b": 30, "c": 9, "d": 1}.items():
        assert abs(first[host] - 100 * share) < 250, first


@given(
    st.sampled_from(
        ["sip:a.example", "sips:a.example", "sip:a.example;transport=tcp", "sip:a.example:5070"]
    ),
    st.dictionaries(
        st.tuples(
            st.sampled_from(
                ["a.example", "b.example", "c.example", "_sip._udp.a.example",
                 "_sip._tcp.a.example", "_sips._tcp.a.example"]
            ),
            st.sampled_from(["A", "AAAA", "SRV", "NAPTR"]),
        ),
        st.lists(anything, max_size=5),
    ),
    st.booleans(),
)  # fmt: skip
def test_whatever_a_domain_says_there_is_an_end_and_a_bounded_way(
    uri: str, zone: dict[tuple[str, str], list[Record]], fails: bool
) -> None:
    reach = {("udp", 4), ("tcp", 4), ("tls", 4), ("udp", 6)}
    location = Location(Uri.parse(uri), reach, lambda: 0.5)
    questions = location.begin()
    rounds = 0
    while questions:
        rounds += 1
        after: list[Resolve] = []
        for one in questions:
            found = tuple(zone.get((one.name, one.kind), ()))
            after += location.receive(Resolved(one, found, "" if found or not fails else "failed"))
        questions = after
    assert rounds <= 3
    assert location.is_done
    assert len(location.hops) <= 12
    assert all((hop.transport, 6 if ":" in hop.address else 4) in reach for hop in location.hops)
    assert uri[:4] != "sips" or all(hop.transport == "tls" for hop in location.hops)
