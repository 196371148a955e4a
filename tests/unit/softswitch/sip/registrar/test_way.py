"""Path and flows, as a REGISTER asks for them."""

from collections.abc import Sequence

import pytest

from softswitch.sip.binding import BindingChange, BindingRemoved, BindingSaved
from softswitch.sip.flow import Flow
from softswitch.sip.message import Contact, Header, Response
from softswitch.sip.registrar import Registrar
from softswitch.sip.settings import RegistrarSettings
from softswitch.sip.vocabulary import Target
from tests.unit.softswitch.sip.speaking import flow, request

A = "sip:101@10.0.0.7:5060;transport=tcp"
PHONE, OTHER = "<urn:uuid:0000-1>", "<urn:uuid:0000-2>"
EDGE = (Header.PATH, "<sip:edge.example;lr;ob>")
BY_PROXY = (Header.VIA, "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKphone")
OUTBOUND = (Header.SUPPORTED, "path, outbound")


@pytest.fixture
def registrar() -> Registrar:
    return Registrar(RegistrarSettings(maximum_contacts=2), "t")


class Registering:
    """REGISTERs of 101, each with the next CSeq."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar
        self._cseq = 0
        self.changes: list[BindingChange] = []

    def __call__(
        self,
        *headers: tuple[Header, str],
        path: Flow | None = None,
        expires: int = 600,
        now: float = 0.0,
    ) -> Response:
        self._cseq += 1
        asked = request(
            "REGISTER",
            cseq=self._cseq,
            call_id="boot",
            headers=[*headers, (Header.EXPIRES, str(expires))],
        )
        response, self.changes = self._registrar.register(asked, "101", path or flow(), now)
        return response

    def flow(
        self, number: int, *, instance: str = PHONE, uri: str = A, expires: int = 600, q: str = "1"
    ) -> Response:
        """Register one of a phone's flows; its connection has the same number."""
        contact = f'<{uri}>;reg-id={number};+sip.instance="{instance}";q={q}'
        return self(
            (Header.CONTACT, contact), OUTBOUND, path=flow(connection=number), expires=expires
        )


@pytest.fixture
def register(registrar: Registrar) -> Registering:
    return Registering(registrar)


def reached(registrar: Registrar) -> list[list[tuple[int, ...]]]:
    """Return the connections by which each phone is reached, the best first."""
    return [
        [
            (phone.flow.connection, *(other.flow.connection for other in phone.alternatives))
            for phone in group
        ]
        for group in registrar.groups("101", 0.0)
    ]


def test_two_flows_of_one_phone_are_one_phone_and_the_newest_counts(
    registrar: Registrar, register: Registering
) -> None:
    register.flow(1)
    response = register.flow(2)
    assert response.status == 200
    assert response.values(Header.REQUIRE) == ["outbound"]
    assert response.named("Flow-Timer") == "120"
    contacts = [Contact.parse(value) for value in response.values(Header.CONTACT)]
    assert [contact.parameters.get("reg-id") for contact in contacts] == ["1", "2"]
    assert {contact.parameters.get("+sip.instance") for contact in contacts} == {PHONE}
    assert reached(registrar) == [[(2, 1)]]
    register.flow(1)
    assert reached(registrar) == [[(1, 2)]]
    assert registrar.flow_lost(flow(connection=1)) == [BindingRemoved("101", A, f"1 {PHONE}")]
    assert reached(registrar) == [[(2,)]]


def test_phones_behind_different_routers_may_have_one_contact(
    registrar: Registrar, register: Registering
) -> None:
    register.flow(1)
    register.flow(2, instance=OTHER)
    assert reached(registrar) == [[(2,), (1,)]]


def test_the_flow_that_comes_again_takes_its_own_place_whatever_its_contact(
    registrar: Registrar, register: Registering
) -> None:
    register.flow(1)
    register.flow(1, uri="sip:101@10.0.0.8:5060")
    assert register.changes[0] == BindingRemoved("101", A, f"1 {PHONE}")
    assert isinstance(register.changes[1], BindingSaved)
    assert [binding.contact for binding in registrar.bindings(0.0)] == ["sip:101@10.0.0.8:5060"]


def test_a_flow_takes_the_place_of_the_same_contact_without_one(
    registrar: Registrar, register: Registering
) -> None:
    register((Header.CONTACT, f"<{A}>"))
    register.flow(1)
    assert reached(registrar) == [[(1,)]]
    assert register.changes[0] == BindingRemoved("101", A)


def test_one_flow_is_taken_back_alone_and_a_contact_with_all_its_flows(
    registrar: Registrar, register: Registering
) -> None:
    register.flow(1)
    register.flow(2)
    register.flow(1, expires=0)
    assert reached(registrar) == [[(2,)]]
    register.flow(1)
    register((Header.CONTACT, f"<{A}>"), expires=0)
    assert reached(registrar) == []


def test_a_phone_counts_once_however_many_flows_it_has(
    registrar: Registrar, register: Registering
) -> None:
    for number in (1, 2, 3):
        register.flow(number)
    register.flow(9, instance=OTHER)
    assert sorted(map(len, reached(registrar)[0])) == [1, 3]
    register((Header.CONTACT, "<sip:101@10.0.0.99>"))
    assert reached(registrar) == [[(0,), (9,)]], "the stalest phone makes room with all its flows"


def test_a_phone_has_four_flows_at_most(registrar: Registrar, register: Registering) -> None:
    for number in range(1, 7):
        register.flow(number)
    assert reached(registrar) == [[(6, 5, 4, 3)]]


def test_phones_of_different_preference_are_different_groups(
    registrar: Registrar, register: Registering
) -> None:
    register.flow(1, q="0.5")
    register.flow(2, q="0.5")
    register.flow(3, instance=OTHER)
    assert reached(registrar) == [[(3,)], [(2, 1)]]


def test_who_does_not_speak_of_flows_has_none(registrar: Registrar, register: Registering) -> None:
    contact = f'<{A}>;reg-id=1;+sip.instance="{PHONE}"'
    response = register((Header.CONTACT, contact))
    assert Header.REQUIRE not in response.ids
    assert registrar.bindings(0.0)[0].outbound == f" {PHONE}"


@pytest.mark.parametrize("number", ["0", "x", "-1", str(2**31), "9" * 60])
def test_a_flow_has_a_number(registrar: Registrar, register: Registering, number: str) -> None:
    contact = f'<{A}>;reg-id={number};+sip.instance="{PHONE}"'
    assert register((Header.CONTACT, contact), OUTBOUND).status == 400
    assert registrar.bindings(0.0) == []


def test_flows_are_registered_one_by_one(register: Registering) -> None:
    contacts = [
        (Header.CONTACT, f'<sip:101@10.0.0.{n}>;reg-id={n};+sip.instance="{PHONE}"') for n in (1, 2)
    ]
    assert register(*contacts, OUTBOUND).status == 400


# Path


def test_requests_go_by_the_proxies_of_the_path(
    registrar: Registrar, register: Registering
) -> None:
    inner = (Header.PATH, "<sip:inner.example;lr>")
    response = register((Header.CONTACT, f"<{A}>"), OUTBOUND, inner, EDGE)
    assert response.status == 200
    assert response.values(Header.PATH) == [inner[1], EDGE[1]]
    assert registrar.groups("101", 0.0) == [[Target(A, flow(), (inner[1], EDGE[1]))]]


def test_a_phone_that_knows_no_path_is_not_led_through_others(register: Registering) -> None:
    response = register((Header.CONTACT, f"<{A}>"), EDGE)
    assert (response.status, response.values(Header.UNSUPPORTED)) == (420, ["path"])


@pytest.mark.parametrize(
    "path",
    [
        ["<sip:edge.example>"],
        ["<tel:123;lr>"],
        ["nonsense here"],
        ["<sip:edge.example;lr>"] * 11,
        [f"<sip:{'e' * 1000}.example;lr>"],
        ["<sip:b\udc80;lr>"],
    ],
)
def test_a_path_that_cannot_be_gone_is_refused(
    registrar: Registrar, register: Registering, path: Sequence[str]
) -> None:
    lines = [(Header.PATH, value) for value in path]
    assert register((Header.CONTACT, f"<{A}>"), OUTBOUND, *lines).status == 400
    assert registrar.bindings(0.0) == []


def test_flows_behind_a_proxy_need_one_that_knows_of_them(
    registrar: Registrar, register: Registering
) -> None:
    contact = (Header.CONTACT, f'<{A}>;reg-id=1;+sip.instance="{PHONE}"')
    assert register(contact, OUTBOUND, BY_PROXY).status == 439
    plain = (Header.PATH, "<sip:edge.example;lr>")
    assert register(contact, OUTBOUND, BY_PROXY, plain).status == 439
    assert registrar.bindings(0.0) == []
    assert register(contact, OUTBOUND, BY_PROXY, EDGE).status == 200
    assert register((Header.CONTACT, f"<{A}>"), OUTBOUND, BY_PROXY).status == 200


def test_phones_are_told_through_whom_to_send_where_that_is_configured() -> None:
    route = ("<sip:edge.example;lr>", "<sip:home.example;lr>")
    registrar = Registrar(RegistrarSettings(service_route=route), "t")
    response = Registering(registrar)((Header.CONTACT, f"<{A}>"))
    assert tuple(response.values(Header.SERVICE_ROUTE)) == route
    assert Header.SERVICE_ROUTE not in Registering(Registrar(RegistrarSettings(), "t"))().ids
