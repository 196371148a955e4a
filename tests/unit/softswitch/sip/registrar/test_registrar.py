import pytest

from softswitch.sip.binding import Binding, BindingRemoved, BindingSaved
from softswitch.sip.flow import Flow
from softswitch.sip.message import Contact, Header, Response
from softswitch.sip.registrar import Registrar
from softswitch.sip.settings import RegistrarSettings
from softswitch.sip.vocabulary import Target
from tests.unit.softswitch.sip.speaking import flow, request

A, B, C = (f"sip:101@10.0.0.{n}:5060" for n in (7, 8, 9))


@pytest.fixture
def registrar() -> Registrar:
    return Registrar(RegistrarSettings(maximum_contacts=3), "t")


def register(
    registrar: Registrar,
    *contacts: str,
    expires: int | None = None,
    cseq: int = 1,
    call_id: str = "boot-1",
    path: Flow | None = None,
    now: float = 0.0,
) -> Response:
    headers = [(Header.CONTACT, contact) for contact in contacts]
    if expires is not None:
        headers.append((Header.EXPIRES, str(expires)))
    asked = request("REGISTER", cseq=cseq, call_id=call_id, headers=headers)
    return registrar.register(asked, "101", path or flow(), now)[0]


def listed(response: Response) -> dict[str, int | None]:
    contacts = [Contact.parse(value) for value in response.values(Header.CONTACT)]
    return {str(contact.uri): contact.expires for contact in contacts}


def reached(registrar: Registrar, now: float = 0.0) -> list[str]:
    return [target.uri for group in registrar.groups("101", now) for target in group]


def test_a_contact_is_reached_by_the_flow_that_it_registered_by(registrar: Registrar) -> None:
    response = register(registrar, f"<{A}>", path=flow(port=40001))
    assert response.status == 200
    assert registrar.groups("101", 0.0) == [[Target(A, flow(port=40001))]]


def test_the_answer_lists_every_binding_with_what_is_left_of_it(registrar: Registrar) -> None:
    register(registrar, f"<{A}>;expires=600")
    response = register(registrar, f"<{B}>;q=0.5", call_id="other", now=100.0)
    assert listed(response) == {A: 500, B: 3600}
    assert [Contact.parse(v).q for v in response.values(Header.CONTACT)] == [1.0, 0.5]


def test_without_a_contact_bindings_are_only_fetched(registrar: Registrar) -> None:
    assert listed(register(registrar)) == {}
    register(registrar, f"<{A}>")
    assert listed(register(registrar, call_id="fetch")) == {A: 3600}


def test_the_contacts_own_expiry_wins_over_the_header(registrar: Registrar) -> None:
    response = register(registrar, f"<{A}>;expires=120", f"<{B}>", expires=300)
    assert listed(response) == {A: 120, B: 300}


def test_too_long_is_cut(registrar: Registrar) -> None:
    assert listed(register(registrar, f"<{A}>", expires=10**9)) == {A: 86400}


def test_too_brief_is_refused_with_the_least(registrar: Registrar) -> None:
    response = register(registrar, f"<{A}>", f"<{B}>;expires=59")
    assert (response.status, response.first(Header.MIN_EXPIRES)) == (423, "60")
    assert reached(registrar) == []


def test_zero_takes_a_binding_back(registrar: Registrar) -> None:
    register(registrar, f"<{A}>", f"<{B}>")
    assert listed(register(registrar, f"<{A}>;expires=0", cseq=2)) == {B: 3600}


def test_taking_back_what_is_not_there_is_no_mistake(registrar: Registrar) -> None:
    assert register(registrar, f"<{A}>", expires=0).status == 200


def test_the_star_takes_all_back(registrar: Registrar) -> None:
    register(registrar, f"<{A}>", f"<{B}>")
    assert register(registrar, "*", expires=0, cseq=2).status == 200
    assert reached(registrar) == []


@pytest.mark.parametrize(
    ("contacts", "expires"), [(["*"], None), (["*"], 60), (["*", f"<{A}>"], 0)]
)
def test_the_star_stands_alone_and_with_zero(
    registrar: Registrar, contacts: list[str], expires: int | None
) -> None:
    register(registrar, f"<{A}>")
    assert register(registrar, *contacts, expires=expires, cseq=2).status == 400
    assert reached(registrar) == [A]


@pytest.mark.parametrize("cseq", [4, 5])
def test_a_register_that_was_overtaken_changes_nothing(registrar: Registrar, cseq: int) -> None:
    register(registrar, f"<{A}>", cseq=5)
    assert register(registrar, f"<{B}>", f"<{A}>", expires=0, cseq=cseq).status == 500
    assert register(registrar, "*", expires=0, cseq=cseq).status == 500
    assert reached(registrar) == [A]


def test_after_a_restart_of_the_phone_counting_begins_anew(registrar: Registrar) -> None:
    register(registrar, f"<{A}>", cseq=500)
    assert register(registrar, f"<{A}>", cseq=1, call_id="boot-2").status == 200


def test_highest_q_is_tried_first_then_the_newest(registrar: Registrar) -> None:
    register(registrar, f"<{A}>;q=0.3", f"<{B}>;q=0.9")
    register(registrar, f"<{C}>;q=0.9", call_id="other")
    assert reached(registrar) == [C, B, A]


def test_the_same_contact_written_otherwise_is_the_same_binding(registrar: Registrar) -> None:
    register(registrar, f"<{A}>")
    same = f"<{A};ob>"
    asked = request("REGISTER", cseq=2, call_id="boot-1", headers=[(Header.CONTACT, same)])
    _, changes = registrar.register(asked, "101", flow(), 0.0)
    assert reached(registrar) == [f"{A};ob"]
    assert [type(change) for change in changes] == [BindingRemoved, BindingSaved]


def test_a_phone_that_moves_behind_its_nat_is_reached_at_the_new_port(
    registrar: Registrar,
) -> None:
    register(registrar, f"<{A}>", path=flow(port=40001))
    register(registrar, f"<{A}>", path=flow(port=40002), cseq=2)
    assert registrar.groups("101", 0.0) == [[Target(A, flow(port=40002))]]


def test_one_contact_too_many_takes_the_place_of_the_stalest(registrar: Registrar) -> None:
    register(registrar, f"<{A}>", call_id="a")
    register(registrar, f"<{B}>", call_id="b")
    register(registrar, f"<{C}>", call_id="c")
    register(registrar, f"<{A}>", call_id="a", cseq=2)
    register(registrar, "<sip:101@10.0.0.99>", call_id="d")
    assert set(reached(registrar)) == {A, C, "sip:101@10.0.0.99"}


def test_too_many_contacts_at_once_are_refused(registrar: Registrar) -> None:
    four = [f"<sip:101@10.0.0.{n}>" for n in range(4)]
    assert register(registrar, *four).status == 403
    assert reached(registrar) == []


LONG = f"<sip:101@10.0.0.1;x={'y' * 500}>"


@pytest.mark.parametrize("contact", ["<tel:+48123>", "<sip:>", "garbage here", f"<{A}>;q=7", LONG])
def test_a_contact_that_cannot_be_called_is_refused(registrar: Registrar, contact: str) -> None:
    assert register(registrar, f"<{B}>", contact).status == 400
    assert reached(registrar) == []


def test_a_binding_ends_at_its_deadline(registrar: Registrar) -> None:
    register(registrar, f"<{A}>;expires=60", f"<{B}>;expires=120")
    assert registrar.deadline == 60.0
    assert registrar.is_registered("101", 59.9)
    assert registrar.expire(60.0) == [BindingRemoved("101", A)]
    assert registrar.deadline == 120.0
    assert registrar.expire(120.0) == [BindingRemoved("101", B)]
    assert registrar.deadline is None
    assert not registrar.is_registered("101", 120.0)


def test_a_refreshed_binding_outlives_its_first_deadline(registrar: Registrar) -> None:
    register(registrar, f"<{A}>", expires=60)
    register(registrar, f"<{A}>", expires=60, cseq=2, now=50.0)
    assert registrar.expire(60.0) == []
    assert registrar.deadline == 110.0
    assert registrar.is_registered("101", 109.0)


def test_a_refresh_is_told_from_a_registration(registrar: Registrar) -> None:
    refreshes = []
    for cseq in (1, 2):
        asked = request("REGISTER", cseq=cseq, headers=[(Header.CONTACT, f"<{A}>")])
        _, [saved] = registrar.register(asked, "101", flow(), 10.0)
        assert isinstance(saved, BindingSaved)
        refreshes.append(saved.is_refresh)
    assert refreshes == [False, True]


def test_what_has_run_out_is_not_called_even_before_it_is_removed(registrar: Registrar) -> None:
    register(registrar, f"<{A}>", expires=60)
    assert reached(registrar, now=60.0) == []
    assert not registrar.is_registered("101", 60.0)
    assert registrar.bindings(60.0) == []


def test_with_a_connection_its_bindings_end_and_no_others(registrar: Registrar) -> None:
    register(registrar, f"<{A}>", path=flow(connection=1))
    register(registrar, f"<{B}>", call_id="other")
    assert registrar.flow_lost(flow(connection=1)) == [BindingRemoved("101", A)]
    assert registrar.flow_lost(flow(connection=1)) == []
    assert registrar.flow_lost(flow()) == []
    assert reached(registrar) == [B]


def test_a_binding_that_moved_to_a_new_connection_survives_the_old_one(
    registrar: Registrar,
) -> None:
    register(registrar, f"<{A}>", path=flow(connection=1))
    register(registrar, f"<{A}>", path=flow(connection=2), cseq=2)
    assert registrar.flow_lost(flow(connection=1)) == []
    assert reached(registrar) == [A]


def test_storage_is_told_of_every_change(registrar: Registrar) -> None:
    asked = request("REGISTER", headers=[(Header.CONTACT, f"<{A}>"), (Header.USER_AGENT, "T46")])
    _, changes = registrar.register(asked, "101", flow(), 10.0)
    assert changes == [
        BindingSaved(Binding("101", A, flow(), 3610.0, 1.0, "call-1", 1, "T46")),
    ]


def test_after_a_restart_bindings_are_there_again_but_connections_are_not(
    registrar: Registrar,
) -> None:
    live = Binding("101", A, flow(), 50.0, 1.0, "boot-1", 5)
    over = Binding("101", B, flow(), 9.0, 1.0, "boot-1", 5)
    closed = Binding("102", C, flow(connection=3), 50.0, 1.0, "boot-1", 5)
    changes = registrar.restore([live, over, closed], now=10.0)
    assert changes == [BindingRemoved("101", B), BindingRemoved("102", C)]
    assert registrar.bindings(10.0) == [live]
    assert registrar.deadline == 50.0
    assert register(registrar, f"<{A}>", cseq=5, now=10.0).status == 500


def test_one_phone_too_many_can_be_refused() -> None:
    settings = RegistrarSettings(replaces_oldest=False, contacts_of={"101": 2})
    registrar = Registrar(settings, "t")
    register(registrar, f"<{A}>", call_id="a")
    register(registrar, f"<{B}>", call_id="b")
    refused = register(registrar, f"<{C}>", call_id="c")
    assert refused.status == 403
    assert "101 may have 2 phones" in (refused.first(Header.WARNING) or "")
    assert set(reached(registrar)) == {A, B}
    assert register(registrar, f"<{A}>", call_id="a", cseq=2).status == 200
    register(registrar, f"<{A}>", call_id="a", cseq=3, expires=0)
    assert register(registrar, f"<{C}>", call_id="c", cseq=2).status == 200


def test_an_extension_may_have_a_number_of_phones_of_its_own() -> None:
    registrar = Registrar(RegistrarSettings(maximum_contacts=1, contacts_of={"101": 2}), "t")
    for name, contact in (("a", A), ("b", B), ("c", C)):
        register(registrar, f"<{contact}>", call_id=name)
    assert reached(registrar) == [C, B]


def test_phones_that_do_not_answer_are_not_called(registrar: Registrar) -> None:
    register(registrar, f"<{A}>", f"<{B}>")
    registrar.silent.add(("101", A, ""))
    assert reached(registrar) == [B]
    assert registrar.is_registered("101", 0.0)
    registrar.silent.add(("101", B, ""))
    assert reached(registrar) == []
    assert not registrar.is_registered("101", 0.0)
    assert len(registrar.bindings(0.0)) == 2


def test_a_binding_is_found_by_its_key(registrar: Registrar) -> None:
    register(registrar, f"<{A}>")
    [binding] = registrar.bindings(0.0)
    assert registrar.find(binding.key) == binding
    assert registrar.find(("101", B, "")) is None
    assert registrar.find(("102", A, "")) is None
