from softswitch.sip.message import Header, respond
from softswitch.sip.proxy.redirection import leave_contacts, take_contacts
from tests.unit.softswitch.sip.speaking import request


def contacts(*values: str) -> list[str]:
    headers = [(Header.CONTACT, value) for value in values]
    response = respond(request("INVITE"), 302, headers=headers)
    return [str(contact.uri) for contact in take_contacts(response)]


def test_the_best_contact_comes_first_and_none_comes_twice() -> None:
    found = contacts("<sip:a@x>;q=0.1, <sip:b@x>", "<sip:a@x>;q=0.9", "<sip:c@x>;q=0.5")
    assert found == ["sip:b@x", "sip:c@x", "sip:a@x"]


def test_what_cannot_be_read_is_left_out() -> None:
    assert contacts("<sip:a@x>;q=2", "*", "<>", "<sip:b@x>") == ["sip:b@x"]
    assert contacts('"open <sip:a@x>, <sip:b@x') == []


def test_what_is_left_for_the_caller_takes_the_place_of_all() -> None:
    header = (Header.CONTACT, "<sip:a@x>;q=0.5, <sip:b@x>")
    response = respond(request("INVITE"), 302, headers=[header])
    leave_contacts(response, take_contacts(response)[1:])
    assert response.values(Header.CONTACT) == ["<sip:a@x>;q=0.5"]
