from media.worker import WorkerSettings
from softswitch.daemon.workers import cores, settings_of, shares


def test_workers_share_the_ports_in_whole_pairs() -> None:
    assert shares((10_000, 20_000), 1) == [(10_000, 19_999)]
    assert shares((10_000, 10_009), 2) == [(10_000, 10_003), (10_004, 10_009)]
    assert shares((10_001, 10_009), 2) == [(10_002, 10_005), (10_006, 10_009)]


def test_all_workers_play_the_tones_of_one_country() -> None:
    assert settings_of(2, "127.0.0.1", (10_000, 10_009), "de") == [
        WorkerSettings("de", "127.0.0.1", 10_000, 10_003),
        WorkerSettings("de", "127.0.0.1", 10_004, 10_009),
    ]
    [second] = settings_of(1, "::", (10_000, 10_009), "de", "epoll", [0, 3])
    assert (second.backend, second.core) == ("epoll", 3)


def test_each_worker_has_a_core_of_its_own_and_signalling_the_first() -> None:
    assert cores(1, [0, 1]) == [1]
    assert cores(3, [0, 2, 4, 6]) == [2, 4, 6]
    assert cores(2, [0, 1]) == [-1, -1]
    assert cores(1, [0]) == [-1]
