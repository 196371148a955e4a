"""Looking for a library finds the first that is there, and none without complaint."""

from media.codecs.libopus import find


def test_the_first_that_is_there_is_found() -> None:
    assert find(("libnobody.so.9", "libc.so.6", "libm.so.6")) == "libc.so.6"


def test_where_none_is_there_nothing_is_found() -> None:
    assert find(("libnobody.so.9",)) == find(()) == ""
