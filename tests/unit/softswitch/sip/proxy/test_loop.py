import pytest

from softswitch.sip.message import Header, Request
from softswitch.sip.proxy.loop import has_been_here, mark_of
from tests.unit.softswitch.sip.speaking import request

KEY = b"secret"


def passed_on(asked: Request, key: bytes = KEY) -> Request:
    """Return what a second proxy sends back to a first one that had `asked`."""
    back = asked.copy()
    back.prepend(Header.VIA, f"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa1{mark_of(asked, key)}")
    back.prepend(Header.VIA, "SIP/2.0/UDP 203.0.113.9;branch=z9hG4bKelsewhere;rport")
    return back


def test_the_same_target_is_a_loop() -> None:
    asked = request("MESSAGE", to="102")
    assert has_been_here(passed_on(asked), mark_of(asked, KEY))


def test_another_target_is_a_spiral() -> None:
    asked = request("MESSAGE", to="102")
    other = request("MESSAGE", to="103")
    assert not has_been_here(passed_on(asked), mark_of(other, KEY))


def test_another_route_is_a_spiral() -> None:
    asked = request("MESSAGE", to="102")
    other = request("MESSAGE", to="102", headers=[(Header.ROUTE, "<sip:203.0.113.9;lr>")])
    assert mark_of(asked, KEY) != mark_of(other, KEY)


def test_marks_of_others_are_none_of_ours() -> None:
    asked = request("MESSAGE", to="102")
    assert not has_been_here(passed_on(asked, b"theirs"), mark_of(asked, KEY))


def test_several_vias_may_stand_in_one_line() -> None:
    asked = request("MESSAGE", to="102")
    back = passed_on(asked)
    vias = ", ".join(back.values(Header.VIA))
    back.set(Header.VIA, vias)
    assert has_been_here(back, mark_of(asked, KEY))


@pytest.mark.parametrize(
    "via",
    [
        "SIP/2.0/UDP 192.0.2.1;Branch=z9hG4bKa1{}",
        "SIP/2.0/UDP 192.0.2.1;rport ; branch = z9hG4bKa1{} ;received=192.0.2.2",
        "SIP / 2.0 / UDP 192.0.2.1;BRANCH=Z9HG4BKA1{}",
    ],
)
def test_our_via_is_known_however_others_write_it(via: str) -> None:
    asked = request("MESSAGE", to="102")
    mark = mark_of(asked, KEY)
    shown = mark.upper() if "BRANCH" in via else mark
    asked.prepend(Header.VIA, via.format(shown))
    assert has_been_here(asked, mark)


def test_a_request_straight_from_a_phone_has_not_been_here() -> None:
    asked = request("MESSAGE", to="102")
    assert not has_been_here(asked, mark_of(asked, KEY))
