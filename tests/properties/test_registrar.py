"""The registrar against a model of it that is as simple as the RFC's own words."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.sip.binding import Binding, BindingRemoved, BindingSaved
from softswitch.sip.message import Header
from softswitch.sip.registrar import Registrar
from softswitch.sip.settings import RegistrarSettings
from tests.unit.softswitch.sip.speaking import flow, request

CONTACTS = [f"sip:101@10.0.0.{n}" for n in range(5)]
SETTINGS = RegistrarSettings(maximum_contacts=3)


@dataclass(frozen=True)
class Registration:
    """One REGISTER, `after` seconds after what was before."""

    contacts: tuple[tuple[str, int], ...]
    """With the expiry of each."""

    call_id: str
    cseq: int
    connection: int
    after: float


@dataclass(frozen=True)
class Loss:
    connection: int
    after: float


registrations = st.builds(
    Registration,
    st.lists(
        st.tuples(st.sampled_from(CONTACTS), st.sampled_from([0, 30, 60, 100, 3600, 10**6])),
        max_size=4,
        unique_by=lambda contact: contact[0],
    ).map(tuple),
    st.sampled_from(["boot-1", "boot-2"]),
    st.integers(1, 5),
    st.integers(0, 2),
    st.floats(0.0, 120.0),
)
happenings = st.lists(
    st.one_of(registrations, st.builds(Loss, st.integers(1, 2), st.floats(0.0, 60.0)))
)


class Model:
    """Bindings as rows: contact -> (call_id, cseq, expires_at, connection), oldest first."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, int, float, int]] = {}

    def expire(self, now: float) -> None:
        self.rows = {contact: row for contact, row in self.rows.items() if row[2] > now}

    def lose(self, connection: int) -> None:
        self.rows = {contact: row for contact, row in self.rows.items() if row[3] != connection}

    def register(self, one: Registration, now: float) -> int:
        if len(one.contacts) > SETTINGS.maximum_contacts:
            return 403
        after = dict(self.rows)
        for contact, expires in one.contacts:
            if 0 < expires < SETTINGS.minimum_expires:
                return 423
            row = self.rows.get(contact)
            if row is not None and row[0] == one.call_id and one.cseq <= row[1]:
                return 500
            after.pop(contact, None)
            if expires:
                until = now + min(expires, SETTINGS.maximum_expires)
                after[contact] = (one.call_id, one.cseq, until, one.connection)
        surplus = len(after) - SETTINGS.maximum_contacts
        for contact in list(after)[: max(0, surplus)]:
            del after[contact]
        self.rows = after
        return 200


@given(happenings)
@settings(max_examples=150, deadline=None)
def test_the_registrar_is_what_the_model_says(story: list[Registration | Loss]) -> None:
    registrar, model, now = Registrar(SETTINGS, "t"), Model(), 0.0
    stored: dict[str, Binding] = {}

    def store(changes: list[BindingSaved | BindingRemoved]) -> None:
        for change in changes:
            if isinstance(change, BindingSaved):
                stored[change.binding.contact] = change.binding
            else:
                del stored[change.contact]

    for one in story:
        until = now + one.after
        while (due := registrar.deadline) is not None and due <= until:
            store(registrar.expire(due))
        now = until
        model.expire(now)
        if isinstance(one, Loss):
            model.lose(one.connection)
            store(registrar.flow_lost(flow(connection=one.connection)))
        else:
            headers = [(Header.CONTACT, f"<{uri}>;expires={age}") for uri, age in one.contacts]
            asked = request("REGISTER", cseq=one.cseq, call_id=one.call_id, headers=headers)
            path = flow(connection=one.connection)
            response, changes = registrar.register(asked, "101", path, now)
            assert response.status == model.register(one, now)
            assert response.status == 200 or not changes
            store(changes)

        live = registrar.bindings(now)
        assert {b.contact: (b.call_id, b.cseq, b.expires_at) for b in live} == {
            contact: row[:3] for contact, row in model.rows.items()
        }
        assert {b.contact: b for b in live} == stored, "storage that follows has the same"
        assert sum(map(len, registrar.groups("101", now))) == len(model.rows)
        assert registrar.is_registered("101", now) == bool(model.rows)
        assert (registrar.deadline is None) == (not model.rows)

    restarted = Registrar(SETTINGS, "t")
    restarted.restore(stored.values(), now)
    kept = {b.contact for b in stored.values() if not b.flow.reliable}
    assert {b.contact for b in restarted.bindings(now)} == kept


@dataclass(frozen=True)
class FlowRegistration:
    """One REGISTER of a flow; of a contact alone where its number is 0, and of a phone with one way
    that has been started again where it is -1."""

    number: int
    instance: str
    contact: str
    q: str
    expires: int
    after: float


flow_registrations = st.builds(
    FlowRegistration,
    st.integers(-1, 6),
    st.sampled_from(["<urn:a>", "<urn:b>", "<urn:c>", "<urn:d>"]),
    st.sampled_from(CONTACTS[:3]),
    st.sampled_from(["1", "0.5"]),
    st.sampled_from([0, 60, 300]),
    st.floats(0.0, 90.0),
)


@given(st.lists(flow_registrations, max_size=30), st.booleans())
@settings(max_examples=150, deadline=None)
def test_flows_are_told_apart_bounded_and_followed_by_storage(
    story: list[FlowRegistration], replaces_oldest: bool
) -> None:
    bounds = RegistrarSettings(maximum_contacts=3, replaces_oldest=replaces_oldest)
    registrar, now = Registrar(bounds, "t"), 0.0
    stored: dict[tuple[str, str, str], Binding] = {}

    def store(changes: list[BindingSaved | BindingRemoved]) -> None:
        for change in changes:
            if isinstance(change, BindingSaved):
                stored[change.binding.key] = change.binding
            else:
                del stored[change.key]

    for cseq, one in enumerate(story, 1):
        now += one.after
        store(registrar.expire(now))
        more = f';+sip.instance="{one.instance}"' if one.number else ""
        if one.number > 0:
            more += f";reg-id={one.number}"
        headers = [
            (Header.CONTACT, f"<{one.contact}>;q={one.q}{more}"),
            (Header.SUPPORTED, "outbound"),
            (Header.EXPIRES, str(one.expires)),
        ]
        boot = "boot" if one.number >= 0 else f"boot {cseq}"
        asked = request("REGISTER", cseq=cseq, call_id=boot, headers=headers)
        response, changes = registrar.register(asked, "101", flow(), now)
        assert response.status in ((200,) if replaces_oldest else (200, 403))
        assert response.status == 200 or not changes
        store(changes)

        live = registrar.bindings(now)
        assert {binding.key: binding for binding in live} == stored
        if one.number < 0 and one.expires and response.status == 200:
            assert sum(binding.outbound.endswith(one.instance) for binding in live) == 1
        assert len({(b.outbound, "" if b.outbound else b.contact) for b in live}) == len(live)
        phones = [phone for group in registrar.groups("101", now) for phone in group]
        assert len(phones) <= 3
        assert all(len(phone.alternatives) < 4 for phone in phones)
        reached = [one.uri for phone in phones for one in (phone, *phone.alternatives)]
        assert sorted(reached) == sorted(binding.contact for binding in live)
        assert all(registrar.find(binding.key) == binding for binding in live)
