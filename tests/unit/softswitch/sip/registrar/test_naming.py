"""Phones that say who they are, and have one way."""

from collections.abc import Callable

import pytest

from softswitch.sip.binding import BindingRemoved, BindingSaved
from softswitch.sip.message import Contact, Header, Response
from softswitch.sip.registrar import Registrar
from softswitch.sip.registrar.naming import as_parameters, instance_of, is_flow, name_of
from softswitch.sip.registrar.way import DIRECT, Way
from softswitch.sip.settings import RegistrarSettings
from tests.unit.softswitch.sip.speaking import flow, request

A, B, C = (f"sip:101@10.0.0.{n}:5060" for n in (7, 8, 9))
PHONE, OTHER = "<urn:uuid:0000-1>", "<urn:uuid:0000-2>"

Register = Callable[..., Response]


def contact(uri: str, instance: str = PHONE, more: str = "") -> str:
    return f'<{uri}>;+sip.instance="{instance}"{more}'


@pytest.fixture
def registrar() -> Registrar:
    return Registrar(RegistrarSettings(maximum_contacts=2), "t")


@pytest.fixture
def register(registrar: Registrar) -> Register:
    return registering(registrar)


def registering(registrar: Registrar) -> Register:
    """Return what registers contacts at `registrar`, by default as after a restart."""
    boots = iter(range(1000))

    def register(
        *contacts: str, call_id: str = "", cseq: int = 1, outbound: bool = False
    ) -> Response:
        headers = [(Header.CONTACT, one) for one in contacts]
        if outbound:
            headers.append((Header.SUPPORTED, "outbound"))
        call_id = call_id or f"boot-{next(boots)}"
        asked = request("REGISTER", cseq=cseq, call_id=call_id, headers=headers)
        response, _ = registrar.register(asked, "101", flow(), 0.0)
        return response

    return register


def reached(registrar: Registrar) -> list[str]:
    return [target.uri for group in registrar.groups("101", 0.0) for target in group]


def bound(registrar: Registrar) -> list[tuple[str, str]]:
    return [(binding.contact, binding.outbound) for binding in registrar.bindings(0.0)]


def test_a_phone_that_restarts_with_another_address_leaves_no_ghost(
    registrar: Registrar, register: Register
) -> None:
    register(contact(A))
    register(contact(C, OTHER))
    response = register(contact(B))
    assert sorted(reached(registrar)) == sorted([B, C])
    contacts = [Contact.parse(value) for value in response.values(Header.CONTACT)]
    assert [(str(c.uri), c.parameters.get("+sip.instance")) for c in contacts] == [
        (C, OTHER),
        (B, PHONE),
    ]
    assert all("reg-id" not in one.parameters for one in contacts)
    assert not response.values(Header.REQUIRE)


def test_storage_is_told_of_the_ghost_and_it_stays_away_after_a_restart(
    registrar: Registrar,
) -> None:
    ask = request("REGISTER", call_id="one", headers=[(Header.CONTACT, contact(A))])
    [saved] = registrar.register(ask, "101", flow(), 0.0)[1]
    assert isinstance(saved, BindingSaved)
    after = Registrar(RegistrarSettings(), "t")
    after.restore([saved.binding], 0.0)
    ask = request("REGISTER", call_id="two", headers=[(Header.CONTACT, contact(B))])
    gone, new = after.register(ask, "101", flow(), 0.0)[1]
    assert gone == BindingRemoved("101", A, f" {PHONE}")
    assert isinstance(new, BindingSaved)
    assert bound(after) == [(B, f" {PHONE}")]


def test_a_phone_that_replaces_itself_is_none_too_many() -> None:
    registrar = Registrar(RegistrarSettings(maximum_contacts=1, replaces_oldest=False), "t")
    register = registering(registrar)
    assert register(contact(A)).status == 200
    assert register(contact(B)).status == 200
    assert register(contact(C, OTHER)).status == 403
    assert reached(registrar) == [B]


def test_a_refresh_is_one(registrar: Registrar) -> None:
    for cseq, is_refresh in ((1, False), (2, True)):
        ask = request("REGISTER", cseq=cseq, headers=[(Header.CONTACT, contact(A))])
        [saved] = registrar.register(ask, "101", flow(), 0.0)[1]
        assert isinstance(saved, BindingSaved)
        assert saved.is_refresh is is_refresh


def test_a_register_that_was_overtaken_brings_no_ghost_back(
    registrar: Registrar, register: Register
) -> None:
    register(contact(B), call_id="one", cseq=2)
    assert register(contact(A), call_id="one", cseq=1).status == 500
    assert reached(registrar) == [B]


def test_an_old_address_that_is_taken_back_late_takes_nothing_else(
    registrar: Registrar, register: Register
) -> None:
    register(contact(B))
    assert register(contact(A, more=";expires=0")).status == 200
    assert reached(registrar) == [B]
    register(contact(B, more=";expires=0"))
    assert reached(registrar) == []


def test_several_contacts_of_one_request_are_one_phone(
    registrar: Registrar, register: Register
) -> None:
    for _ in range(2):
        register(contact(A), contact(B))
        assert [uri for uri, _ in bound(registrar)] == [A, B]
        [[target]] = registrar.groups("101", 0.0)
        assert [target.uri, *(other.uri for other in target.alternatives)] == [B, A]
    register(contact(B))
    assert [uri for uri, _ in bound(registrar)] == [B]


def test_the_same_contact_is_the_same_phone_whoever_it_says_it_is(
    registrar: Registrar, register: Register
) -> None:
    """Some make up an instance whenever they start."""
    for one in (f"<{A}>", contact(A), contact(A, OTHER), f"<{A};line=2>", f"<{A}>"):
        register(one)
        assert len(bound(registrar)) == 1


@pytest.mark.parametrize("uri", [A, B])
def test_a_phone_may_begin_to_have_several_flows_and_cease(
    registrar: Registrar, register: Register, uri: str
) -> None:
    register(contact(A))
    register(contact(uri, more=";reg-id=1"), outbound=True)
    assert bound(registrar) == [(uri, f"1 {PHONE}")]
    register(contact(A))
    assert bound(registrar) == [(A, f" {PHONE}")]


def test_what_a_phone_has_registered_by_another_way_stays_until_it_starts_again(
    registrar: Registrar,
) -> None:
    def register(uri: str, transport: str, cseq: int, boot: str = "boot") -> None:
        headers = [(Header.CONTACT, contact(uri))]
        asked = request("REGISTER", cseq=cseq, call_id=boot, headers=headers)
        way = flow(connection=0 if transport == "udp" else 7)
        assert registrar.register(asked, "101", way, 0.0)[0].status == 200

    register(A, "udp", 1)
    register(B, "tcp", 2)
    assert [uri for uri, _ in bound(registrar)] == [A, B]
    register(C, "tcp", 3)
    assert [uri for uri, _ in bound(registrar)] == [A, C]
    register(B, "udp", 1, "another boot")
    assert [uri for uri, _ in bound(registrar)] == [B]


def test_a_plain_registration_takes_no_flow_away_but_after_a_start(
    registrar: Registrar, register: Register
) -> None:
    register(contact(A, more=";reg-id=1"), outbound=True, call_id="boot", cseq=1)
    register(contact(B), call_id="boot", cseq=2)
    assert bound(registrar) == [(A, f"1 {PHONE}"), (B, f" {PHONE}")]
    register(contact(C))
    assert bound(registrar) == [(C, f" {PHONE}")]


def test_a_flow_of_another_phone_may_have_its_contact(
    registrar: Registrar, register: Register
) -> None:
    register(contact(A, OTHER, ";reg-id=1"), outbound=True)
    register(contact(A))
    assert bound(registrar) == [(A, f"1 {OTHER}"), (A, f" {PHONE}")]
    register(contact(A, OTHER, ";reg-id=1"), outbound=True)
    assert len(bound(registrar)) == 2


@pytest.mark.parametrize("instance", ["x" * 201, 'a\\"b', ""])
def test_an_instance_that_cannot_be_written_back_is_none(
    registrar: Registrar, register: Register, instance: str
) -> None:
    assert register(contact(A, instance)).status == 200
    assert bound(registrar) == [(A, "")]


def test_reg_id_means_nothing_to_whoever_knows_of_no_flows() -> None:
    one = Contact.parse(contact(A, more=";reg-id=1"))
    assert name_of(one, DIRECT) == f" {PHONE}"
    assert name_of(one, Way(has_flows=True)) == f"1 {PHONE}"


@pytest.mark.parametrize(
    ("name", "has_flow", "instance", "written"),
    [
        ("", False, "", ""),
        ("1 <urn:x>", True, "<urn:x>", ';reg-id=1;+sip.instance="<urn:x>"'),
        (" <urn:x>", False, "<urn:x>", ';+sip.instance="<urn:x>"'),
    ],
)
def test_what_a_name_says(name: str, has_flow: bool, instance: str, written: str) -> None:
    assert is_flow(name) is has_flow
    assert instance_of(name) == instance
    assert as_parameters(name) == written
