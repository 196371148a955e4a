import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.listeners import Face, Listeners
from softswitch.sip.message import Header, Request
from softswitch.sip.proxy.routes import (
    drop_maddr,
    drop_own,
    drop_token,
    obey_strict_router,
    record_routes,
    restore_uri,
    token_in,
    topmost,
)
from softswitch.sip.settings import EndpointSettings, ListenerSettings
from tests.unit.softswitch.sip.speaking import SERVER, request

LISTENERS = Listeners(EndpointSettings(listeners=(ListenerSettings("udp", SERVER),)))


def routed(*routes: str, uri: str = "sip:102@10.0.0.7") -> Request:
    return request("BYE", uri=uri, headers=[(Header.ROUTE, route) for route in routes])


@pytest.mark.parametrize(
    ("routes", "left"),
    [
        (["<sip:192.0.2.1;lr>"], []),
        (["<sip:192.0.2.1:5060;transport=udp;lr>, <sip:other;lr>"], ["<sip:other;lr>"]),
        (["<sip:192.0.2.1;lr>", "<sip:192.0.2.1:5060;lr>", "<sip:x;lr>"], ["<sip:x;lr>"]),
        (["<sip:192.0.2.1:5080;lr>"], ["<sip:192.0.2.1:5080;lr>"]),
        (["<sip:other;lr>", "<sip:192.0.2.1;lr>"], ["<sip:other;lr>", "<sip:192.0.2.1;lr>"]),
        ([], []),
    ],
)
def test_routes_to_us_are_taken_off_from_the_top(routes: list[str], left: list[str]) -> None:
    asked = routed(*routes)
    drop_own(asked, LISTENERS)
    assert asked.values(Header.ROUTE) == left


def test_a_route_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ParseError):
        drop_own(routed("<sip:192.0.2.1;lr"), LISTENERS)


def test_both_routes_of_a_dialog_are_taken_off() -> None:
    asked = routed("<sip:tok@a;lr>, <sip:tok@b;lr>", "<sip:other@c;lr>")
    drop_token(asked, "tok")
    assert asked.values(Header.ROUTE) == ["<sip:other@c;lr>"]


@pytest.mark.parametrize(
    ("route", "token"),
    [
        ("<sip:tok@192.0.2.1;lr>", "tok"),
        ("<sips:tok@192.0.2.1;lr>, <sip:x@y>", "tok"),
        ("<sip:192.0.2.1;lr>", ""),
        ('"Name" <sip:tok@x>', ""),
        ("", ""),
    ],
)
def test_a_token_is_what_stands_before_the_host(route: str, token: str) -> None:
    assert token_in(route) == token


def test_the_topmost_route_may_share_its_line() -> None:
    assert topmost(routed("<sip:a,b@x;lr>, <sip:y;lr>")) == "<sip:a,b@x;lr>"
    assert topmost(routed()) == ""


@pytest.mark.parametrize(
    ("uri", "kept"),
    [
        ("sip:102@example.org;maddr=192.0.2.1;transport=tcp", "sip:102@example.org"),
        ("sip:102@example.org:5060;maddr=192.0.2.1;user=phone", "sip:102@example.org;user=phone"),
        ("sip:102@example.org;maddr=203.0.113.9", "sip:102@example.org;maddr=203.0.113.9"),
        ("sip:102@example.org:5080;maddr=192.0.2.1", "sip:102@example.org:5080;maddr=192.0.2.1"),
        ("sip:maddr@example.org", "sip:maddr@example.org"),
    ],
)
def test_a_detour_by_us_is_over_when_it_is_here(uri: str, kept: str) -> None:
    asked = routed(uri=uri)
    drop_maddr(asked, LISTENERS)
    assert asked.uri == kept


def test_what_a_strict_router_did_is_undone() -> None:
    asked = routed("<sip:x;lr>", "<sip:102@10.0.0.7?a=b>", uri="sip:tok@192.0.2.1;lr")
    restore_uri(asked)
    assert asked.uri == "sip:102@10.0.0.7"
    assert asked.values(Header.ROUTE) == ["<sip:x;lr>"]
    with pytest.raises(ParseError):
        restore_uri(routed())


def test_a_strict_router_gets_its_own_name_on_top() -> None:
    asked = routed("<sip:strict>", "<sip:loose;lr>")
    obey_strict_router(asked)
    assert asked.uri == "sip:strict"
    assert asked.values(Header.ROUTE) == ["<sip:loose;lr>", "<sip:102@10.0.0.7>"]


def test_a_loose_router_gets_what_it_is() -> None:
    asked = routed("<sip:loose;lr>")
    obey_strict_router(asked)
    assert (asked.uri, asked.values(Header.ROUTE)) == ("sip:102@10.0.0.7", ["<sip:loose;lr>"])


def test_a_side_that_knows_us_by_another_name_gets_a_route_of_its_own() -> None:
    one = Face("a:5060", "<sip:a:5060>", "a", ())
    other = Face("b:5061", "<sips:b:5061;transport=tcp>", "b", ())
    assert record_routes("tok", one, one) == ("<sip:tok@a:5060;lr>",)
    assert record_routes("tok", one, other) == (
        "<sip:tok@a:5060;lr>",
        "<sips:tok@b:5061;transport=tcp;lr>",
    )
