"""Who calls, how he came, and whom he reaches: what telephones show and records say of it."""

import pytest

from softswitch.sip.message import Header, Message, Request, Response, parse
from tests.flows.conftest import MakeOffice
from tests.flows.test_early_media import previews
from tests.support.handset import Handset, answers_after, refuses_with
from tests.support.office import SWITCH, Office
from tests.support.world import Address

STAFF = """
employees:
  101: {name: Zoë "Zed" Łuk, password: p}
  102: {name: Two, password: p, busy: employee 103, no_answer: {after: 5s, to: employee 103}}
  103: {name: Three, password: p}
  109: {name: Gateway, password: p}
departments:
  sales: {number: 600, members: [102, 103], alert: sales, early_media: local}
"""
Extra = tuple[tuple[Header | str, str], ...]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> "Wire":
    return Wire(monkeypatch)


class Wire:
    """What the switch sends to telephones."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.messages: list[tuple[Message, Address]] = []
        self._monkeypatch = monkeypatch

    def tap(self, office: Office) -> None:
        send = office.network.send

        def listen(data: bytes, source: Address, destination: Address) -> None:
            if source == (SWITCH, 5060):
                self.messages.append((parse(data), destination))
            send(data, source, destination)

        self._monkeypatch.setattr(office.network, "send", listen)

    def shown(self, handset: Handset, status: int) -> str:
        """Return the identity in the last response with `status` to a telephone."""
        found = [
            message.first(Header.P_ASSERTED_IDENTITY) or ""
            for message, to in self.messages
            if isinstance(message, Response)
            and to == handset.address
            and (message.status, message.cseq().method) == (status, "INVITE")
        ]
        return found[-1]

    def statuses(self, handset: Handset) -> set[int]:
        return {
            message.status
            for message, to in self.messages
            if isinstance(message, Response) and to == handset.address
        }


def call(handset: Handset, number: str, headers: Extra) -> None:
    handset.send(handset.phone.call(number, handset.describe(), handset.now, headers)[1])


def rung(office: Office, handset: Handset) -> Request:
    office.until(lambda: handset.invites)
    return handset.invites[-1]


def caller_of(invite: Request) -> tuple[str, str]:
    return invite.from_().uri.number, invite.from_().display


def test_the_caller_sees_what_he_dialled_and_then_who_answers(
    office: MakeOffice, wire: Wire
) -> None:
    world = office(STAFF)
    one, two, three = world.register("101", "102", "103")
    wire.tap(world)
    three.user = answers_after(2.0)
    one.call("600")
    world.until(lambda: one.connected)
    assert wire.shown(one, 180) == f'"sales" <sip:600@{SWITCH}>'
    assert wire.shown(one, 200) == f'"Three" <sip:103@{SWITCH}>'
    assert caller_of(two.invites[0]) == ("101", 'Zoë "Zed" Łuk')


@pytest.mark.parametrize("privacy", ["id", "user;critical", "id, user"])
def test_a_caller_who_hides_is_known_to_the_record_alone(office: MakeOffice, privacy: str) -> None:
    world = office(STAFF)
    one, two = world.register("101", "102")
    call(one, "102", ((Header.PRIVACY, privacy),))
    invite = rung(world, two)
    assert str(invite.from_().uri) == "sip:anonymous@anonymous.invalid"
    assert b"101@" not in invite.to_bytes()
    assert "Zoë" not in invite.to_bytes().decode()
    one.hang_up()
    world.until(lambda: world.records)
    assert (world.records[0].caller, world.records[0].extension) == ("101", "101")


def test_what_a_telephone_says_of_others_is_not_believed(office: MakeOffice) -> None:
    world = office(STAFF)
    one, two = world.register("101", "102")
    lies = (
        (Header.P_ASSERTED_IDENTITY, '"President" <sip:1@gov>'),
        (Header.DIVERSION, "<sip:2@gov>;reason=user-busy"),
        (Header.HISTORY_INFO, "<sip:2@gov>;index=1"),
        (Header.ALERT_INFO, "<http://gov/loud.wav>"),
        (Header.REMOTE_PARTY_ID, "<sip:1@gov>"),
    )
    call(one, "102", lies)
    invite = rung(world, two)
    assert caller_of(invite)[0] == "101"
    assert b"gov" not in invite.to_bytes()


@pytest.mark.parametrize(("name", "shown"), [("", "Me"), ("name: One, ", "One")])
def test_a_telephone_may_prefer_a_name_where_the_file_gives_it_none(
    office: MakeOffice, name: str, shown: str
) -> None:
    world = office(f"employees:\n  101: {{{name}password: p}}\n  102: {{name: Two, password: p}}")
    one, two = world.register("101", "102")
    call(one, "102", ((Header.P_PREFERRED_IDENTITY, f'"Me" <sip:101@{SWITCH}>'),))
    invite = rung(world, two)
    assert caller_of(invite) == ("101", shown)
    assert Header.P_PREFERRED_IDENTITY not in invite.ids


def test_a_telephone_may_not_prefer_to_be_somebody_else(office: MakeOffice) -> None:
    world = office(STAFF)
    one, two = world.register("101", "102")
    call(one, "102", ((Header.P_PREFERRED_IDENTITY, f'"Boss" <sip:109@{SWITCH}>'),))
    assert caller_of(rung(world, two))[0] == "101"
    assert b"Boss" not in two.invites[-1].to_bytes()


SENT_ON = (
    (Header.P_ASSERTED_IDENTITY, '"Client" <tel:+48-22-555>'),
    (Header.DIVERSION, "<sip:900@far>;reason=no-answer"),
    (Header.HISTORY_INFO, "<sip:900@far>;index=1, <sip:102@far;cause=408>;index=1.1;mp=1"),
)


def test_a_gateway_that_is_trusted_says_who_calls_and_how_he_came(office: MakeOffice) -> None:
    world = office(STAFF, network="trusted: [10.0.9.9/32], ")
    two, three = world.register("102", "103")
    gateway = world.handset("109", address="10.0.9.9")
    gateway.register()
    world.until(lambda: gateway.registered)
    two.user = refuses_with(486)
    call(gateway, "102", SENT_ON)
    assert caller_of(rung(world, two)) == ("+4822555", "Client")
    invite = rung(world, three)
    assert caller_of(invite) == ("+4822555", "Client")
    assert invite.values(Header.DIVERSION) == [
        f"<sip:102@{SWITCH}>;reason=user-busy",
        f"<sip:900@{SWITCH}>;reason=no-answer",
    ]
    assert invite.values(Header.HISTORY_INFO)[-1] == (
        f"<sip:103@{SWITCH};cause=486>;index=1.1.1;mp=1.1"
    )
    gateway.hang_up()
    world.until(lambda: world.records)
    assert (world.records[0].caller, world.records[0].caller_name) == ("+4822555", "Client")


def test_a_gateway_is_told_who_hides(office: MakeOffice) -> None:
    world = office(STAFF, network="trusted: [10.0.9.9/32], ")
    [one] = world.register("101")
    gateway = world.handset("109", address="10.0.9.9")
    gateway.register()
    world.until(lambda: gateway.registered)
    call(one, "109", ((Header.PRIVACY, "id"),))
    invite = rung(world, gateway)
    assert "anonymous.invalid" in (invite.first(Header.FROM) or "")
    assert (invite.first(Header.P_ASSERTED_IDENTITY) or "").endswith(f"<sip:101@{SWITCH}>")
    assert invite.first(Header.PRIVACY) == "id"


def test_a_call_that_goes_round_in_circles_ends(office: MakeOffice) -> None:
    world = office(STAFF, network="trusted: [10.0.9.9/32], ")
    [two] = world.register("102")
    gateway = world.handset("109", address="10.0.9.9")
    gateway.register()
    world.until(lambda: gateway.registered)
    call(gateway, "102", tuple((Header.DIVERSION, f"<sip:{n}@far>") for n in range(11)))
    world.until(lambda: gateway.refused_with)
    assert gateway.refused_with == 480
    assert two.invites == []
    world.until(lambda: world.records)
    assert world.records[0].reason == "loop"


def test_who_is_called_in_the_place_of_another_sees_why(office: MakeOffice) -> None:
    world = office(STAFF)
    one, _, three = world.register("101", "102", "103")
    one.call("102")
    invite = rung(world, three)  # after five seconds without an answer
    assert invite.values(Header.DIVERSION) == [f"<sip:102@{SWITCH}>;reason=no-answer"]
    assert invite.values(Header.HISTORY_INFO) == [
        f"<sip:102@{SWITCH}>;index=1",
        f"<sip:103@{SWITCH};cause=408>;index=1.1;mp=1",
    ]


def test_telephones_of_a_department_ring_in_its_way(office: MakeOffice) -> None:
    world = office(STAFF)
    one, two, three = world.register("101", "102", "103")
    one.call("600")
    alert = "<http://softswitch.invalid>;info=sales"
    assert rung(world, two).first(Header.ALERT_INFO) == alert
    one.hang_up()
    world.until(lambda: not one.phone.dialogs())
    one.call("103")
    world.until(lambda: len(three.invites) == 2)
    assert Header.ALERT_INFO not in three.invites[-1].ids


def test_a_department_whose_early_media_is_local_is_heard_to_ring(
    office: MakeOffice, wire: Wire
) -> None:
    world = office(STAFF)
    one, two = world.register("101", "102")
    wire.tap(world)
    two.user = previews(440, after=0.5, answers=3.0)
    one.call("600")
    world.until(lambda: one.connected)
    assert {180, 200} <= wire.statuses(one)
    assert 183 not in wire.statuses(one)


def formats(invite: Request) -> str:
    body = invite.body.decode()
    return body.partition("RTP/AVP ")[2].partition("\r\n")[0]


CODECS = """
employees:
  101: {password: p, codecs: [pcma, pcmu]}
  102: {password: p}
  103: {password: p, codecs: pcma}
  104: {password: p, codecs: pcmu}
"""


@pytest.mark.parametrize(
    ("caller", "called", "offered", "spoken"),
    [
        ("101", "102", "8 0 9 101", 0),  # the caller has PCMU first, and the file the other
        ("102", "101", "8 0 101", 0),
        ("102", "103", "8 101", 8),  # what both speak is not turned into something else
        ("104", "102", "0 9 8 101", 0),
        ("103", "104", "0 101", 8),
    ],
)
def test_codecs_are_offered_in_the_order_of_the_file(
    office: MakeOffice, caller: str, called: str, offered: str, spoken: int
) -> None:
    world = office(CODECS)
    one, two = world.register(caller, called)  # both take PCMU if they may
    two.user = answers_after(1.0)
    one.call(called)
    assert formats(rung(world, two)) == offered
    world.until(lambda: one.connected and two.connected)
    assert one.talk().payload_type == spoken


@pytest.mark.parametrize(("caller", "spoken"), [("101", 8), ("102", 0), ("103", 8)])
def test_an_answer_has_the_codec_that_the_file_likes_best(
    office: MakeOffice, caller: str, spoken: int
) -> None:
    world = office(CODECS)
    [one] = world.register(caller)
    one.call("*43")
    world.until(lambda: one.connected)
    assert one.talk().payload_type == spoken


def test_a_caller_whose_codecs_are_not_his_is_refused(office: MakeOffice) -> None:
    world = office(CODECS)
    one, _ = world.register("103", "102")
    one.codecs = ("0 PCMU",)
    one.call("102")
    world.until(lambda: one.refused_with)
    assert one.refused_with == 488


@pytest.mark.parametrize(
    ("caller", "called", "privacy", "is_direct"),
    [
        ("101", "102", "", True),
        ("101", "103", "", False),
        ("103", "101", "", False),
        ("101", "102", "session", False),
    ],
)
def test_speech_passes_the_switch_by_where_both_sides_may(
    office: MakeOffice, caller: str, called: str, privacy: str, is_direct: bool
) -> None:
    people = (
        "employees: {101: {password: p}, 102: {password: p}, 103: {password: p, media: through}}"
    )
    world = office(people, network="media: direct, ")
    one, two = world.register(caller, called)
    call(one, called, ((Header.PRIVACY, privacy),) if privacy else ())
    told = rung(world, two).body.decode()
    assert (f"c=IN IP4 {one.address[0]}" in told) is is_direct
    assert (f"c=IN IP4 {SWITCH}" in told) is not is_direct


@pytest.mark.parametrize(("other", "is_direct"), [("10.0.9.9", True), ("2001:db8::9", False)])
def test_speech_goes_through_the_switch_where_one_side_speaks_another_version_of_ip(
    office: MakeOffice, other: str, is_direct: bool
) -> None:
    people = "employees: {101: {password: p}, 102: {password: p}}"
    world = office(people, network="media: direct, ")
    [one] = world.register("101")
    two = world.handset("102", address=other)
    two.register()
    world.advance(1.0)
    one.call("102")
    told = rung(world, two).body.decode()
    assert (f"c=IN IP4 {one.address[0]}" in told) is is_direct
    assert (f"c=IN IP4 {SWITCH}" in told) is not is_direct


def test_the_switch_goes_by_the_name_of_its_owner(office: MakeOffice) -> None:
    world = office(STAFF, network="domain: pbx.example.com, agent: Example PBX, ")
    one, two = world.register("101", "102")
    one.call("102")
    invite = rung(world, two)
    assert invite.from_().uri.host == "pbx.example.com"
    assert invite.first(Header.USER_AGENT) == "Example PBX"


MACHINE = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p, not_registered: voicemail desk}
  103: {name: Three, password: p}
  104: {name: Four, password: p}
voicemail: {desk: {}}
"""


def test_a_message_of_who_hides_names_nobody(office: MakeOffice) -> None:
    world = office(MACHINE)
    [one] = world.register("101")
    call(one, "102", ((Header.PRIVACY, "id"),))
    world.until(lambda: one.connected)
    world.advance(5.0)
    one.hang_up()
    world.until(lambda: world.messages)
    [(path, message)] = world.delivered("desk")
    assert (message.caller, message.name) == ("", "Anonymous")
    assert "-101-" not in path.name


def test_who_hides_stays_hidden_when_he_is_handed_on(office: MakeOffice) -> None:
    world = office(MACHINE)
    one, three, four = world.register("101", "103", "104")
    three.user = answers_after(1.0)
    call(one, "103", ((Header.PRIVACY, "id"),))
    world.until(lambda: three.connected)
    world.advance(0.2)
    three.transfer(next(iter(three.connected)), "104")
    assert caller_of(rung(world, four))[1] == "Anonymous"
    assert b"101@" not in four.invites[0].to_bytes()
