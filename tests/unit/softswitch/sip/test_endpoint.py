import pytest

from softswitch.sip.binding import Binding, BindingRemoved, BindingSaved
from softswitch.sip.flow import Flow
from softswitch.sip.message import Broken, Framer, Header, Request
from softswitch.sip.settings import BanSettings, EndpointSettings, ListenerSettings, PaceSettings
from softswitch.sip.vocabulary import (
    Accept,
    End,
    Ended,
    Offered,
    Party,
    Place,
    Refused,
    Ring,
    Target,
)
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk, Done
from tests.unit.softswitch.sip.speaking import (
    REALM,
    SERVER,
    answer,
    authorized,
    contact_of,
    flow,
    request,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_phone_registers_and_is_reached_where_it_is(desk: Desk) -> None:
    done = desk.register(path=flow(port=40001))
    assert done.statuses == [200]
    assert isinstance(done.bindings[0], BindingSaved)
    target = Target("sip:101@10.0.0.7:5060", flow(port=40001))
    assert desk.endpoint.registrar.groups("101", desk.now) == [[target]]
    assert done.response.via().rport == 40001


def test_a_registration_runs_out_by_itself(desk: Desk) -> None:
    desk.register(headers=[contact_of(), (Header.EXPIRES, "60")])
    done = desk.advance(61.0)
    assert done.bindings == [BindingRemoved("101", "sip:101@10.0.0.7:5060")]


def test_a_registration_over_a_connection_ends_with_it(desk: Desk) -> None:
    desk.register(path=flow(connection=7))
    assert desk.lose(flow(connection=7)).bindings
    assert not desk.endpoint.registrar.is_registered("101", desk.now)


def test_restored_bindings_are_reached(desk: Desk) -> None:
    kept = Binding("101", "sip:101@x", flow(), desk.now + 10, 1.0, "c", 1)
    assert desk.endpoint.restore([kept], desk.now) == []
    assert desk.endpoint.registrar.is_registered("101", desk.now)


def test_bindings_of_who_is_denied_since_are_not_restored() -> None:
    listener = ListenerSettings("udp", SERVER, deny=("198.51.100.0/24",))
    desk = Desk(EndpointSettings(realm=REALM, listeners=(listener,)))
    denied = Binding("101", "sip:101@x", flow(), desk.now + 10, 1.0, "c", 1)
    welcome = Binding("102", "sip:102@x", flow(host="203.0.113.9"), desk.now + 10, 1.0, "c", 1)
    outputs = desk.endpoint.restore([denied, welcome], desk.now)
    assert outputs == [BindingRemoved("101", "sip:101@x")]
    assert not desk.endpoint.registrar.is_registered("101", desk.now)
    assert desk.endpoint.registrar.is_registered("102", desk.now)
    assert desk.send(request("OPTIONS")).slugs == ["address-denied"]


def test_a_strangers_invite_reaches_nothing(desk: Desk) -> None:
    done = desk.send(request("INVITE", to="102", headers=[contact_of()], body=OFFER))
    assert (done.statuses, done.events) == ([401], [])
    guess = authorized(
        request("INVITE", to="102", call_id="c2", body=OFFER), done.response, password="guess"
    )
    assert (again := desk.send(guess)).statuses == [401]
    assert again.events == []
    desk.advance(70.0)
    assert desk.held == {}


def test_who_guesses_on_is_not_heard_any_more() -> None:
    desk = Desk(EndpointSettings(realm=REALM, bans=BanSettings(failures=2)))
    for n in range(2):
        asked = request("REGISTER", call_id=f"guess-{n}", headers=[contact_of()])
        desk.send(authorized(asked, desk.send(asked).response, password="guess"))
    assert desk.send(request("REGISTER", call_id="more")).slugs == ["banned"]
    assert desk.register(path=flow(port=5999)).statuses == [200]
    desk.advance(60.0)
    assert desk.send(request("REGISTER", call_id="later")).statuses == [401]


def test_a_connection_that_guesses_on_is_closed() -> None:
    desk = Desk(EndpointSettings(realm=REALM, bans=BanSettings(failures=1)))
    path = flow(connection=3)
    asked = request("REGISTER", headers=[contact_of()])
    desk.send(authorized(asked, desk.send(asked, path).response, password="guess"), path)
    assert desk.send(request("REGISTER", call_id="more"), path).closed == [path]


def test_the_connection_of_a_loud_stranger_is_closed_and_that_of_a_phone_is_not() -> None:
    desk = Desk(EndpointSettings(realm=REALM, strangers=1))
    loud, phone = flow(port=6000, connection=3), flow(connection=7)
    desk.register(path=phone)
    heard = [desk.send(request("OPTIONS", call_id=f"{n}"), loud) for n in range(8)]
    assert heard[-1].slugs == ["stranger-too-often"]
    assert heard[-1].closed == [loud]
    desk.register(path=phone)
    assert desk.endpoint.registrar.is_registered("101", desk.now)


def guess(desk: Desk, user: str, name: str, path: Flow) -> Done:
    asked = request("REGISTER", user, call_id=f"guess-{name}", headers=[contact_of()])
    done = desk.send(asked, path)
    if done.statuses != [401]:
        return done
    return desk.send(authorized(asked, done.response, user, password="guess"), path)


@pytest.mark.parametrize("path", [flow(), flow(connection=7)])
def test_a_phone_that_is_registered_is_never_banned_itself(path: Flow) -> None:
    desk = Desk(EndpointSettings(realm=REALM, bans=BanSettings(failures=2, failures_of_host=4)))
    desk.register(path=path)
    for number in range(5):
        guess(desk, "102", str(number), path)
    banned = guess(desk, "102", "more", path)
    assert (banned.slugs, banned.closed) == (["banned"], [])
    assert desk.ask(
        request("REGISTER", call_id="again", headers=[contact_of()]), path
    ).statuses == [200]


def test_a_host_that_guesses_leaves_its_registered_phones_alone() -> None:
    desk = Desk(EndpointSettings(realm=REALM, bans=BanSettings(failures=2, failures_of_host=4)))
    desk.register(path=flow(port=7000))
    for number in range(4):
        guess(desk, "102", str(number), flow(port=2000 + number))
    assert guess(desk, "103", "more", flow(port=3000)).slugs == ["banned"]
    again = request("REGISTER", call_id="again", headers=[contact_of()])
    assert desk.ask(again, flow(port=7000)).statuses == [200]


def test_who_is_banned_gets_no_answer_in_a_dialog_of_nobody_either() -> None:
    desk = Desk(EndpointSettings(realm=REALM, bans=BanSettings(failures=1)))
    guess(desk, "101", "1", flow())
    assert desk.send(request("BYE", to_tag="nobody")).slugs == ["banned"]


@pytest.mark.parametrize("method", ["MESSAGE", "OPTIONS", "REGISTER", "SUBSCRIBE", "PUBLISH"])
def test_an_extension_that_asks_without_end_is_told_to_wait(method: str) -> None:
    pace = PaceSettings(requests_of_extension=1)
    desk = Desk(EndpointSettings(realm=REALM, pace=pace))
    challenge = desk.send(request("REGISTER", call_id="first")).response
    answers = [
        desk.send(authorized(asked, challenge, nc=number + 1)).response
        for number in range(12)
        for asked in [request(method, call_id=f"c{number}", headers=[contact_of()])]
    ]
    assert all(answer.status != 503 for answer in answers[:10])
    assert [answer.status for answer in answers[10:]] == [503, 503]
    assert answers[-1].first(Header.RETRY_AFTER) == "1"


@pytest.mark.parametrize("connection", [0, 7])
def test_a_phone_that_never_pauses_is_not_read_and_not_cut_off(connection: int) -> None:
    desk = Desk(EndpointSettings(realm=REALM, phone=5))
    path = flow(connection=connection)
    desk.register(path=path)
    done = [desk.send(request("OPTIONS", call_id=f"o{number}"), path) for number in range(25)]
    assert [one.statuses for one in done[:20]] == [[200]] * 20
    assert [(one.slugs, one.closed) for one in done[20:]] == [(["phone-too-often"], [])] * 5
    desk.advance(1.0)
    assert desk.send(request("OPTIONS", call_id="later"), path).statuses == [200]


def test_a_connection_is_kept_once_its_phone_has_proven_itself(desk: Desk) -> None:
    path = flow(connection=7)
    asked = request("OPTIONS")
    assert desk.send(asked, path).kept == []
    challenge = desk.send(request("INVITE", call_id="other"), path)
    assert challenge.kept == []
    assert desk.send(authorized(asked, challenge.response), path).kept == [path]
    assert desk.register(path=flow(port=5070)).kept == []


@pytest.mark.parametrize(("transport", "alias"), [("tls", 5071), ("tcp", 0)])
def test_who_is_let_in_by_tls_may_be_reached_by_its_connection(
    desk: Desk, transport: str, alias: int
) -> None:
    path = flow(connection=7)._replace(transport=transport)
    asked = request("OPTIONS")
    challenge = desk.send(request("INVITE", call_id="other"), path)
    assert challenge.aliases == []
    proven = authorized(asked, challenge.response)
    proven.replace_first(Header.VIA, "SIP/2.0/TLS gateway.example:5071;branch=z9hG4bKa;alias")
    assert desk.send(proven, path).aliases == [alias]


def test_a_connection_that_carries_a_call_on_is_kept(desk: Desk) -> None:
    leg = desk.offer(path=flow(connection=7)).leg
    tag = desk.tell(Accept(leg, ANSWER)).response.to().tag or ""
    bye = request("BYE", to="102", cseq=3, to_tag=tag)
    assert desk.send(bye, flow(connection=8)).kept == [flow(connection=8)]


HOME = "<sip:101@home.example>;tag=phone"


@pytest.mark.parametrize(
    ("uri", "caller", "is_taken"),
    [
        ("sip:102@192.0.2.1", "", True),
        ("sip:102@localhost", "", True),
        ("sip:102@office", "", True),
        ("sip:102@pbx.example:5062", "", True),
        ("tel:102", "", True),
        ("sip:102@home.example", HOME, True),
        ("sip:102@elsewhere.example", HOME, False),
        ("sip:102@10.0.0.9", "", False),
    ],
)
def test_only_numbers_of_this_house_are_called(uri: str, caller: str, *, is_taken: bool) -> None:
    listener = ListenerSettings("udp", SERVER, advertised="pbx.example:5060")
    desk = Desk(EndpointSettings(realm=REALM, listeners=(listener,)))
    desk.register()
    asked = request("INVITE", uri=uri, headers=[contact_of()], body=OFFER)
    if caller:
        asked.set(Header.FROM, caller)
    done = desk.ask(asked)
    assert (len(done.events) == 1) is is_taken
    assert (404 in done.statuses) is not is_taken


def test_a_stranger_who_asks_for_another_house_gets_no_answer_and_leaves_nothing() -> None:
    desk = Desk(EndpointSettings(realm=REALM))
    asked = request("INVITE", uri="sip:102@elsewhere.example", headers=[contact_of()], body=OFFER)
    done = desk.send(asked)
    assert (done.statuses, done.slugs) == ([], ["not-for-us"])
    assert desk.held == {}


def test_where_a_phone_has_registered_is_a_name_of_ours_to_it(desk: Desk) -> None:
    desk.register()
    call = request("INVITE", uri="sip:102@pbx.lan", headers=[contact_of()], body=OFFER)
    assert desk.ask(call).statuses == [404]
    desk.ask(request("REGISTER", uri="sip:pbx.lan", call_id="r", headers=[contact_of()]))
    again = request(
        "INVITE", uri="sip:102@pbx.lan", call_id="c2", headers=[contact_of()], body=OFFER
    )
    assert len(desk.ask(again).events) == 1


def test_where_one_phone_registers_is_no_name_of_ours_to_others(desk: Desk) -> None:
    desk.ask(request("REGISTER", uri="sip:partner.example", call_id="r", headers=[contact_of()]))
    elsewhere = flow(host="198.51.100.8")
    desk.register("102", path=elsewhere)
    call = request("INVITE", "102", uri="sip:101@partner.example", headers=[contact_of("102")])
    assert 404 in desk.ask(call, elsewhere, "102").statuses


def test_a_registration_that_is_refused_teaches_nothing(desk: Desk) -> None:
    brief = [contact_of(), (Header.EXPIRES, "1")]
    refused = desk.ask(request("REGISTER", uri="sip:pbx.lan", call_id="r", headers=brief))
    assert refused.statuses == [423]
    call = request("INVITE", uri="sip:102@pbx.lan", headers=[contact_of()], body=OFFER)
    assert 404 in desk.ask(call).statuses


def test_a_call_that_is_up_is_heard_even_from_where_somebody_guesses() -> None:
    desk = Desk(EndpointSettings(realm=REALM, bans=BanSettings(failures=1)))
    leg = desk.offer().leg
    tag = desk.tell(Accept(leg, ANSWER)).response.to().tag or ""
    asked = request("REGISTER", call_id="guess", headers=[contact_of()])
    desk.send(authorized(asked, desk.send(asked).response, password="guess"))
    bye = request("BYE", to="102", cseq=3, to_tag=tag)
    assert desk.send(bye).statuses == [200]


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("OPTIONS", 200),
        ("SUBSCRIBE", 489),
        ("PUBLISH", 489),
        ("NOTIFY", 481),
        ("BYE", 481),
        ("INFO", 481),
        ("UPDATE", 481),
        ("PRACK", 481),
        ("MESSAGE", 480),
        ("REFER", 403),
        ("BREW", 501),
    ],
)
def test_an_extension_is_told_what_is_spoken_here(desk: Desk, method: str, status: int) -> None:
    asked = request(method)
    challenge = desk.send(request("INVITE", call_id="other")).response
    again = authorized(asked, challenge)
    assert desk.send(again).statuses == [status]


def test_an_extension_that_asks_learns_what_the_switch_can_do(desk: Desk) -> None:
    asked = request("OPTIONS")
    challenge = desk.send(request("INVITE", call_id="other")).response
    response = desk.send(authorized(asked, challenge)).response
    assert "INVITE" in response.values(Header.ALLOW)
    assert response.values(Header.ACCEPT) == ["application/sdp"]
    assert "timer" in response.values(Header.SUPPORTED)


def test_requests_of_unknown_dialogs_get_481(desk: Desk) -> None:
    for method in ("BYE", "INVITE", "INFO", "OPTIONS", "NOTIFY"):
        assert desk.send(request(method, to_tag="nobody")).statuses == [481]
    assert desk.send(request("ACK", to_tag="nobody")).slugs == ["ack-without-leg"]


def test_an_invite_that_has_gone_round_is_stopped(desk: Desk) -> None:
    asked = request("INVITE", to="102", headers=[contact_of()], body=OFFER)
    asked.set(Header.MAX_FORWARDS, "0")
    assert desk.ask(asked).statuses == [483]


def test_an_invite_with_what_we_lack_is_refused_by_name(desk: Desk) -> None:
    asked = request("INVITE", headers=[contact_of(), (Header.REQUIRE, "foo")], body=OFFER)
    done = desk.ask(asked)
    assert (done.statuses, done.response.first(Header.UNSUPPORTED)) == ([420], "foo")


def test_an_empty_require_requires_nothing(desk: Desk) -> None:
    asked = request("INVITE", headers=[contact_of(), (Header.REQUIRE, "")], body=OFFER)
    assert desk.ask(asked).statuses == [100]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 400),
        ([(Header.CONTACT, "*")], 400),
        ([(Header.CONTACT, "<<<")], 400),
        ([contact_of(), (Header.MAX_FORWARDS, "7")], 400),
        ([contact_of(), (Header.CONTENT_TYPE, "text/plain")], 415),
    ],
)
def test_an_invite_that_is_not_sound_is_refused(
    desk: Desk, headers: list[tuple[Header | str, str]], status: int
) -> None:
    done = desk.ask(request("INVITE", to="102", headers=headers, body=OFFER))
    assert (done.statuses, done.events) == ([status], [])
    desk.advance(70.0)
    assert desk.held == {}


def test_a_register_that_is_not_sound_is_refused(desk: Desk) -> None:
    asked = request("REGISTER", headers=[contact_of(), (Header.EXPIRES, "soon")])
    assert desk.ask(asked).statuses == [400]


def test_more_legs_than_allowed_are_refused() -> None:
    desk = Desk(EndpointSettings(realm=REALM, maximum_legs=1))
    leg = desk.offer().leg
    target = Target("sip:102@x", flow())
    refused = desk.tell(Place("b", target, Party("101"), "102", OFFER))
    assert refused.event == Refused("b", 503, "Too Many Calls")
    second = request("INVITE", call_id="second", headers=[contact_of()], body=OFFER)
    done = desk.ask(second)
    assert done.statuses == [503]
    assert done.response.first(Header.RETRY_AFTER)
    desk.tell(End(leg))
    third = request("INVITE", call_id="third", headers=[contact_of()], body=OFFER)
    assert desk.ask(third).statuses == [100]


def test_one_extension_takes_not_all_legs_of_the_switch() -> None:
    desk = Desk(EndpointSettings(realm=REALM, maximum_legs_of_extension=1))
    leg = desk.offer().leg
    second = request("INVITE", call_id="second", headers=[contact_of()], body=OFFER)
    assert desk.ask(second).statuses == [503]
    target = Target("sip:102@x", flow())
    assert desk.tell(Place("b", target, Party("101"), "102", OFFER)).methods == ["INVITE"]
    desk.tell(End(leg))
    third = request("INVITE", call_id="third", headers=[contact_of()], body=OFFER)
    assert desk.ask(third).statuses == [100]


def test_a_switch_that_is_going_takes_no_new_call_and_ends_none(desk: Desk) -> None:
    leg = desk.offer().leg
    desk.endpoint.drain()
    second = request("INVITE", call_id="second", headers=[contact_of()], body=OFFER)
    assert desk.ask(second).statuses == [503]
    assert desk.tell(Ring(leg)).statuses == [180]


@pytest.mark.parametrize("data", [b"\r\n\r\n", b"\r\n", b"\0\0\0\0"])
def test_keep_alives_are_nothing(desk: Desk, data: bytes) -> None:
    assert desk.send_bytes(data).slugs == ["keep-alive"]


def test_noise_is_nothing(desk: Desk) -> None:
    assert desk.send_bytes(b"\x80\x00\x01\x02").slugs == ["unreadable"]
    assert desk.send_bytes(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").slugs == ["unreadable"]


def test_a_request_too_long_is_answered_and_not_read() -> None:
    desk = Desk(EndpointSettings(realm="office", maximum_datagram=100))
    done = desk.send(request("OPTIONS"))
    assert done.slugs == ["message-too-long"]
    response = done.response
    assert (response.status, response.reason) == (513, "Message Too Large")
    assert "received=" in (response.first(Header.VIA) or "")
    assert response.to().tag
    assert desk.held == {}


def test_datagrams_and_streams_have_limits_of_their_own() -> None:
    desk = Desk(EndpointSettings(realm="office", maximum_datagram=2000, maximum_message=4000))
    stream = flow(connection=3)
    for length, by_datagram, by_stream in ((1000, 0, 0), (3000, 1, 0), (5000, 1, 1)):
        long = [("X-Long", "x" * length)]
        for path, is_too_long in ((flow(), by_datagram), (stream, by_stream)):
            done = desk.send(request("OPTIONS", headers=long), path)
            assert done.slugs.count("message-too-long") == is_too_long, (length, path)


def test_a_request_with_too_many_headers_to_be_read_is_answered(desk: Desk) -> None:
    more = [("X-More", "x" * 1000)] * 20
    done = desk.send(request("INVITE", headers=[contact_of(), *more], body=OFFER))
    assert (done.statuses, done.slugs) == ([513], ["message-too-long"])


@pytest.mark.parametrize("length", [b"70000", b"7" * 50])
def test_a_request_whose_body_is_to_be_too_long_is_answered(desk: Desk, length: bytes) -> None:
    head = request("INVITE", headers=[contact_of()]).to_bytes()
    whole = head.replace(b"Content-Length: 0", b"Content-Length: " + length)
    framer = Framer()
    beginning, end = framer.receive(whole + OFFER)
    assert isinstance(beginning, bytes)
    assert end == Broken("body-too-long")
    assert desk.send_bytes(beginning, flow(connection=3)).statuses == [513]


def test_what_is_too_long_and_no_request_is_dropped(desk: Desk) -> None:
    long = [("X-More", "x" * 20_000)]
    response = answer(request("OPTIONS"), 200, "x", headers=long)
    for data in (b"x" * 20_000, response.to_bytes(), request("ACK", headers=long).to_bytes()):
        done = desk.send_bytes(data)
        assert (done.statuses, done.slugs) == ([], ["message-too-long"])


def test_a_response_to_nothing_is_nothing(desk: Desk) -> None:
    assert desk.send(answer(request("INVITE"), 200)).slugs == ["response-unmatched"]


@pytest.mark.parametrize("header", [Header.FROM, Header.TO, Header.CALL_ID, Header.CSEQ])
@pytest.mark.parametrize("method", ["INVITE", "REGISTER", "OPTIONS", "BYE", "ACK", "CANCEL"])
@pytest.mark.parametrize("value", [None, "<<<"])
def test_no_broken_header_breaks_anything(
    desk: Desk, method: str, header: Header, value: str | None
) -> None:
    broken = request(method, headers=[contact_of()])
    if value is None:
        broken.remove(header)
    else:
        broken.set(header, value)
    desk.send(broken)
    desk.advance(70.0)
    assert desk.held == {}


def whole_call(desk: Desk, number: int, path_a: int, path_b: int) -> None:
    """101 calls 102 and hangs up."""
    a, b = flow(port=path_a), flow(port=path_b)
    plain = request("INVITE", to="102", call_id=f"c{number}", headers=[contact_of()], body=OFFER)
    offered = desk.ask(plain, a).events[0]
    assert isinstance(offered, Offered)
    leg = offered.leg
    target = Target("sip:102@10.0.0.8", b)
    name = f"b{number}"
    invite = desk.tell(Place(name, target, Party("101"), "102", OFFER)).request
    desk.send(answer(invite, 180), b)
    desk.tell(Ring(leg))
    desk.send(answer(invite, 200, sdp=ANSWER, headers=[contact_of("102")]), b)
    accepted = desk.tell(Accept(leg, ANSWER)).response
    tag = accepted.to().tag or ""

    def within(method: str, cseq: int) -> Request:
        return request(method, to="102", call_id=f"c{number}", cseq=cseq, to_tag=tag)

    desk.send(within("ACK", 2), a)
    assert desk.send(within("BYE", 3), a).events == [Ended(leg, "bye")]
    bye = desk.tell(End(name)).request
    desk.send(answer(bye, 200), b)


def test_nothing_is_left_of_calls_that_have_ended(desk: Desk) -> None:
    for number in range(20):
        whole_call(desk, number, 40001, 40002)
    assert set(desk.held) <= {"transactions"}
    desk.advance(70.0)
    assert desk.held == {}
    assert desk.endpoint.deadline is None


def test_a_last_response_that_cannot_be_read_is_a_failure(desk: Desk) -> None:
    asked = desk.tell(Place("b", Target("sip:102@x", flow()), Party("101"), "102", OFFER)).request
    answered = answer(asked, 200, headers=[contact_of("102")])
    answered.set(Header.TO, "<102@x>")
    assert desk.send(answered).event == Refused("b", 502)
    assert desk.send(answered).events == []
