"""Dialogs against RFC 3261, section 12."""

import pytest

from softswitch.sip.dialog import Dialog, DialogId
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request, Response, respond

LAN = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.7", 5080))
NAT = Flow("udp", ("192.0.2.1", 5060), ("203.0.113.5", 61000))
OURS = "<sip:switch@192.0.2.1:5060>"

Pairs = tuple[tuple[Header | str, str], ...]


def invite(*headers: tuple[Header | str, str], cseq: int = 5) -> Request:
    """Return an INVITE from 101 to 102."""
    return Request.build(
        "INVITE",
        "sip:102@192.0.2.7",
        (
            (Header.VIA, "SIP/2.0/UDP 192.0.2.7:5080;branch=z9hG4bKa"),
            (Header.FROM, '"Alice, Ltd." <sip:101@example.com>;tag=alice'),
            (Header.TO, "<sip:102@example.com>;x=1"),
            (Header.CALL_ID, "call-1"),
            (Header.CSEQ, f"{cseq} INVITE"),
            *headers,
        ),
    )


def incoming(*headers: tuple[Header | str, str], flow: Flow = LAN) -> Dialog:
    """Return our side of a call from Alice."""
    contact = ((Header.CONTACT, "<sip:101@192.0.2.7:5080>"),)
    return Dialog.accepting(invite(*contact, *headers), "ours", OURS, flow)


def ringing(status: int = 180, tag: str = "bob", headers: Pairs = ()) -> Response:
    contact: Pairs = ((Header.CONTACT, "<sip:102@192.0.2.8>"),)
    return respond(invite(), status, to_tag=tag, headers=contact + headers)


def routes(request: Request) -> list[str]:
    return request.values(Header.ROUTE)


# How it begins


def test_answering_names_both_sides_as_seen_from_here() -> None:
    dialog = incoming()
    assert dialog.id == DialogId("call-1", "ours", "alice")
    assert dialog.local == "<sip:102@example.com>;tag=ours"
    assert dialog.remote == '"Alice, Ltd." <sip:101@example.com>;tag=alice'
    assert dialog.remote_target == "sip:101@192.0.2.7:5080"
    assert dialog.is_early


def test_a_response_to_our_invite_begins_a_dialog_with_its_tag() -> None:
    dialog = Dialog.placing(invite(), ringing(), OURS, LAN)
    assert dialog.id == DialogId("call-1", "alice", "bob")
    assert dialog.local == '"Alice, Ltd." <sip:101@example.com>;tag=alice'
    assert dialog.remote_target == "sip:102@192.0.2.8"
    assert dialog.is_early
    assert dialog.is_from(ringing(200))
    assert not dialog.is_from(ringing(200, tag="carol"))


@pytest.mark.parametrize(
    "text", ["<sip:101@a>;tag=x-y;z=1", "sip:101@a;tag=x-y", "<sip:101@a>;TAG=x-y"]
)
def test_our_tag_is_read_however_our_from_is_written(text: str) -> None:
    request = invite()
    request.set(Header.FROM, text)
    assert Dialog.placing(request, ringing(), OURS, LAN).id.local_tag == "x-y"


def test_a_2xx_confirms_it_and_its_route_set_counts() -> None:
    early = ringing(183, headers=((Header.RECORD_ROUTE, "<sip:early;lr>"),))
    dialog = Dialog.placing(invite(), early, OURS, LAN)
    final = ringing(200, headers=((Header.RECORD_ROUTE, "<sip:p1;lr>, <sip:p2;lr>"),))
    dialog.confirm(final, LAN)
    assert not dialog.is_early
    assert dialog.route_set == ("<sip:p2;lr>", "<sip:p1;lr>")


def test_a_2xx_alone_begins_a_confirmed_dialog() -> None:
    assert not Dialog.placing(invite(), ringing(200), OURS, LAN).is_early


def test_an_answer_without_tag_or_contact_is_taken_all_the_same() -> None:
    dialog = Dialog.placing(invite(), respond(invite(), 200), OURS, LAN)
    assert dialog.id.remote_tag == ""
    assert dialog.remote_target == "sip:102@192.0.2.7"


def test_a_caller_without_contact_is_reached_by_its_from() -> None:
    assert Dialog.accepting(invite(), "ours", OURS, LAN).remote_target == "sip:101@example.com"


# Requests of ours


def test_our_requests_are_numbered_and_addressed() -> None:
    dialog = incoming()
    bye = dialog.request("BYE")
    assert (bye.method, bye.uri) == ("BYE", "sip:101@192.0.2.7:5080")
    assert bye.first(Header.FROM) == dialog.local
    assert bye.first(Header.TO) == dialog.remote
    assert bye.first(Header.CALL_ID) == "call-1"
    assert bye.first(Header.CSEQ) == "1 BYE"
    assert bye.first(Header.CONTACT) is None
    assert dialog.request("INFO").first(Header.CSEQ) == "2 INFO"


def test_the_side_that_called_counts_on_from_its_invite() -> None:
    dialog = Dialog.placing(invite(), ringing(200), OURS, LAN)
    assert dialog.request("BYE").first(Header.CSEQ) == "6 BYE"


def test_a_reinvite_has_our_contact_and_a_body() -> None:
    request = incoming().request("INVITE", body=b"v=0")
    assert request.first(Header.CONTACT) == OURS
    assert request.first(Header.CONTENT_TYPE) == "application/sdp"
    assert request.body == b"v=0"


def test_an_ack_has_the_number_of_its_invite_and_uses_none_up() -> None:
    dialog = Dialog.placing(invite(), ringing(200), OURS, LAN)
    ack = dialog.ack(5, ((Header.AUTHORIZATION, "Digest x"),), b"v=0")
    assert ack.method == "ACK"
    assert ack.first(Header.CSEQ) == "5 ACK"
    assert ack.first(Header.AUTHORIZATION) == "Digest x"
    assert ack.body == b"v=0"
    assert dialog.local_cseq == 5


def test_the_route_set_of_a_caller_is_kept_in_order() -> None:
    dialog = incoming((Header.RECORD_ROUTE, "<sip:p1;lr>"), (Header.RECORD_ROUTE, "<sip:p2;lr>"))
    bye = dialog.request("BYE")
    assert routes(bye) == ["<sip:p1;lr>", "<sip:p2;lr>"]
    assert bye.uri == "sip:101@192.0.2.7:5080"


def test_a_strict_router_becomes_the_request_uri() -> None:
    dialog = incoming((Header.RECORD_ROUTE, "<sip:p1>, <sip:p2;lr>"))
    bye = dialog.request("BYE")
    assert bye.uri == "sip:p1"
    assert routes(bye) == ["<sip:p2;lr>", "<sip:101@192.0.2.7:5080>"]


# Requests of the peer


def test_requests_in_order_pass_and_earlier_ones_are_refused_with_500() -> None:
    dialog = incoming()
    assert dialog.check(invite(cseq=6), LAN) is None
    assert dialog.check(invite(cseq=9), LAN) is None
    refusal = dialog.check(invite(cseq=8), LAN)
    assert refusal is not None
    assert refusal.status == 500
    assert dialog.remote_cseq == 9


def test_a_callee_may_begin_counting_anywhere() -> None:
    dialog = Dialog.placing(invite(), ringing(200), OURS, LAN)
    assert dialog.check(invite(cseq=0), LAN) is None


# Where the peer is


def test_a_private_contact_never_becomes_the_remote_target() -> None:
    private = ((Header.CONTACT, "<sip:101@10.0.0.2:5060;line=1>"),)
    dialog = Dialog.accepting(invite(*private), "ours", OURS, NAT)
    assert dialog.remote_target == "sip:101@203.0.113.5:61000;line=1"
    dialog.refresh(invite((Header.CONTACT, "<sip:101@192.168.7.7>")), NAT)
    assert dialog.remote_target == "sip:101@203.0.113.5:61000"


def test_behind_proxies_a_private_contact_is_their_business() -> None:
    dialog = incoming((Header.RECORD_ROUTE, "<sip:p1;lr>"), flow=NAT)
    dialog.refresh(invite((Header.CONTACT, "<sip:101@10.0.0.2>")), NAT)
    assert dialog.remote_target == "sip:101@10.0.0.2"


def test_a_new_contact_moves_the_target_and_none_leaves_it() -> None:
    dialog = incoming()
    dialog.refresh(invite((Header.CONTACT, "<sip:101@192.0.2.99>")), LAN)
    assert dialog.remote_target == "sip:101@192.0.2.99"
    dialog.refresh(invite(), LAN)
    assert dialog.remote_target == "sip:101@192.0.2.99"


def test_the_flow_follows_the_peers_own_requests_but_not_stale_ones() -> None:
    dialog = incoming()
    moved = LAN._replace(remote=("192.0.2.7", 62000))
    dialog.check(invite(cseq=1), moved)
    assert dialog.flow == LAN
    dialog.check(invite(cseq=6), moved)
    assert dialog.flow == moved
