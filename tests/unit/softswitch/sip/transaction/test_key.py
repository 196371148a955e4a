"""Which messages belong together."""

from softswitch.sip.transaction.hop import last_hop
from softswitch.sip.transaction.key import cancel_key, merge_key, server_key
from tests.unit.softswitch.sip.transaction.traffic import UDP, incoming


def key(method: str = "INVITE", of: str = "INVITE", **differences: str) -> str:
    request = incoming(method, **differences)
    return server_key(request, last_hop(request, UDP), of)


def test_a_copy_has_the_same_key() -> None:
    assert key() == key()


def test_ack_and_cancel_find_their_invite() -> None:
    assert key("ACK") == key()
    assert key("CANCEL") == key()


def test_a_cancel_is_a_transaction_of_its_own() -> None:
    assert key("CANCEL", of="CANCEL") != key()


def test_another_branch_is_another_transaction() -> None:
    assert key(via="SIP/2.0/UDP 192.0.2.7:5080;branch=z9hG4bKb") != key()


def test_another_sender_is_another_transaction() -> None:
    assert key(via="SIP/2.0/UDP 192.0.2.7:5081;rport;branch=z9hG4bKa") != key()


def test_a_branch_used_again_with_the_next_cseq_is_another_transaction() -> None:
    assert key(cseq="2", sender="<sip:101@example.com>;tag=from2") != key()


def test_the_same_counted_branch_in_another_call_is_another_transaction() -> None:
    assert key(call_id="call-9") != key()


def test_without_the_cookie_the_request_itself_is_compared() -> None:
    old = "SIP/2.0/UDP 192.0.2.7:5080;branch=1"
    none = "SIP/2.0/UDP 192.0.2.7:5080"
    for via in (old, none):
        assert key(via=via) == key(via=via)
        assert key("ACK", via=via, to="<sip:102@example.com>;tag=ours") == key(via=via)
        assert key(via=via, sender="<sip:103@example.com>;tag=z") != key(via=via)
        assert key(via=via, cseq="2") != key(via=via)


def test_the_cookie_alone_is_no_branch() -> None:
    bare = "SIP/2.0/UDP 192.0.2.7:5080;branch=z9hG4bK"
    assert key(via=bare, sender="<sip:103@example.com>;tag=z") != key(via=bare)


def test_an_unreadable_cseq_still_makes_a_key() -> None:
    assert key(cseq="one") != key()


def test_copies_by_two_paths_merge_unless_they_are_in_a_dialog() -> None:
    via = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKother"
    assert merge_key(incoming("INVITE", via=via)) == merge_key(incoming("INVITE")) != ""
    assert merge_key(incoming("INVITE", to="<sip:102@example.com>;tag=t")) == ""


def test_the_cancel_we_send_is_told_from_its_invite() -> None:
    assert cancel_key("z9hG4bK1") != "z9hG4bK1"
