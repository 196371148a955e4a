"""Ages and sizes as people write them."""

import pytest

from softswitch.configuration.recording_values import parse_age, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90d", 7_776_000), ("12h", 43_200), ("2 w", 1_209_600), ("1y", 31_536_000), ("0.5d", 43_200)],
)
def test_an_age_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_age(text) == seconds


@pytest.mark.parametrize("text", ["90", "d", "0d", "-1d", "90 days", "1e3d", "٩d", "20s"])
def test_what_is_no_age_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="expected an age such as '90d'"):
        parse_age(text)


@pytest.mark.parametrize(
    ("text", "octets"),
    [("500 MB", 500_000_000), ("2GB", 2_000_000_000), ("1.5 tb", 1_500_000_000_000), ("0 MB", 0)],
)
def test_a_size_is_a_number_and_a_unit(text: str, octets: int) -> None:
    assert parse_size(text) == octets


@pytest.mark.parametrize("text", ["500", "MB", "-1 GB", "5 KB", "5 GiB"])
def test_what_is_no_size_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="expected a size such as '500 MB'"):
        parse_size(text)
