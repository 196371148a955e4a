"""Registrations as telephones live them: refreshed, doubled, ended, and there after a restart."""

import pytest
from msgspec import structs

from softswitch.phone.events import Registered
from softswitch.sip.binding import BindingRemoved, BindingSaved
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header
from tests.flows.conftest import MakeOffice
from tests.support.handset import Handset, answers_after
from tests.support.office import Office
from tests.support.stranger import Stranger

TWO = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
"""


def is_registered(world: Office, extension: str) -> bool:
    return world.switch.endpoint.registrar.is_registered(extension, world.now)


def register(world: Office, odd: Stranger, *headers: tuple[Header, str]) -> int:
    """Register 102 with these in the place of its Contact; return the status."""
    request = odd.request("REGISTER", "102", "102")
    request.remove(Header.CONTACT)
    for header, value in headers:
        request.append(header, value)
    return odd.ask(odd.prove(request, odd.ask(request), "p", user="102")).status


def test_a_registration_that_is_not_refreshed_runs_out(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.handset("101"), world.handset("102")
    one.register()
    two.register(120)
    world.until(lambda: one.registered and two.registered)
    two.unplug()
    world.advance(119.0)
    assert is_registered(world, "102")
    world.advance(2.0)
    assert not is_registered(world, "102")
    assert isinstance(world.bindings[-1], BindingRemoved)
    one.call("102")
    world.advance(0.5)
    assert one.refused_with == 480


def test_a_telephone_refreshes_its_registration_for_ever(office: MakeOffice) -> None:
    world = office(TWO)
    two = world.handset("102")
    two.register(120)
    world.advance(3600.0)
    assert is_registered(world, "102")
    assert len(two.events_of(Registered)) > 30
    assert len(world.switch.endpoint.registrar.bindings(world.now)) == 1


def test_too_brief_an_interval_is_refused_and_asked_for_again(office: MakeOffice) -> None:
    world = office(TWO)
    two = world.handset("102")
    two.register(10)
    world.advance(1.0)
    assert two.registered
    [registered] = two.events_of(Registered)
    assert isinstance(registered, Registered)
    assert registered.expires == 60

    odd = Stranger(world)
    contact = (Header.CONTACT, "<sip:102@10.0.9.9>")
    assert register(world, odd, contact, (Header.EXPIRES, "59")) == 423
    assert odd.responses[-1].first(Header.MIN_EXPIRES) == "60"


def test_a_telephone_that_was_started_again_elsewhere_leaves_no_ghost(office: MakeOffice) -> None:
    world = office(TWO + "security: {extension_phones: 1, more_phones: refuse}\n")
    one = world.register("101")[0]
    before, after = (Stranger(world, (host, 5060)) for host in ("10.0.9.9", "10.0.9.10"))
    for odd in (before, after):
        contact = f'<sip:102@{odd.address[0]}>;+sip.instance="<urn:uuid:f81d4fae>"'
        assert register(world, odd, (Header.CONTACT, contact)) == 200
    [contact] = after.responses[-1].values(Header.CONTACT)
    assert contact.startswith("<sip:102@10.0.9.10>")
    assert contact.endswith(';+sip.instance="<urn:uuid:f81d4fae>"')
    one.call("102")
    world.advance(1.0)
    assert "INVITE" not in {request.method for request in before.requests}
    assert "INVITE" in {request.method for request in after.requests}


def test_a_telephone_that_leaves_is_not_rung(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    two.unregister()
    world.advance(0.5)
    assert not is_registered(world, "102")
    one.call("102")
    world.advance(0.5)
    assert two.invites == []
    assert one.refused_with == 480


def test_the_star_removes_every_telephone(office: MakeOffice) -> None:
    world = office(TWO)
    world.register("102")
    mobile = world.handset("102")
    mobile.register()
    world.until(lambda: mobile.registered)
    odd = Stranger(world)
    assert register(world, odd, (Header.CONTACT, "*")) == 400
    assert is_registered(world, "102")
    assert register(world, odd, (Header.CONTACT, "*"), (Header.EXPIRES, "0")) == 200
    assert not is_registered(world, "102")
    assert [type(one) for one in world.bindings[-2:]] == [BindingRemoved, BindingRemoved]


PREFERENCES = [
    (Header.CONTACT, "<sip:low@10.0.9.9>;q=0.2"),
    (Header.CONTACT, "<sip:high@10.0.9.9>;q=0.9"),
    (Header.CONTACT, "<sip:middle@10.0.9.9>;q=0.5"),
    (Header.CONTACT, "<sip:too@10.0.9.9>;q=0.5"),
]


def rung(odd: Stranger) -> list[str]:
    return [invite.uri.removesuffix("@10.0.9.9")[4:] for invite in odd.received("INVITE")]


def prefer(world: Office) -> tuple[Handset, Stranger]:
    """Let 101 call 102, who has telephones of three preferences."""
    (one,) = world.register("101")
    odd = Stranger(world)
    assert register(world, odd, *PREFERENCES) == 200
    assert len(odd.responses[-1].contacts()) == 4
    one.call("102")
    world.advance(0.2)
    return one, odd


def test_who_is_less_wanted_rings_when_the_others_have_refused(office: MakeOffice) -> None:
    world = office(TWO)
    one, odd = prefer(world)
    assert rung(odd) == ["high"]
    odd.answer(odd.received("INVITE")[0], 486, "high")
    world.advance(0.2)
    assert rung(odd) == ["high", "too", "middle"]
    odd.answer(odd.received("INVITE")[1], 480, "too")
    world.advance(0.2)
    assert rung(odd) == ["high", "too", "middle"], "one of them still rings"
    odd.answer(odd.received("INVITE")[2], 480, "middle")
    world.advance(0.2)
    assert rung(odd) == ["high", "too", "middle", "low"]
    odd.answer(odd.received("INVITE")[3], 486, "low")
    world.advance(0.2)
    assert one.refused_with == 480


def test_who_is_less_wanted_rings_when_the_others_have_had_their_time(office: MakeOffice) -> None:
    world = office(TWO)
    one, odd = prefer(world)
    odd.answer(odd.received("INVITE")[0], 180, "high")
    world.advance(20.0 / 3 - 0.3)
    assert rung(odd) == ["high"]
    world.advance(0.3)
    assert rung(odd) == ["high", "too", "middle"]
    assert [cancel.uri for cancel in odd.received("CANCEL")] == ["sip:high@10.0.9.9"]
    world.advance(20.0 / 3)
    assert rung(odd)[3] == "low"
    world.advance(20.0 / 3)
    assert one.refused_with == 480, "the time of the extension is over, whoever has rung in it"


def test_who_wants_no_call_anywhere_is_called_nowhere_else(office: MakeOffice) -> None:
    world = office(TWO)
    one, odd = prefer(world)
    odd.answer(odd.received("INVITE")[0], 603, "high")
    world.advance(0.2)
    assert rung(odd) == ["high"]
    assert one.refused_with is not None


def test_a_register_that_was_overtaken_changes_nothing(office: MakeOffice) -> None:
    world = office(TWO)
    odd = Stranger(world)
    contact = (Header.CONTACT, "<sip:102@10.0.9.9>")
    request = odd.request("REGISTER", "102", "102")
    request.set(*contact)
    challenge = odd.ask(request)
    for count, status in ((3, 200), (2, 500), (4, 200)):
        proven = odd.prove(request, challenge, "p", user="102", count=count)
        assert odd.ask(proven).status == status


def test_a_telephone_that_comes_while_others_ring_does_not_join_them(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    one.call("102")
    world.until(lambda: two.ringing)
    late = world.handset("102")
    late.register()
    world.until(lambda: late.registered)
    world.advance(5.0)
    assert two.ringing
    assert late.invites == []


def test_the_file_says_how_many_telephones_a_person_has(office: MakeOffice) -> None:
    text = TWO.replace("name: Two,", "name: Two, phones: 2,")
    world = office(text + "security: {more_phones: refuse}")
    telephones = [world.handset("102") for _ in range(3)]
    for telephone in telephones:
        telephone.register()
    world.advance(3.0)
    assert sorted(telephone.registered for telephone in telephones) == [False, True, True]
    assert len(world.switch.endpoint.registrar.bindings(world.now)) == 2


def test_who_fetches_sees_all_his_telephones_and_adds_none(office: MakeOffice) -> None:
    world = office(TWO)
    world.register("102")
    odd = Stranger(world)
    assert register(world, odd) == 200
    [contact] = odd.responses[-1].contacts()
    assert contact.expires is not None
    assert len(world.switch.endpoint.registrar.bindings(world.now)) == 1


def test_after_a_restart_telephones_ring_without_registering_anew(office: MakeOffice) -> None:
    before = office(TWO)
    before.register("101", "102")
    kept = [one.binding for one in before.bindings if isinstance(one, BindingSaved)]

    after = office(TWO)
    one, two = after.handset("101"), after.handset("102")
    two.user = answers_after(1.0)
    assert after.switch.restore(kept, after.now) == []
    one.call("102")
    after.until(lambda: one.connected and two.connected, within=2.0)


def test_after_a_restart_a_connection_that_has_gone_is_no_registration(office: MakeOffice) -> None:
    before = office(TWO)
    before.register("101", "102")
    saved = [one.binding for one in before.bindings if isinstance(one, BindingSaved)]
    local, remote = saved[1].flow.local, saved[1].flow.remote
    by_tcp = structs.replace(saved[1], flow=Flow("tcp", local, remote, 7))

    after = office(TWO)
    one = after.handset("101")
    removed = BindingRemoved("102", by_tcp.contact)
    assert after.switch.restore([saved[0], by_tcp], after.now) == [removed]
    assert not is_registered(after, "102")
    one.call("102")
    after.advance(0.5)
    assert one.refused_with == 480, "at once, and not when sending has failed"


def test_a_restart_does_not_bring_back_what_has_run_out(office: MakeOffice) -> None:
    before = office(TWO)
    before.register("102")
    kept = [one.binding for one in before.bindings if isinstance(one, BindingSaved)]
    after = office(TWO)
    after.advance(3700.0)
    [removed] = after.switch.restore(kept, after.now)
    assert isinstance(removed, BindingRemoved)
    assert not is_registered(after, "102")


@pytest.mark.parametrize("expires", ["x", "-1", "", "99999999999999999999"])
def test_odd_intervals_break_nothing(office: MakeOffice, expires: str) -> None:
    world = office(TWO)
    odd = Stranger(world)
    contact = (Header.CONTACT, "<sip:102@10.0.9.9>")
    assert register(world, odd, contact, (Header.EXPIRES, expires)) in (200, 400)
