import pytest

from softswitch.sip.flow import Flow
from softswitch.sip.proxy.flow_token import FlowTokens

CALLER = Flow("udp", ("192.0.2.1", 5060), ("198.51.100.7", 5101))
CALLEE = Flow("tls", ("2001:db8::1", 5061), ("2001:db8::7", 40000), 12, "phone.example.org")
TOKENS = FlowTokens(b"secret", b"lasting", "a")
TOKEN = TOKENS.make(CALLER, CALLEE, "call", "one")


def test_each_end_is_led_to_the_other() -> None:
    assert TOKENS.read(TOKEN, "call", "one", "two") == (CALLEE, CALLER)
    assert TOKENS.read(TOKEN, "call", "two", "one") == (CALLER, CALLEE)


def test_only_dialogs_without_a_connection_outlive_the_process() -> None:
    over_udp = TOKENS.make(CALLER, CALLER, "call", "one")
    later = FlowTokens(b"new secret", b"lasting", "a")
    assert later.read(over_udp, "call", "one", "two") == (CALLER, CALLER)
    assert later.read(TOKEN, "call", "one", "two") is None


def test_a_token_fits_into_the_user_part_of_a_uri() -> None:
    assert set("@<>;:/?=&+$, ").isdisjoint(TOKEN)
    assert TOKENS.looks_own(TOKEN)


@pytest.mark.parametrize(
    ("token", "call_id", "tag"),
    [
        (TOKEN, "another", "one"),
        (TOKEN, "call", "three"),
        (TOKEN[:-1], "call", "one"),
        (TOKEN[:30] + "A" + TOKEN[31:], "call", "one"),
        ("b" + TOKEN[1:], "call", "one"),
        ("al" + TOKEN[2:], "call", "one"),
        ("ax" + TOKEN[2:], "call", "one"),
        (FlowTokens(b"other", b"lasting", "a").make(CALLER, CALLEE, "call", "one"), "call", "one"),
        ("a" * 50, "call", "one"),
        ("a" * 5000, "call", "one"),
        ("", "call", "one"),
    ],
)
def test_no_other_token_leads_anywhere(token: str, call_id: str, tag: str) -> None:
    assert TOKENS.read(token, call_id, tag, "two") is None


@pytest.mark.parametrize("user", ["", "101", "a" * 30, "b" * 60, "a" + "ä" * 60, "a" * 700])
def test_what_cannot_be_a_token_is_seen_at_once(user: str) -> None:
    assert not TOKENS.looks_own(user)


def test_a_tag_and_a_call_id_do_not_run_into_one_another() -> None:
    token = TOKENS.make(CALLER, CALLEE, "ab", "c")
    assert TOKENS.read(token, "a", "bc", "x") is None
