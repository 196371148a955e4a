import sys
from types import FrameType

import pytest

from softswitch.configuration.settings import Access
from softswitch.daemon.credentials import Credentials
from softswitch.identifiers import Identifiers, counted
from softswitch.sip.digest import ha1
from softswitch.sip.endpoint import Endpoint
from softswitch.sip.message import Response, parse
from softswitch.sip.settings import EndpointSettings, ListenerSettings
from softswitch.sip.transaction import Transmit
from tests.unit.softswitch.sip.speaking import (
    REALM,
    SERVER,
    Headers,
    authorized,
    contact_of,
    flow,
    request,
)

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


HASHES = ("openssl_md5", "openssl_sha256", "new", "compare_digest")
SUBSCRIBES: Headers = (("Event", "foreign"), contact_of())


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512-256"])
@pytest.mark.parametrize(
    ("method", "to", "headers", "challenge"),
    [
        ("REGISTER", None, (contact_of(),), 401),
        ("INVITE", "102", (contact_of(),), 401),
        ("INVITE", "102", (contact_of(),), 407),
        ("MESSAGE", "102", (), 407),
        ("SUBSCRIBE", "102", SUBSCRIBES, 407),
    ],
)
@pytest.mark.parametrize("by_hash", [False, True], ids=["password", "hash"])
def test_nobody_learns_by_the_work_of_the_whole_switch_who_exists(
    algorithm: str, method: str, to: str | None, headers: Headers, challenge: int, *, by_hash: bool
) -> None:
    """From the octets of a wrong password to those of the next challenge."""
    known = {user: {algorithm: ha1(user, REALM, "one", algorithm)} for user in ("101", "102")}
    passwords = {} if by_hash else {"101": "one", "102": "two"}
    credentials = Credentials(passwords, REALM, (algorithm,), known if by_hash else None)
    is_proxy = method == "INVITE" and challenge == 407
    listener = ListenerSettings("udp", SERVER, algorithms=(algorithm,), is_proxy=is_proxy)

    def hashes(user: str) -> tuple[int, int]:
        settings = EndpointSettings(realm=REALM, listeners=(listener,))
        endpoint = Endpoint(settings, credentials, Identifiers(counted()), b"nonce key")
        asked = request(method, user, to, headers=headers)
        first = answered(endpoint, asked.to_bytes())
        assert first.status == challenge
        guessed = authorized(asked, first, user, password="guess").to_bytes()
        counted_hashes = 0

        def count(frame: FrameType, event: str, function: object) -> None:
            nonlocal counted_hashes
            name = getattr(function, "__name__", "")
            counted_hashes += event == "c_call" and name in HASHES

        sys.setprofile(count)
        try:
            second = answered(endpoint, guessed)
        finally:
            sys.setprofile(None)
        return second.status, counted_hashes

    assert hashes("101") == hashes("999")
    assert hashes("101")[0] == challenge
    assert hashes("101")[1] > 1


def answered(endpoint: Endpoint, data: bytes) -> Response:
    """Return the only thing that is said to a message."""
    sent = [each for each in endpoint.receive(data, flow(), 1000.0) if isinstance(each, Transmit)]
    [only] = [parse(each.data) for each in sent]
    assert isinstance(only, Response)
    return only
