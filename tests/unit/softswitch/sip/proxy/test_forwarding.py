"""Dialogs: what our Record-Route brings back to us, and where it leads."""

import pytest

from softswitch.identifiers import Identifiers, counted
from softswitch.sip.endpoint import Endpoint
from softswitch.sip.message import Header
from softswitch.sip.settings import EndpointSettings, ListenerSettings
from tests.unit.softswitch.sip.proxy.house import TLS, House, home, within
from tests.unit.softswitch.sip.speaking import (
    REALM,
    SERVER,
    KnownPasswords,
    contact_of,
    flow,
    request,
)


@pytest.fixture
def house() -> House:
    house = House()
    house.everybody()
    return house


def test_both_ends_reach_each_other_by_our_route(house: House) -> None:
    asked = house.call().request
    assert asked.count(Header.RECORD_ROUTE) == 1
    answered = house.tell(asked, 200, home("102")).response
    again = house.send(within("INVITE", answered), home("101"))
    assert again.request.uri == "sip:102@10.0.0.7:5102"
    assert (again.statuses, again.flows) == ([100], [home("101"), home("102")])
    back = house.send(within("INFO", answered, cseq=1, by_callee=True), home("102"))
    assert back.flows == [home("101")]


def test_a_route_for_another_dialog_leads_nowhere(house: House) -> None:
    answered = house.tell(house.call().request, 200, home("102")).response
    forged = within("BYE", answered)
    forged.set(Header.CALL_ID, "another")
    assert house.send(forged, home("103")).statuses == [403]
    ack = within("ACK", answered)
    ack.set(Header.CALL_ID, "another")
    assert house.send(ack, home("103")).slugs == ["ack-not-forwarded"]


def test_a_route_that_was_changed_leads_nowhere(house: House) -> None:
    answered = house.tell(house.call().request, 200, home("102")).response
    route = answered.values(Header.RECORD_ROUTE)[0]
    for changed in (route.replace("<sip:a", "<sip:aAAAA"), route.replace("@", "xyz=@")):
        bye = within("BYE", answered)
        bye.set(Header.ROUTE, changed)
        bye.set(Header.VIA, f"SIP/2.0/UDP 10.0.0.7;branch=z9hG4bK{hash(changed)}")
        assert house.send(bye, home("101")).statuses == [403]


def test_a_request_within_no_dialog_of_anybody_is_refused(house: House) -> None:
    asked = request("BYE", to="102", to_tag="x", headers=[(Header.ROUTE, "<sip:192.0.2.1;lr>")])
    assert house.send(asked, home("101")).statuses == [481]


@pytest.mark.parametrize(("key", "status"), [(b"lasting", 0), (b"forgotten", 403)])
def test_a_dialog_outlives_the_process_with_its_key(key: bytes, status: int) -> None:
    house = House()
    settings = EndpointSettings(
        realm=REALM, listeners=(ListenerSettings("udp", SERVER, is_proxy=True),)
    )

    def begin(nonce_key: bytes, route_key: bytes) -> None:
        identifiers = Identifiers(counted())
        house.endpoint = Endpoint(
            settings, KnownPasswords(), identifiers, nonce_key, route_key=route_key
        )

    begin(b"first", b"lasting")
    house.everybody()
    answered = house.tell(house.call().request, 200, home("102")).response
    begin(b"second", key)
    bye = house.send(within("BYE", answered), home("101"))
    if status:
        assert bye.statuses == [status]
    else:
        assert bye.flows == [home("102")]


def test_a_connection_that_has_ended_fails_what_is_routed_to_it() -> None:
    house = House(listeners=(ListenerSettings("tcp", home("101").local),))
    house.enter("101")
    path = house.enter("102", flow(port=6000, connection=4))
    asked = house.call().request
    answered = house.tell(asked, 200, path).response
    bye = house.send(within("BYE", answered), home("101"))
    assert bye.flows == [path]
    assert house.lose(path).statuses == [430]


def test_sides_of_different_transports_get_a_route_each() -> None:
    house = House(listeners=(ListenerSettings("tls", TLS),))
    house.enter("101")
    path = house.enter("102", home("102")._replace(transport="tls", local=TLS, connection=9))
    asked = house.call().request
    routes = asked.values(Header.RECORD_ROUTE)
    assert ["transport=tls" in route for route in routes] == [True, False]
    answered = house.tell(asked, 200, path).response
    bye = house.send(within("BYE", answered), home("101"))
    assert (bye.flows, bye.request.values(Header.ROUTE)) == ([path], [])
    back = house.send(within("INFO", answered, cseq=1, by_callee=True), path)
    assert (back.flows, back.request.values(Header.ROUTE)) == ([home("101")], [])


def test_a_strict_router_before_us_is_understood(house: House) -> None:
    answered = house.tell(house.call().request, 200, home("102")).response
    bye = within("BYE", answered)
    route, target = bye.values(Header.ROUTE)[0], bye.uri
    bye.uri = route[1:-1]
    bye.set(Header.ROUTE, f"<{target}>")
    done = house.send(bye, home("101"))
    assert (done.request.uri, done.flows) == (target, [home("102")])
    assert done.request.values(Header.ROUTE) == []


def test_a_strict_router_behind_us_gets_what_it_understands(house: House) -> None:
    answered = house.tell(house.call().request, 200, home("102")).response
    bye = within("BYE", answered)
    bye.append(Header.ROUTE, "<sip:strict.example.org>")
    bye.append(Header.ROUTE, "<sip:other.example.org;lr>")
    target = bye.uri
    done = house.send(bye, home("101")).request
    assert done.uri == "sip:strict.example.org"
    assert done.values(Header.ROUTE) == ["<sip:other.example.org;lr>", f"<{target}>"]


def test_a_subscription_lives_by_our_route(house: House) -> None:
    event = (Header.EVENT, "as-feature-event")
    asked = house.send_from(request("SUBSCRIBE", to="102", headers=[event, contact_of()])).request
    answered = house.tell(asked, 200, home("102")).response
    state = (Header.SUBSCRIPTION_STATE, "active;expires=60")
    notify = within("NOTIFY", answered, cseq=1, by_callee=True, headers=[event, state])
    told = house.send(notify, home("102"))
    assert told.flows == [home("101")]
    assert told.request.values(Header.RECORD_ROUTE) == asked.values(Header.RECORD_ROUTE)
    assert house.tell(told.request, 200, home("101")).flows == [home("102")]


def test_a_phone_with_us_as_its_outbound_proxy_sends_a_route_of_ours_along(house: House) -> None:
    asked = request("MESSAGE", to="102", headers=[(Header.ROUTE, "<sip:192.0.2.1:5060;lr>")])
    done = house.send_from(asked)
    assert done.flows == [home("102")]
    assert done.request.values(Header.ROUTE) == []


def test_a_detour_by_us_is_forgotten(house: House) -> None:
    asked = request("MESSAGE", to="102", uri="sip:102@office;maddr=192.0.2.1")
    assert house.send_from(asked).flows == [home("102")]
