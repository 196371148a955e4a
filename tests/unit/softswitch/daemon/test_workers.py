from media.worker import WorkerSettings
from softswitch.daemon.workers import settings_of, shares


def test_workers_share_the_ports_in_whole_pairs() -> None:
    assert shares((10_000, 20_000), 1) == [(10_000, 19_999)]
    assert shares((10_000, 10_009), 2) == [(10_000, 10_003), (10_004, 10_009)]
    assert shares((10_001, 10_009), 2) == [(10_002, 10_005), (10_006, 10_009)]


def test_all_workers_play_the_tones_of_one_country() -> None:
    assert settings_of(2, "127.0.0.1", (10_000, 10_009), "de") == [
        WorkerSettings("de", "127.0.0.1", 10_000, 10_003),
        WorkerSettings("de", "127.0.0.1", 10_004, 10_009),
    ]
