import sys
from types import FrameType

import pytest

from softswitch.configuration.settings import Access
from softswitch.daemon.credentials import Credentials
from softswitch.sip.digest import ha1

ALGORITHMS = ("SHA-256", "MD5")


def test_a_users_hash_is_made_from_the_password_in_the_realm() -> None:
    credentials = Credentials({"101": "secret"}, "office", ALGORITHMS)
    for algorithm in ALGORITHMS:
        assert credentials.ha1("101", algorithm) == ha1("101", "office", "secret", algorithm)


def test_an_unknown_user_has_none() -> None:
    assert Credentials({}, "office").ha1("101", "MD5") is None


def test_a_user_of_whom_only_hashes_are_known_has_these() -> None:
    known = {"101": {"MD5": "a" * 32}}
    credentials = Credentials({"102": "secret"}, "office", ALGORITHMS, known)
    assert credentials.ha1("101", "MD5") == "a" * 32
    assert credentials.ha1("101", "SHA-256") is None


@pytest.mark.parametrize(
    ("user", "host", "admitted"),
    [
        ("101", "10.1.2.3", True),
        ("101", "10.9.9.9", False),
        ("101", "203.0.113.5", False),
        ("102", "203.0.113.5", True),
    ],
)
def test_a_user_may_be_kept_to_networks(user: str, host: str, *, admitted: bool) -> None:
    access = {"101": Access(("10.0.0.0/8",), ("10.9.0.0/16",))}
    credentials = Credentials({"101": "one", "102": "two"}, "office", access=access)
    assert credentials.admits(user, host) is admitted


def test_asking_for_a_hash_costs_the_same_whether_its_user_exists_or_not() -> None:
    credentials = Credentials({"101": "one"}, "office", ALGORITHMS, {"102": {"MD5": "a" * 32}})

    def calls(user: str) -> int:
        counted = 0

        def count(frame: FrameType, event: str, function: object) -> None:
            nonlocal counted
            counted += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            credentials.ha1(user, "MD5")
        finally:
            sys.setprofile(None)
        return counted

    assert calls("101") == calls("102") == calls("999") > 0
