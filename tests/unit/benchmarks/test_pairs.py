import pytest

from benchmarks.pairs import describe, place_of


def test_a_description_says_where_media_is_expected() -> None:
    assert place_of(describe(("127.0.0.1", 6000))) == ("127.0.0.1", 6000)


def test_a_description_without_audio_says_nothing() -> None:
    with pytest.raises(ValueError, match="without audio"):
        place_of(b"v=0\r\nc=IN IP4 127.0.0.1\r\n")
