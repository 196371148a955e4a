"""Which recordings go: the oldest, and no more than need be."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.storage.retention import (
    Expired,
    Kept,
    RetentionSettings,
    delete,
    expired,
    free_octets,
    recordings_below,
)

DAY = 86_400.0
NOW = 100 * DAY
MANY = [Kept(f"/r/{age}.wav", 1000, NOW - age * DAY) for age in (3, 1, 90, 40, 2)]
PLENTY = 10**12


def names(gone: list[Expired]) -> list[tuple[str, str]]:
    return [(Path(one.path).stem, one.reason) for one in gone]


def settings(**more: float) -> RetentionSettings:
    return RetentionSettings(**({"minimum_free": 0} | more))  # type: ignore[arg-type]


def test_without_bounds_all_is_kept() -> None:
    assert expired(MANY, settings(), NOW, 0) == []


def test_what_is_too_old_goes_and_the_day_itself_is_kept() -> None:
    assert names(expired(MANY, settings(age=40 * DAY), NOW, PLENTY)) == [("90", "age")]
    assert names(expired(MANY, settings(age=39 * DAY), NOW, PLENTY)) == [
        ("90", "age"),
        ("40", "age"),
    ]


def test_the_oldest_go_until_the_rest_fits() -> None:
    assert names(expired(MANY, settings(total=3000), NOW, PLENTY)) == [
        ("90", "total"),
        ("40", "total"),
    ]
    assert expired(MANY, settings(total=5000), NOW, PLENTY) == []


def test_the_oldest_go_until_enough_is_free() -> None:
    assert names(expired(MANY, settings(minimum_free=5000), NOW, 3500)) == [
        ("90", "disk"),
        ("40", "disk"),
    ]


def test_what_goes_by_age_counts_for_the_other_bounds() -> None:
    bounds = settings(age=39 * DAY, total=3000, minimum_free=2000)
    assert [reason for _, reason in names(expired(MANY, bounds, NOW, 0))] == ["age", "age"]


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 5000)), max_size=20),
    st.none() | st.integers(0, 100),
    st.none() | st.integers(0, 50_000),
    st.integers(0, 50_000),
    st.integers(0, 50_000),
)
def test_what_is_left_keeps_every_bound_and_one_less_would_not(
    files: list[tuple[int, int]], age: int | None, total: int | None, minimum: int, free: int
) -> None:
    kept = [Kept(f"/{place}", size, NOW - days) for place, (days, size) in enumerate(files)]
    bounds = RetentionSettings(None if age is None else float(age), total, minimum)

    def holds(gone: list[str]) -> bool:
        left = [one for one in kept if one.path not in gone]
        freed = sum(one.octets for one in kept if one.path in gone)
        return (
            (age is None or all(NOW - one.modified <= age for one in left))
            and (total is None or sum(one.octets for one in left) <= total)
            and (free + freed >= minimum or not left)
        )

    gone = [one.path for one in expired(kept, bounds, NOW, free)]
    assert holds(gone)
    if gone:
        assert not holds(gone[:-1])


def test_what_is_being_written_and_what_is_no_recording_is_not_seen(tmp_path: Path) -> None:
    day = tmp_path / "2026" / "03" / "02"
    day.mkdir(parents=True)
    for name in ("a.wav", "b.flac", "c.ogg", "d.wav.part", "e.flac.part", "notes.txt"):
        (day / name).write_bytes(b"12345")
    found = recordings_below(tmp_path)
    assert sorted(Path(one.path).name for one in found) == ["a.wav", "b.flac", "c.ogg"]
    assert {one.octets for one in found} == {5}
    assert recordings_below(tmp_path / "missing") == []


def test_with_the_last_recording_of_a_day_its_folders_go(tmp_path: Path) -> None:
    day, other = tmp_path / "2026" / "03" / "02", tmp_path / "2026" / "02" / "28"
    for folder, name in ((day, "a.wav"), (day, "b.wav"), (other, "c.wav")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    delete(day / "a.wav", tmp_path)
    assert (day / "b.wav").exists()
    delete(day / "b.wav", tmp_path)
    assert not (tmp_path / "2026" / "03").exists()
    assert (other / "c.wav").exists()
    delete(other / "c.wav", tmp_path)
    assert tmp_path.is_dir()
    with pytest.raises(FileNotFoundError):
        delete(day / "a.wav", tmp_path)


def test_the_disk_has_some_room(tmp_path: Path) -> None:
    assert free_octets(tmp_path) > 0
    with pytest.raises(OSError, match="No such file"):
        free_octets(tmp_path / "missing")
