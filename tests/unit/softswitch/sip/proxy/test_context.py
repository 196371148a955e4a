"""Forking: many phones, one answer."""

from collections.abc import Mapping

import pytest

from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request
from softswitch.sip.settings import ProxySettings
from tests.unit.softswitch.sip.desk import Done
from tests.unit.softswitch.sip.proxy.house import IN_A_CALL, House, cancel_of, home, invite_of
from tests.unit.softswitch.sip.speaking import answer, flow, request

ONE, TWO, THREE = (flow(port=port) for port in (5201, 5202, 5203))


def by_flow(done: Done) -> Mapping[Flow, Request]:
    """Return which request went where; responses went before them."""
    return dict(zip(done.flows[len(done.responses) :], done.requests, strict=True))


@pytest.fixture
def house() -> House:
    """102 has two phones, ONE and TWO, that are as good as each other, and the worse one THREE."""
    house = House()
    house.enter("101")
    house.enter("102", ONE)
    house.enter("102", TWO)
    house.enter("102", THREE, q="0.5")
    return house


def test_the_best_phones_ring_together_and_the_others_not_yet(house: House) -> None:
    assert set(by_flow(house.call())) == {ONE, TWO}


def test_whoever_answers_first_has_the_call_and_the_others_stop(house: House) -> None:
    asked = by_flow(house.call())
    house.tell(asked[ONE], 180, ONE)
    house.tell(asked[TWO], 180, TWO)
    done = house.tell(asked[ONE], 200, ONE)
    assert done.statuses == [200]
    assert (done.methods, done.flows) == (["CANCEL"], [home("101"), TWO])
    assert "completed elsewhere" in (done.request.first(Header.REASON) or "")
    house.tell(done.request, 200, TWO)
    late = house.tell(asked[TWO], 487, TWO)
    assert (late.statuses, late.methods) == ([], ["ACK"])
    house.advance(70.0)
    assert house.held == IN_A_CALL


def test_two_who_answer_at_once_are_both_told_to_the_caller(house: House) -> None:
    asked = by_flow(house.call())
    assert house.tell(asked[ONE], 200, ONE).statuses == [200]
    second = house.tell(asked[TWO], 200, TWO)
    assert (second.statuses, second.response.to().tag) == ([200], "tag-5202")
    assert house.tell(asked[TWO], 200, TWO).statuses == [200]
    house.advance(70.0)
    assert house.held == IN_A_CALL


def test_ringing_after_the_answer_is_not_told(house: House) -> None:
    asked = by_flow(house.call())
    house.tell(asked[ONE], 200, ONE)
    assert house.tell(asked[TWO], 180, TWO).responses == []


def test_the_next_phones_are_tried_when_all_of_the_first_have_refused(house: House) -> None:
    asked = by_flow(house.call())
    first = house.tell(asked[ONE], 486, ONE)
    assert (first.statuses, first.methods) == ([], ["ACK"])
    assert by_flow(house.tell(asked[TWO], 480, TWO)).keys() == {TWO, THREE}


def test_the_next_phones_are_tried_when_the_first_have_rung_long_enough(house: House) -> None:
    asked = by_flow(house.call())
    house.tell(asked[ONE], 180, ONE)
    house.tell(asked[TWO], 180, TWO)
    assert house.advance(19.0).methods == []
    done = house.advance(1.0)
    assert sorted(done.methods) == ["CANCEL", "CANCEL", "INVITE"]
    last = next(one for one in done.requests if one.method == "INVITE")
    for path in (ONE, TWO):
        assert house.tell(asked[path], 487, path).statuses == []
    assert house.tell(last, 200, THREE).statuses == [200]
    house.advance(70.0)
    assert house.held == IN_A_CALL


def test_an_answer_that_crosses_the_end_of_patience_is_an_answer(house: House) -> None:
    asked = by_flow(house.call())
    house.tell(asked[ONE], 180, ONE)
    house.advance(20.0)
    assert house.tell(asked[ONE], 200, ONE).statuses == [200]


def test_who_gives_up_gives_up_all_of_them(house: House) -> None:
    asked = by_flow(house.call())
    house.tell(asked[ONE], 180, ONE)
    house.tell(asked[TWO], 180, TWO)
    given_up = house.send(cancel_of(invite_of()), home("101"))
    assert given_up.methods == ["CANCEL", "CANCEL"]
    assert house.tell(asked[ONE], 487, ONE).statuses == []
    assert house.tell(asked[TWO], 487, TWO).statuses == [487]
    house.advance(70.0)
    assert house.held == {}


def test_no_worse_phone_rings_after_the_caller_has_given_up(house: House) -> None:
    asked = by_flow(house.call())
    house.send(cancel_of(invite_of()), home("101"))
    house.tell(asked[ONE], 486, ONE)
    assert house.tell(asked[TWO], 486, TWO).methods == ["ACK"]


def test_who_declines_for_everybody_ends_it_at_once(house: House) -> None:
    asked = by_flow(house.call())
    house.tell(asked[TWO], 180, TWO)
    done = house.tell(asked[ONE], 603, ONE)
    assert done.statuses == []
    assert sorted(done.methods) == ["ACK", "CANCEL"]
    ended = house.tell(asked[TWO], 487, TWO)
    assert (ended.statuses, ended.methods) == ([603], ["ACK"])


def test_an_answer_counts_more_than_one_who_declines_for_everybody(house: House) -> None:
    asked = by_flow(house.call())
    house.tell(asked[ONE], 603, ONE)
    assert house.tell(asked[TWO], 200, TWO).statuses == [200]


def test_the_caller_is_told_the_best_of_all_refusals(house: House) -> None:
    asked = by_flow(house.call())
    house.tell(asked[ONE], 500, ONE)
    last = by_flow(house.tell(asked[TWO], 486, TWO))[THREE]
    assert house.tell(last, 480, THREE).statuses == [486]


def test_challenges_of_all_phones_reach_the_caller(house: House) -> None:
    asked = by_flow(house.call())
    challenges = [f'Digest realm="{name}", nonce="n"' for name in ("one", "two")]
    house.tell(asked[ONE], 407, ONE, [(Header.PROXY_AUTHENTICATE, challenges[0])])
    last = by_flow(house.tell(asked[TWO], 401, TWO, [(Header.WWW_AUTHENTICATE, challenges[1])]))
    refused = house.tell(last[THREE], 486, THREE).response
    assert refused.values(Header.PROXY_AUTHENTICATE) == [challenges[0]]
    assert refused.values(Header.WWW_AUTHENTICATE) == [challenges[1]]


def test_an_overloaded_phone_is_not_taken_for_an_overloaded_switch() -> None:
    house = House()
    house.enter("101")
    house.enter("102")
    asked = house.call().request
    assert house.tell(asked, 503, home("102"), [(Header.RETRY_AFTER, "60")]).statuses == [500]


def test_branches_share_the_breadth_and_those_without_a_share_wait() -> None:
    house = House()
    house.enter("101")
    for path in (ONE, TWO, THREE):
        house.enter("102", path)
    asked = by_flow(house.call(headers=[("Max-Breadth", "5")]))
    assert sorted(one.named("Max-Breadth") or "" for one in asked.values()) == ["1", "2", "2"]
    asked = by_flow(house.call(headers=[("Max-Breadth", "1")], call_id="call-2"))
    assert [one.named("Max-Breadth") for one in asked.values()] == ["1"]
    path, first = next(iter(asked.items()))
    more = house.tell(first, 486, path)
    assert sorted(more.methods) == ["ACK", "INVITE"]


def test_a_2xx_to_another_request_is_the_only_answer(house: House) -> None:
    asked = by_flow(house.send_from(request("MESSAGE", to="102")))
    assert house.tell(asked[ONE], 200, ONE).statuses == [200]
    late = house.tell(asked[TWO], 200, TWO)
    assert (late.statuses, late.slugs) == ([], ["response-unawaited"])
    assert house.held.get("proxied") is None


def test_a_6xx_to_another_request_does_not_wait_for_the_others(house: House) -> None:
    asked = by_flow(house.send_from(request("MESSAGE", to="102")))
    assert house.tell(asked[ONE], 603, ONE).statuses == [603]


def test_a_response_that_is_for_nobody_behind_us_fails_its_branch() -> None:
    house = House()
    house.enter("101")
    house.enter("102")
    asked = house.call().request
    asked.set(Header.VIA, asked.values(Header.VIA)[0])
    assert house.tell(asked, 180, home("102")).slugs == ["response-for-nobody"]
    assert house.tell(asked, 200, home("102")).statuses == [502]


def test_a_2xx_without_a_call_id_is_passed_on_to_nobody_and_ends_nothing() -> None:
    house = House()
    house.enter("101")
    house.enter("102")
    asked = house.call().request
    halved = answer(asked, 200, "callee")
    halved.replace_first(Header.CALL_ID, None)
    done = house.send(halved, home("102"))
    assert (done.statuses, done.slugs) == ([], ["response-incomplete"])
    assert house.tell(asked, 200, home("102")).statuses == [200]


# Who forwards to whom


def forwarding(follows: bool) -> House:
    house = House(ProxySettings(follows_redirects=follows))
    house.everybody()
    return house


def forward(house: House, *contacts: str) -> Done:
    """Let 102 send a caller on to others."""
    asked = house.call().request
    header = (Header.CONTACT, ", ".join(f"<{contact}>" for contact in contacts))
    return house.send(answer(asked, 302, "t", headers=[header]), home("102"))


def test_the_caller_is_told_where_else_to_call() -> None:
    done = forward(forwarding(follows=False), "sip:103@192.0.2.1")
    assert done.statuses == [302]
    assert done.response.values(Header.CONTACT) == ["<sip:103@192.0.2.1>"]


def test_another_extension_is_called_at_once_where_that_is_wished() -> None:
    house = forwarding(follows=True)
    done = forward(house, "sip:103@192.0.2.1")
    assert (done.statuses, sorted(done.methods)) == ([], ["ACK", "INVITE"])
    onward = by_flow(done)[home("103")]
    assert onward.uri.startswith("sip:103@10.0.0.")
    assert house.tell(onward, 200, home("103")).statuses == [200]
    house.advance(70.0)
    assert house.held == IN_A_CALL


def test_other_places_are_left_to_the_caller() -> None:
    house = forwarding(follows=True)
    done = forward(house, "sip:bob@example.org", "sip:103@192.0.2.1", "sip:600@192.0.2.1")
    last = house.tell(by_flow(done)[home("103")], 486, home("103"))
    assert last.statuses == [302]
    assert last.response.values(Header.CONTACT) == [
        "<sip:bob@example.org>",
        "<sip:600@192.0.2.1>",
    ]


def test_nobody_is_called_twice_by_being_forwarded() -> None:
    house = forwarding(follows=True)
    onward = by_flow(forward(house, "sip:103@192.0.2.1"))[home("103")]
    contact = (Header.CONTACT, "<sip:102@192.0.2.1>, <sip:103@192.0.2.1>")
    back = house.send(answer(onward, 302, "t", headers=[contact]), home("103"))
    assert (back.statuses, back.methods) == ([302], ["ACK"])


def test_a_call_has_a_bound_of_branches() -> None:
    house = House(ProxySettings(follows_redirects=True, maximum_branches=1))
    house.everybody()
    assert forward(house, "sip:103@192.0.2.1").methods == ["ACK"]


def with_flows(house: House, *paths: Flow) -> None:
    """Let one phone of 103 register by several flows."""
    for number, path in enumerate(paths, 1):
        contact = f'<sip:103@10.0.0.3>;reg-id={number};+sip.instance="<urn:x>"'
        headers = [(Header.CONTACT, contact), (Header.SUPPORTED, "outbound")]
        asked = request("REGISTER", "103", call_id=f"flow-{number}", headers=headers)
        assert house.ask(asked, path, "103").statuses == [200]


def test_a_phone_is_tried_by_its_other_flow_when_one_has_failed(house: House) -> None:
    first, second = (flow(port=5300 + number, connection=number) for number in (1, 2))
    with_flows(house, first, second)
    assert by_flow(house.call("103")).keys() == {second}
    done = house.lose(second)
    assert (done.methods, done.flows) == (["INVITE"], [first])
    answered = house.tell(done.request, 200, first)
    assert answered.statuses == [200]
    house.advance(70.0)
    assert house.held == IN_A_CALL


def test_a_proxy_that_has_lost_a_flow_leads_to_the_other(house: House) -> None:
    with_flows(house, ONE, TWO)
    asked = by_flow(house.call("103"))
    done = house.tell(asked[TWO], 430, TWO)
    assert done.statuses == []
    assert done.methods == ["ACK", "INVITE"]
    refused = house.tell(done.requests[1], 430, ONE)
    assert refused.statuses == [430]


def test_a_caller_who_has_given_up_is_not_put_through_by_another_flow(house: House) -> None:
    first, second = (flow(port=5300 + number, connection=number) for number in (1, 2))
    with_flows(house, first, second)
    house.tell(by_flow(house.call("103"))[second], 180, second)
    house.send(cancel_of(invite_of("103")), home("101"))
    assert house.lose(second).methods == []


def test_a_phone_behind_proxies_is_reached_through_them(house: House) -> None:
    headers = [
        (Header.CONTACT, "<sip:103@10.0.0.3>"),
        (Header.SUPPORTED, "path"),
        (Header.PATH, "<sip:inner.example;lr>, <sip:edge.example;lr>"),
    ]
    asked = request("REGISTER", "103", call_id="by-proxy", headers=headers)
    assert house.ask(asked, ONE, "103").statuses == [200]
    invite = by_flow(house.call("103"))[ONE]
    assert invite.uri == "sip:103@10.0.0.3"
    assert invite.values(Header.ROUTE) == ["<sip:inner.example;lr>", "<sip:edge.example;lr>"]
