"""What a proxy does for telephones: RFC 3261, section 16, from the outside."""

import pytest

from softswitch.sip.message import Header, Request, Response
from softswitch.sip.settings import ListenerSettings, ProxySettings
from softswitch.sip.subscriptions import Package
from softswitch.sip.vocabulary import Offered
from tests.unit.softswitch.sip.desk import Desk, Done
from tests.unit.softswitch.sip.proxy.house import (
    IN_A_CALL,
    House,
    acknowledge,
    cancel_of,
    home,
    invite_of,
    within,
)
from tests.unit.softswitch.sip.speaking import SERVER, authorized, contact_of, flow, request


@pytest.fixture
def house() -> House:
    house = House()
    house.everybody()
    return house


def come_back(house: House, out: Request, uri: str) -> Done:
    """Let a proxy behind us send on to `uri` what it got, with the caller's password."""
    back = out.copy()
    back.uri = uri
    vias = ["SIP/2.0/UDP 203.0.113.9;branch=z9hG4bKelsewhere", *out.values(Header.VIA)]
    proven = authorized(back, house.send(back, home("101")).response)
    proven.remove(Header.VIA)
    for via in reversed(vias):
        proven.prepend(Header.VIA, via)
    return house.send(proven, home("101"))


# A call


def test_a_call_is_passed_on_to_where_the_phone_is(house: House) -> None:
    done = house.call()
    assert done.statuses == [100]
    assert done.request.method == "INVITE"
    assert done.request.uri.startswith("sip:102@10.0.0.")
    assert done.flows == [home("101"), home("102")]
    assert done.events == []
    assert done.request.body == b"v=0\r\ns=offer\r\n"


def test_a_long_request_stays_on_the_flow_that_a_phone_has_registered_by() -> None:
    house = House(listeners=(ListenerSettings("tcp", SERVER),))
    house.everybody()
    long = [("X-Long", "x" * 1400)]
    asked = house.call(headers=long).request
    assert len(asked.to_bytes()) > 1300
    answered = house.tell(asked, 200, home("102")).response
    message = request("MESSAGE", to="102", call_id="text", headers=long)
    for done in (
        house.call("103", headers=long, call_id="call-2"),
        house.send(within("UPDATE", answered, headers=long), home("101")),
        house.send_from(message),
    ):
        assert {flow.transport for flow in done.flows} == {"udp"}
        assert done.request.via().transport == "UDP"
        assert done.flows[-1] in (home("102"), home("103"))
        assert "transport=tcp" not in str(done.request.values(Header.RECORD_ROUTE))


def test_what_is_passed_on_has_our_via_on_top_and_one_hop_less(house: House) -> None:
    asked = house.call().request
    vias = asked.values(Header.VIA)
    assert len(vias) == 2
    assert vias[0].startswith("SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKa")
    assert asked.max_forwards() == 69


def test_a_request_without_max_forwards_gets_70(house: House) -> None:
    asked = request("MESSAGE", to="102")
    asked.remove(Header.MAX_FORWARDS)
    assert house.send_from(asked).request.max_forwards() == 70


def test_passwords_go_no_further_than_to_us(house: House) -> None:
    foreign = (Header.PROXY_AUTHORIZATION, 'Digest username="x", realm="elsewhere", nonce="n"')
    asked = house.call(headers=[foreign]).request
    assert asked.values(Header.PROXY_AUTHORIZATION) == [foreign[1]]
    assert Header.AUTHORIZATION not in asked.ids


def test_what_a_phone_asserts_of_its_caller_is_taken_off(house: House) -> None:
    asserted = [
        (Header.P_ASSERTED_IDENTITY, "<sip:boss@192.0.2.1>"),
        (Header.DIVERSION, "<sip:boss@192.0.2.1>;reason=user-busy"),
        (Header.PRIVACY, "none"),
    ]
    asked = house.call(headers=asserted).request
    assert Header.P_ASSERTED_IDENTITY not in asked.ids
    assert Header.DIVERSION not in asked.ids
    assert Header.PRIVACY in asked.ids


CLAIMS = [
    (Header.P_ASSERTED_IDENTITY, "<sip:999@office>"),
    (Header.P_PREFERRED_IDENTITY, "<sip:999@office>"),
    (Header.DIVERSION, "<sip:999@office>"),
]


def test_nor_may_a_phone_assert_anything_when_it_answers(house: House) -> None:
    asked = house.call().request
    for status in (180, 200):
        told = house.tell(asked, status, home("102"), headers=CLAIMS).response
        assert [told.values(header) for header, _ in CLAIMS] == [[], [], []]


@pytest.mark.parametrize("method", ["UPDATE", "INVITE", "ACK", "BYE"])
def test_nor_within_a_call(house: House, method: str) -> None:
    answered = house.tell(house.call().request, 200, home("102")).response
    passed = house.send(within(method, answered, headers=CLAIMS), home("101")).request
    assert [passed.values(header) for header, _ in CLAIMS] == [[], [], []]


def test_a_trusted_side_is_passed_on_as_it_speaks() -> None:
    house = House(is_trusted=True)
    house.everybody()
    asked = house.call(headers=CLAIMS).request
    answered = house.tell(asked, 200, home("102"), headers=CLAIMS).response
    update = house.send(within("UPDATE", answered, headers=CLAIMS), home("101")).request
    for message in (asked, answered, update):
        assert message.values(Header.DIVERSION) == ["<sip:999@office>"]


GATE = ("192.0.2.1", 5066)
HIDDEN = [(Header.P_ASSERTED_IDENTITY, "<sip:999@office>"), (Header.REMOTE_PARTY_ID, "<sip:999@x>")]


@pytest.mark.parametrize(
    ("privacy", "is_told"), [("id", False), ("header;ID", False), ("none", True), ("", True)]
)
def test_who_is_hidden_by_a_trusted_side_is_told_to_trusted_sides_alone(
    privacy: str, is_told: bool
) -> None:
    """RFC 3325, section 7."""
    listener = ListenerSettings("udp", GATE, is_proxy=True, is_trusted=True)
    house = House(listeners=(listener,))
    house.everybody()
    gate = home("101")._replace(local=GATE)
    trusted = house.enter("103", home("103")._replace(local=GATE))
    headers = [*HIDDEN, *([(Header.PRIVACY, privacy)] if privacy else [])]
    for to, is_shown in (("102", is_told), ("103", True)):
        asked = request("INVITE", to=to, headers=[contact_of(), *headers], call_id=f"to-{to}")
        done = house.ask(asked, gate)
        passed = next(one for one in done.requests if one.uri.startswith(f"sip:{to}"))
        assert [header in passed.ids for header, _ in HIDDEN] == [is_shown, is_shown]
        assert passed.values(Header.PRIVACY) == ([privacy] if privacy else [])
        assert (to == "102") or trusted in done.flows
        answered = house.tell(passed, 200, done.flows[-1]).response
        update = within("UPDATE", answered, headers=headers)
        assert (Header.P_ASSERTED_IDENTITY in house.send(update, gate).request.ids) is is_shown


@pytest.mark.parametrize("privacy", ["id", "none"])
def test_nor_is_a_phone_told_who_answers_and_wants_to_be_hidden(privacy: str) -> None:
    house = House(listeners=(ListenerSettings("udp", GATE, is_proxy=True, is_trusted=True),))
    house.everybody()
    gate = house.enter("103", home("103")._replace(local=GATE))
    headers = [*HIDDEN, (Header.PRIVACY, privacy)]
    asked = house.ask(request("INVITE", to="103", headers=[contact_of()]), home("101"))
    passed = next(one for one in asked.requests if one.uri.startswith("sip:103"))
    for status in (180, 200):
        told = house.tell(passed, status, gate, headers=headers).response
        assert [header in told.ids for header, _ in HIDDEN] == [privacy == "none"] * 2


@pytest.mark.parametrize("separator", [None, ", "])
def test_a_request_with_more_vias_than_hops_is_refused(house: House, separator: str | None) -> None:
    answered = house.tell(house.call().request, 200, home("102")).response
    vias = [f"SIP/2.0/UDP 203.0.113.9;branch=z9hG4bK{n}" for n in range(70)]
    for more, refusals in ((vias, [483]), (vias[1:], [])):
        lines = more if separator is None else [separator.join(more)]
        headers = [(Header.VIA, line) for line in lines]
        update = within("UPDATE", answered, cseq=4 + len(more), headers=headers)
        assert house.send(update, home("101")).statuses == refusals


def test_a_stranger_is_asked_for_a_password_with_407(house: House) -> None:
    for asked in (request("INVITE", to="102"), request("MESSAGE", to="102", call_id="c2")):
        refusal = house.send(asked, flow(port=9999)).response
        assert refusal.status == 407
        assert Header.PROXY_AUTHENTICATE in refusal.ids
    house.advance(70.0)
    assert house.held == {}


def test_responses_come_back_without_our_via(house: House) -> None:
    asked = house.call().request
    ringing = house.tell(asked, 180, home("102"))
    assert ringing.statuses == [180]
    assert ringing.flows == [home("101")]
    assert len(ringing.response.values(Header.VIA)) == 1
    answered = house.tell(asked, 200, home("102"))
    assert (answered.statuses, answered.flows) == ([200], [home("101")])


def test_100_goes_no_further(house: House) -> None:
    asked = house.call().request
    assert house.tell(asked, 100, home("102")).responses == []


def test_a_copy_of_a_2xx_is_passed_on_and_one_of_a_failure_is_not(house: House) -> None:
    asked = house.call().request
    house.tell(asked, 200, home("102"))
    assert house.tell(asked, 200, home("102")).statuses == [200]
    asked = house.call(call_id="call-2").request
    refused = house.tell(asked, 486, home("102"))
    assert refused.statuses == [486]
    assert refused.methods == ["ACK"]
    again = house.tell(asked, 486, home("102"))
    assert (again.statuses, again.methods) == ([], ["ACK"])


def test_a_whole_call_leaves_nothing_behind(house: House) -> None:
    asked = house.call().request
    house.tell(asked, 180, home("102"))
    answered = house.tell(asked, 200, home("102")).response
    ack = house.send(within("ACK", answered, cseq=2), home("101"))
    assert ack.flows == [home("102")]
    assert (ack.request.method, ack.request.values(Header.ROUTE)) == ("ACK", [])
    bye = house.send(within("BYE", answered, cseq=1, by_callee=True), home("102"))
    assert bye.flows == [home("101")]
    ended = house.tell(bye.request, 200, home("101"))
    assert (ended.statuses, ended.flows) == ([200], [home("102")])
    house.advance(70.0)
    assert house.held == {}


@pytest.mark.parametrize("method", ["MESSAGE", "INVITE"])
def test_a_route_behind_ours_that_cannot_be_read_is_refused_and_nothing_stays(
    house: House, method: str
) -> None:
    asked = house.call().request
    house.tell(asked, 180, home("102"))
    answered = house.tell(asked, 200, home("102")).response
    within_it = within("INFO", answered, headers=[(Header.ROUTE, "<sip:x@y:5%00;lr>")])
    assert house.send(within_it, home("101")).statuses == [400]
    headers = [contact_of(), (Header.ROUTE, "<sip:x@y:5%00>")]
    out_of_it = request(method, to="102", call_id="other", headers=headers)
    assert house.send_from(out_of_it).statuses[-1] == 400
    house.advance(500.0)
    assert house.held == IN_A_CALL


def test_a_caller_who_gives_up_stops_the_ringing(house: House) -> None:
    asked = house.call().request
    house.tell(asked, 180, home("102"))
    reason = (Header.REASON, "SIP;cause=600")
    given_up = house.send(cancel_of(invite_of(), [reason]), home("101"))
    assert given_up.statuses == [200]
    assert given_up.request.method == "CANCEL"
    assert given_up.request.values(Header.REASON) == [reason[1]]
    assert given_up.request.via().branch == asked.via().branch
    house.tell(given_up.request, 200, home("102"))
    ended = house.tell(asked, 487, home("102"))
    assert ended.statuses == [487]
    assert ended.flows == [home("102"), home("101")]
    acknowledge(house, invite_of(), ended.response, home("101"))
    house.advance(70.0)
    assert house.held == {}


def test_a_cancel_waits_for_a_phone_that_has_not_said_anything(house: House) -> None:
    asked = house.call().request
    assert house.send(cancel_of(invite_of()), home("101")).methods == []
    assert house.tell(asked, 100, home("102")).methods == ["CANCEL"]


def test_a_phone_that_never_answers_is_given_up(house: House) -> None:
    house.call()
    ended = house.advance(33.0)
    assert ended.statuses[0] == 408
    house.advance(70.0)
    assert house.held == {}


def test_timer_c_ends_what_rings_too_long_and_each_sign_of_life_starts_it_anew() -> None:
    house = House(ProxySettings(timer_c=200.0))
    house.everybody()
    asked = house.call().request
    house.tell(asked, 180, home("102"))
    assert house.advance(150.0).methods == []
    house.tell(asked, 180, home("102"))
    assert house.advance(150.0).methods == []
    assert "CANCEL" in house.advance(51.0).methods
    assert house.tell(asked, 487, home("102")).statuses == [408]


def test_a_caller_whose_connection_ends_stops_the_ringing() -> None:
    house = House(listeners=(ListenerSettings("tcp", home("101").local, is_proxy=True),))
    path = house.enter("101", flow(port=6000, connection=4))
    house.enter("102")
    asked = house.ask(
        request("INVITE", to="102", headers=[contact_of()], body=b"v=0\r\n"), path
    ).request
    house.tell(asked, 180, home("102"))
    assert house.lose(path).methods == ["CANCEL"]
    house.tell(asked, 487, home("102"))
    house.advance(70.0)
    assert house.held == {}


def test_who_has_left_cannot_be_reached(house: House) -> None:
    house = House()
    house.enter("101")
    assert house.call().statuses == [480]
    assert house.send_from(request("MESSAGE", to="102", call_id="m")).statuses == [480]


def test_a_phone_whose_connection_breaks_counts_as_unable() -> None:
    house = House(listeners=(ListenerSettings("tcp", home("101").local),))
    house.enter("101")
    path = house.enter("102", flow(port=6000, connection=4))
    assert house.call().flows == [home("101"), path]
    assert house.lose(path).statuses == [500]


# What is not passed on


def test_numbers_that_need_the_switch_are_its_own_even_on_a_listener_of_a_proxy(
    house: House,
) -> None:
    done = house.call("600")
    assert isinstance(done.event, Offered)
    assert done.event.dialled == "600"


def test_calls_by_another_listener_are_the_switchs_own() -> None:
    desk = Desk()
    desk.register()
    desk.register("102")
    assert desk.offer("102").dialled == "102"


def test_a_message_for_nobody_is_answered_404_with_a_reason_in_words(house: House) -> None:
    refusal = house.send_from(request("MESSAGE", to="600")).response
    assert refusal.status == 404
    assert "extension" in (refusal.first(Header.WARNING) or "")


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ((Header.MAX_FORWARDS, "0"), 483),
        ((Header.PROXY_REQUIRE, "sec-agree"), 420),
        (("Max-Breadth", "0"), 440),
        (("Max-Breadth", "many"), 400),
        ((Header.MAX_FORWARDS, "many"), 400),
        ((Header.CSEQ, "2 INVITE"), 400),
    ],
)
def test_unsound_requests_are_refused(
    house: House, header: tuple[Header | str, str], status: int
) -> None:
    asked = request("MESSAGE", to="102")
    refusal = house.send(asked, home("101")).response
    proven = authorized(asked, refusal)
    proven.set(*header)
    done = house.send(proven, home("101"))
    assert (done.statuses, done.methods) == ([status], [])
    if status == 420:
        assert done.response.values(Header.UNSUPPORTED) == ["sec-agree"]


def test_a_scheme_of_something_else_is_refused(house: House) -> None:
    asked = request("MESSAGE", to="102", uri="mailto:102@192.0.2.1")
    assert house.send_from(asked).statuses == [416]


def test_what_is_required_of_the_phone_is_not_required_of_us(house: House) -> None:
    asked = house.call(headers=[(Header.REQUIRE, "100rel")]).request
    assert asked.values(Header.REQUIRE) == ["100rel"]


def test_a_request_that_comes_back_as_it_went_is_a_loop(house: House) -> None:
    out = house.send_from(request("MESSAGE", to="102")).request
    assert come_back(house, out, "sip:102@192.0.2.1").statuses == [482]


def test_a_request_that_comes_back_for_somebody_else_is_a_spiral(house: House) -> None:
    out = house.send_from(request("MESSAGE", to="102")).request
    done = come_back(house, out, "sip:103@192.0.2.1")
    assert done.request.uri.startswith("sip:103@")
    assert len(done.request.values(Header.VIA)) == 4


def test_a_copy_of_a_call_that_came_another_way_is_merged(house: House) -> None:
    first = request("INVITE", to="102", headers=[contact_of()], branch="z9hG4bKone")
    second = request("INVITE", to="102", headers=[contact_of()], branch="z9hG4bKtwo")
    refusal = house.send(first, home("101")).response
    assert house.send(authorized(first, refusal), home("101")).methods == ["INVITE"]
    assert house.send(authorized(second, refusal), home("101")).statuses == [482]


def test_more_than_can_be_held_is_refused_with_a_time_to_come_again() -> None:
    house = House(ProxySettings(maximum_contexts=1))
    house.everybody()
    house.call()
    refusal = house.call(call_id="call-2").response
    assert (refusal.status, refusal.first(Header.RETRY_AFTER)) == (503, "10")


def talk(house: House, call_id: str, caller: str = "101") -> Response:
    """Let an extension call 102, who answers."""
    asked = house.call(caller=caller, call_id=call_id).request
    return house.tell(asked, 200, home("102")).response


def test_an_extension_makes_no_more_calls_at_a_time_than_it_may() -> None:
    house = House(calls_of_extension=2)
    house.everybody()
    first, _ = talk(house, "1"), talk(house, "2")
    house.advance(60.0)
    assert house.call(call_id="3").statuses == [503]
    talk(house, "4", "103")
    house.send(within("BYE", first), home("101"))
    talk(house, "5")


def test_nor_does_the_switch_pass_on_more_than_it_may() -> None:
    house = House(ProxySettings(maximum_calls=1, longest_call=600.0))
    house.everybody()
    talk(house, "1")
    house.advance(599.0)
    assert house.call(caller="103", call_id="2").statuses == [503]
    house.advance(2.0)
    talk(house, "3", "103")


def test_one_extension_cannot_fill_the_places_of_all() -> None:
    house = House(ProxySettings(maximum_contexts=10, maximum_contexts_of_extension=2))
    house.everybody()

    def text(user: str, serial: int) -> Done:
        asked = request("MESSAGE", user, to="102", call_id=f"{user}-{serial}", body=b"?")
        return house.send_from(asked, user)

    asked = [text("101", serial) for serial in range(3)]
    assert [done.methods for done in asked] == [["MESSAGE"], ["MESSAGE"], []]
    refusal = asked[2].response
    assert (refusal.status, refusal.first(Header.RETRY_AFTER)) == (503, "10")
    assert text("103", 0).methods == ["MESSAGE"]
    house.tell(asked[0].request, 200, home("102"))
    assert text("101", 3).methods == ["MESSAGE"]
    house.advance(40.0)
    assert "proxied askers" not in house.held


def test_one_host_cannot_fill_them_within_calls() -> None:
    house = House(ProxySettings(maximum_contexts_of_host=2))
    house.everybody()
    answered = house.tell(house.call().request, 200, home("102")).response
    done = [house.send(within("INFO", answered, cseq=n), home("101")) for n in (3, 4, 5)]
    assert [one.statuses for one in done] == [[], [], [503]]
    house.advance(40.0)
    assert house.send(within("INFO", answered, cseq=6), home("101")).methods == ["INFO"]


def test_a_switch_that_is_about_to_end_takes_no_new_calls(house: House) -> None:
    house.endpoint.drain()
    assert house.call().statuses == [503]
    assert house.send_from(request("MESSAGE", to="102", call_id="m")).methods == ["MESSAGE"]


# Other requests


def test_a_message_is_passed_on_and_so_is_its_answer(house: House) -> None:
    asked = request("MESSAGE", to="102", headers=[(Header.CONTENT_TYPE, "text/plain")], body=b"Hi")
    done = house.send_from(asked)
    assert (done.statuses, done.methods) == ([], ["MESSAGE"])
    assert done.request.body == b"Hi"
    assert Header.RECORD_ROUTE not in done.request.ids
    assert house.tell(done.request, 200, home("102")).statuses == [200]
    house.advance(70.0)
    assert house.held == {}


def test_a_message_that_nobody_answers_is_not_answered_by_us_either(house: House) -> None:
    house.send_from(request("MESSAGE", to="102"))
    done = house.advance(40.0)
    assert done.statuses == []
    assert "request-unanswered" in done.slugs
    house.advance(70.0)
    assert house.held == {}


def test_a_refusal_is_told_in_time_though_another_phone_says_nothing(house: House) -> None:
    second = house.enter("102", flow(port=5202))
    done = house.send_from(request("MESSAGE", to="102"))
    assert sorted(done.flows) == sorted([home("102"), second])
    house.tell(done.requests[0], 415, done.flows[0])
    assert house.advance(20.0).statuses == []
    assert house.advance(10.0).statuses == [415]


def test_a_question_about_another_extension_is_for_its_phone(house: House) -> None:
    done = house.send_from(request("OPTIONS", to="102"))
    assert (done.methods, done.flows) == (["OPTIONS"], [home("102")])
    assert house.tell(done.request, 200, home("102")).statuses == [200]


@pytest.mark.parametrize("to", ["101", ""])
def test_a_phone_that_asks_for_itself_or_for_the_switch_is_told_at_once(
    house: House, to: str
) -> None:
    asked = request("OPTIONS", to="101", uri=f"sip:{to}@192.0.2.1" if to else "sip:192.0.2.1")
    assert house.send(asked, home("101")).statuses == [200]


def test_a_stranger_who_probes_learns_nothing(house: House) -> None:
    for to in ("102", "999"):
        asked = request("OPTIONS", "100", to, call_id=to)
        assert house.send(asked, flow(port=9999)).statuses == [200]


@pytest.mark.parametrize(("event", "status"), [("dialog", 489), ("as-feature-event", 407)])
def test_only_packages_that_the_switch_does_not_have_are_passed_on(
    house: House, event: str, status: int
) -> None:
    asked = request("SUBSCRIBE", to="102", headers=[(Header.EVENT, event), contact_of()])
    refusal = house.send(asked, home("101")).response
    if status == 407:
        assert refusal.status == 407
        assert house.send(authorized(asked, refusal), home("101")).methods == ["SUBSCRIBE"]
    else:
        assert refusal.status == 401


def test_a_package_that_is_served_above_is_not_passed_on() -> None:
    desk = Desk(packages=(Package("x-own", ("text/plain",)),))
    for event, status in (("x-own", 401), ("x-other", 407)):
        headers = [(Header.EVENT, event), contact_of()]
        asked = request("SUBSCRIBE", to="102", call_id=event, headers=headers)
        assert desk.send(asked).statuses == [status]


def test_a_phone_that_subscribes_to_itself_is_told_that_nobody_has_it(house: House) -> None:
    asked = request("SUBSCRIBE", headers=[(Header.EVENT, "as-feature-event"), contact_of()])
    assert house.send_from(asked).statuses == [489]
