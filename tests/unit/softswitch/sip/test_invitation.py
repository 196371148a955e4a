"""What an INVITE out of a dialog must be like."""

import pytest

from softswitch.sip.message import Header
from tests.unit.softswitch.sip.desk import OFFER, Desk
from tests.unit.softswitch.sip.speaking import Headers, contact_of, request


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((), 400),
        (((Header.CONTACT, ""),), 400),
        (((Header.CONTACT, ","),), 400),
        (((Header.CONTACT, "*"),), 400),
        ((contact_of(), (Header.CONTENT_TYPE, "text/plain")), 415),
        ((contact_of(), (Header.ACCEPT, "text/plain, application/x")), 406),
    ],
)
def test_an_invite_that_cannot_become_a_call_is_refused(headers: Headers, status: int) -> None:
    asked = request("INVITE", to="102", headers=headers, body=OFFER)
    assert Desk().ask(asked).statuses == [status]


def test_a_contact_between_commas_is_enough() -> None:
    name, contact = contact_of()
    asked = request("INVITE", to="102", headers=[(name, f",{contact},")], body=OFFER)
    assert Desk().ask(asked).statuses == [100]


@pytest.mark.parametrize(
    "accept", ["", "text/plain, Application/SDP;level=1", "*/*;q=0.1", "application/*"]
)
def test_who_takes_session_descriptions_in_other_words_may_call(accept: str) -> None:
    headers = [contact_of(), (Header.ACCEPT, accept)]
    asked = request("INVITE", to="102", headers=headers, body=OFFER)
    assert Desk().ask(asked).statuses == [100]
