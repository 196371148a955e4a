"""Who is turned away is told, each time, and nobody else."""

import pytest

from softswitch.sip.denied import Denied
from softswitch.sip.message import Header
from softswitch.sip.settings import BanSettings, EndpointSettings, RegistrarSettings
from tests.unit.softswitch.sip.desk import Desk, Done
from tests.unit.softswitch.sip.speaking import (
    ABROAD,
    REALM,
    authorized,
    contact_of,
    flow,
    request,
)

HERE = flow()


def make() -> Desk:
    registrar = RegistrarSettings(maximum_contacts=1, replaces_oldest=False)
    return Desk(
        EndpointSettings(realm=REALM, bans=BanSettings(failures=3), registrar=registrar),
    )


def guess(desk: Desk, user: str, method: str = "REGISTER", number: int = 0) -> Done:
    headers = [contact_of("101")]
    asked = request(method, "101", to=user, call_id=f"g{number}", headers=headers)
    if method == "REGISTER":
        asked = request(method, user, call_id=f"g{number}", headers=headers)
    return desk.send(authorized(asked, desk.send(asked).response, asked.from_().uri.user, "no"))


@pytest.mark.parametrize("user", ["101", "999"])
def test_a_wrong_password_is_told_and_not_whether_there_is_such_a_user(user: str) -> None:
    done = guess(make(), user)
    assert done.denied == [Denied("REGISTER", user, HERE, 401, "Wrong Password")]


def test_a_wrong_password_of_a_call_is_told_too() -> None:
    done = guess(make(), "102", "INVITE")
    assert done.denied == [Denied("INVITE", "101", HERE, 401, "Wrong Password")]


def test_what_strangers_write_is_kept_short() -> None:
    [denied] = guess(make(), "9" * 500).denied
    assert denied.user == "9" * 40


def test_a_challenge_a_stale_nonce_and_a_registration_are_no_denials() -> None:
    desk = make()
    asked = request("REGISTER", headers=[contact_of()])
    first = desk.send(asked)
    proof = authorized(asked, first.response)
    assert first.denied == []
    done = desk.send(proof)
    assert (done.statuses, done.denied) == ([200], [])
    desk.now += 100_000.0
    later = request("REGISTER", call_id="later", headers=[contact_of()])
    stale = desk.send(authorized(later, first.response, nc=2))
    assert (stale.statuses, stale.denied) == ([401], [])


@pytest.mark.parametrize(
    ("contacts", "status", "reason"),
    [
        ([contact_of(), contact_of(port=5070)], 403, "Too Many Contacts"),
        ([(contact_of()[0], f"{contact_of()[1]};expires=5")], 423, "Interval Too Brief"),
    ],
)
def test_a_registration_that_is_refused_is_told(
    contacts: list[tuple[str, str]], status: int, reason: str
) -> None:
    done = make().register(headers=contacts)
    assert done.statuses == [status]
    assert done.denied == [Denied("REGISTER", "101", HERE, status, reason)]


def test_one_phone_too_many_is_told() -> None:
    desk = make()
    desk.register()
    second = request("REGISTER", call_id="second", headers=[contact_of(port=5070)])
    done = desk.ask(second)
    assert [(one.status, one.reason) for one in done.denied] == [(403, "Too Many Contacts")]


def test_who_comes_in_the_name_of_another_or_from_elsewhere_is_told() -> None:
    desk = make()
    asked = request("REGISTER", "102", headers=[contact_of("102")])
    done = desk.send(authorized(asked, desk.send(asked).response, "101"))
    assert [(one.user, one.reason) for one in done.denied] == [("101", "From Is Not Yours")]
    done = desk.register(path=flow(host=ABROAD))
    assert [(one.status, one.reason) for one in done.denied] == [(403, "Not From There")]


def test_a_ban_begins_after_its_last_guess_is_told() -> None:
    desk = make()
    told = [guess(desk, "101", number=number) for number in range(3)]
    assert [len(done.denied) for done in told] == [1, 1, 1]
    assert [len(done.bans) for done in told] == [0, 0, 1]


def test_nobody_is_told_of_whose_address_may_be_forged() -> None:
    """His log would be filled, with hosts of others, by who never hears our answers."""
    desk = make()
    asked = request("REGISTER", "102", headers=[contact_of("102")])
    asked.set(
        Header.AUTHORIZATION, f'Digest username="101", realm="{REALM}", nonce="x", response="y"'
    )
    done = desk.send(asked)
    assert (done.statuses, done.denied) == ([403], [])
