"""Who is answered on the doorstep, and that nothing is kept of him."""

import pytest

from softswitch.sip.doorstep import is_unproven
from softswitch.sip.message import Header, Request
from tests.unit.softswitch.sip.desk import Desk
from tests.unit.softswitch.sip.speaking import request


def asked(method: str, to: str = "", **headers: str) -> Request:
    message = request(method, to="102")
    if to:
        message.set(Header.TO, to)
    for name, value in headers.items():
        message.set(Header[name], value)
    return message


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "MESSAGE", "SUBSCRIBE", "REGISTER"])
def test_a_request_out_of_any_dialog_without_a_password_is_unproven(method: str) -> None:
    assert is_unproven(asked(method))
    assert is_unproven(asked(method, to="<sip:tagged@example.com>"))
    assert is_unproven(asked(method, to="<sip:102@example.com"))
    assert not is_unproven(asked(method, AUTHORIZATION="Digest x=1"))
    assert not is_unproven(asked(method, PROXY_AUTHORIZATION="Digest x=1"))


def test_a_request_within_a_dialog_is_not_but_for_register() -> None:
    assert not is_unproven(asked("INVITE", to="<sip:102@example.com>;tag=t"))
    assert not is_unproven(asked("BYE", to="<sip:102@example.com>;TAG=t"))
    assert is_unproven(asked("REGISTER", to="<sip:102@example.com>;tag=t"))


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_what_speaks_of_another_request_is_not(method: str) -> None:
    assert not is_unproven(asked(method))


def test_each_copy_is_challenged_anew_and_nothing_is_kept() -> None:
    desk = Desk()
    before = desk.held
    invite = desk.invite()
    first, second = desk.send(invite), desk.send(invite)
    assert [first.response.status, second.response.status] == [401, 401]
    nonces = {one.response.first(Header.WWW_AUTHENTICATE) for one in (first, second)}
    assert len(nonces) == 2
    assert desk.held == before


@pytest.mark.parametrize("header", ["FROM", "CALL_ID", "CSEQ"])
def test_nobody_is_challenged_for_what_is_no_request(header: str) -> None:
    """RFC 3261, section 8.1.1: these are mandatory. A challenge is larger than many of them."""
    for method in ("REGISTER", "INVITE"):
        asked = request(method, to="102")
        asked.remove(Header[header])
        assert Desk().send(asked).statuses == [400]


def test_nobody_is_challenged_for_a_request_that_names_another_method() -> None:
    asked = request("REGISTER", to="101")
    asked.set(Header.CSEQ, "1 INVITE")
    assert Desk().send(asked).statuses == [400]


def test_a_stranger_finds_no_other_hosts_by_credentials_for_anybody() -> None:
    asked = request("INVITE", to="102", uri="sip:102@elsewhere.example")
    asked.set(Header.AUTHORIZATION, "x")
    done = Desk().send(asked)
    assert (done.statuses, done.slugs) == ([], ["not-for-us"])
