from softswitch.daemon.credentials import Credentials
from softswitch.sip.digest import ha1


def test_a_users_hash_is_made_from_the_password_in_the_realm() -> None:
    credentials = Credentials({"101": "secret"}, "office")
    for _ in range(2):
        assert credentials.ha1("101", "MD5") == ha1("101", "office", "secret", "MD5")
        assert credentials.ha1("101", "SHA-256") == ha1("101", "office", "secret", "SHA-256")


def test_an_unknown_user_has_none() -> None:
    assert Credentials({}, "office").ha1("101", "MD5") is None
