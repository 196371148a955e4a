from media.ports import Ports


def leased(ports: Ports, *rows: int) -> Ports:
    for row in rows:
        ports.bound(row)
    return ports


def test_the_range_holds_pairs_that_begin_with_an_even_port() -> None:
    ports = Ports(10001, 10008)
    assert [ports.port(row) for row in range(ports.rows)] == [10002, 10004, 10006]


def test_only_a_leased_port_is_used_and_only_once() -> None:
    ports = leased(Ports(10000, 10009), 1)
    assert ports.use(10000) is None
    assert ports.use(10003) is None
    assert ports.use(10002) == 1
    assert ports.use(10002) is None


def test_a_used_port_rests_before_it_is_leased_again() -> None:
    ports = leased(Ports(10000, 10009, quarantine=2.0), 0)
    row = ports.use(10000)
    assert row is not None
    ports.rest(row, now=10.0)
    assert ports.deadline == 12.0
    assert ports.rested(now=11.9) == []
    assert ports.use(10000) is None
    assert ports.rested(now=12.0) == [10000]
    assert ports.use(10000) == 0


def test_ports_that_begin_to_rest_one_soon_after_the_other_are_leased_together() -> None:
    ports = leased(Ports(10000, 10009, quarantine=2.0), 0, 1)
    for port, now in ((10000, 10.01), (10002, 10.02)):
        row = ports.use(port)
        assert row is not None
        ports.rest(row, now)
    assert ports.rested(now=12.02) == []
    assert ports.deadline is not None
    assert ports.rested(ports.deadline) == [10000, 10002]


def test_a_port_of_another_program_is_tried_last() -> None:
    ports = Ports(10000, 10005)
    ports.refused(0)
    assert ports.unbound() == [1, 2, 0]


def test_no_more_pairs_are_bound_than_are_affordable() -> None:
    ports = Ports(10000, 10009, affordable=2)
    assert leased(ports, 0).may_bind
    assert not leased(ports, 1).may_bind
    row = ports.use(10000)
    assert row is not None
    ports.rest(row, now=10.0)  # it stays bound
    assert not ports.may_bind


def test_the_whole_range_is_affordable_unless_it_is_said_otherwise() -> None:
    ports = leased(Ports(10000, 10003), 0)
    assert ports.may_bind
    assert not leased(ports, 1).may_bind
