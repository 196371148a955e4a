"""Where requests out of dialogs go that are for nobody here."""

import pytest

from softswitch.sip.message import Header
from softswitch.sip.settings import ProxySettings
from tests.unit.softswitch.sip.proxy.house import House, home
from tests.unit.softswitch.sip.speaking import flow, request


@pytest.fixture
def house() -> House:
    house = House(ProxySettings(leads_outside=True))
    house.everybody()
    return house


def test_who_has_a_password_may_write_to_another_place(house: House) -> None:
    asked = request("MESSAGE", to="bob", uri="sip:bob@203.0.113.5:5070")
    done = house.send_from(asked)
    assert done.flows == [flow(host="203.0.113.5", port=5070)]
    assert done.request.uri == "sip:bob@203.0.113.5:5070"


def test_a_route_to_another_place_is_followed(house: House) -> None:
    route = (Header.ROUTE, "<sip:203.0.113.5;lr>")
    done = house.send_from(request("MESSAGE", to="102", headers=[route]))
    assert done.flows == [flow(host="203.0.113.5")]
    assert done.request.values(Header.ROUTE) == [route[1]]


@pytest.mark.parametrize(
    ("host", "status"),
    [("224.0.1.75", 403), ("0.0.0.0", 403), ("203.0.113.5;transport=ws", 502)],
)
def test_nobody_is_sent_where_there_is_nobody(house: House, host: str, status: int) -> None:
    done = house.send_from(request("MESSAGE", to="bob", uri=f"sip:bob@{host}"))
    assert (done.statuses, done.methods) == ([status], [])


def test_extensions_alone_are_reached_unless_the_owner_says_more() -> None:
    house = House()
    house.everybody()
    asked = request("MESSAGE", to="bob", uri="sip:bob@203.0.113.5")
    assert house.send_from(asked).statuses == [403]
    route = (Header.ROUTE, "<sip:203.0.113.5;lr>")
    asked = request("MESSAGE", to="102", call_id="c2", headers=[route])
    assert house.send_from(asked).statuses == [403]


def test_a_loopback_address_is_our_own(house: House) -> None:
    done = house.send_from(request("MESSAGE", to="102", uri="sip:102@127.0.0.1:5999"))
    assert done.flows == [home("102")]
    route = (Header.ROUTE, "<sip:127.0.0.1:5999;lr>")
    asked = request("MESSAGE", to="102", call_id="c2", headers=[route])
    assert house.send_from(asked).statuses == [403]
