from softswitch.transport.peers import Peers

HERE, THERE = "192.0.2.1", "192.0.2.2"


def test_the_oldest_stranger_makes_room() -> None:
    peers = Peers(most=3, most_of_host=3)
    for number, host in ((1, HERE), (2, THERE), (3, HERE)):
        assert peers.has_room(host)
        peers.enter(number, host)
    peers.accept(1)
    assert not peers.has_room(THERE)
    assert peers.displaced_by(THERE) == 2
    peers.leave(2)
    assert peers.has_room(THERE)


def test_nobody_makes_room_who_has_proven_himself() -> None:
    peers = Peers(most=1, most_of_host=1)
    peers.enter(1, HERE)
    peers.accept(1)
    assert not peers.is_stranger(1)
    assert peers.displaced_by(HERE) is None
    assert peers.displaced_by(THERE) is None


def test_a_host_that_has_its_share_displaces_only_its_own() -> None:
    peers = Peers(most=10, most_of_host=2)
    for number, host in ((1, THERE), (2, HERE), (3, HERE)):
        peers.enter(number, host)
    assert peers.has_room(THERE)
    assert not peers.has_room(HERE)
    assert peers.displaced_by(HERE) == 2
    peers.accept(2)
    peers.accept(3)
    assert peers.displaced_by(HERE) is None


def test_who_has_left_is_not_counted_and_may_leave_again() -> None:
    peers = Peers(most=1, most_of_host=1)
    peers.enter(1, HERE)
    for _ in range(2):
        peers.leave(1)
        peers.accept(1)
    assert peers.has_room(HERE)
