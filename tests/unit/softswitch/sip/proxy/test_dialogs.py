"""Who may send what within the dialogs of two phones."""

import pytest

from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, Response
from tests.unit.softswitch.sip.proxy.house import House, home, within
from tests.unit.softswitch.sip.speaking import authorized, flow

ELSEWHERE = flow(port=40_000, host="203.0.113.250")
FURTHER = flow(port=40_000, host="203.0.113.251")


@pytest.fixture
def house() -> House:
    house = House()
    house.everybody()
    return house


@pytest.fixture
def answered(house: House) -> Response:
    """What the callee has said: 101 talks with 102."""
    return house.tell(house.call().request, 200, home("102")).response


def accept(house: House, method: str, answered: Response) -> Request:
    """Return a request of 101, with its password, after it was asked for that from ELSEWHERE."""
    plain = within(method, answered)
    return authorized(plain, house.send(plain, ELSEWHERE).response)


@pytest.mark.parametrize("by_callee", [False, True])
@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "BYE"])
def test_who_is_at_neither_end_is_asked_for_a_password(
    house: House, answered: Response, method: str, by_callee: bool
) -> None:
    done = house.send(within(method, answered, by_callee=by_callee), ELSEWHERE)
    assert (done.statuses, done.methods) == ([407], [])
    assert "proxied" not in house.held


@pytest.mark.parametrize("port", [5101, 62_000])
def test_an_end_may_send_from_any_port_of_its_host(
    house: House, answered: Response, port: int
) -> None:
    assert house.send(within("UPDATE", answered), flow(port=port)).methods == ["UPDATE"]


def test_a_phone_that_has_moved_goes_on_with_its_password(house: House, answered: Response) -> None:
    assert house.send(accept(house, "INVITE", answered), ELSEWHERE).methods == ["INVITE"]


def test_a_wrong_password_leads_nowhere(house: House, answered: Response) -> None:
    plain = within("BYE", answered)
    refusal = house.send(plain, ELSEWHERE).response
    done = house.send(authorized(plain, refusal, password="guessed"), ELSEWHERE)
    assert (done.statuses, done.methods) == ([407], [])


def test_another_extension_speaks_for_nobody(house: House, answered: Response) -> None:
    plain = within("BYE", answered)
    done = house.send(
        authorized(plain, house.send(plain, ELSEWHERE).response, user="103"), ELSEWHERE
    )
    assert (done.statuses, done.methods) == ([403], [])


def test_an_ack_cannot_be_asked_and_is_dropped(house: House, answered: Response) -> None:
    done = house.send(within("ACK", answered), ELSEWHERE)
    assert (done.requests, done.slugs) == ([], ["ack-of-stranger"])


def test_a_phone_that_has_moved_is_asked_once(house: House, answered: Response) -> None:
    house.send(accept(house, "INVITE", answered), ELSEWHERE)
    assert house.send(within("ACK", answered, cseq=4), ELSEWHERE).methods == ["ACK"]
    assert house.send(within("BYE", answered, cseq=5), ELSEWHERE).methods == ["BYE"]
    assert house.send(within("BYE", answered, cseq=6), FURTHER).statuses == [407]


def test_a_phone_that_has_registered_from_elsewhere_need_not_show_more(
    house: House, answered: Response
) -> None:
    house.enter("101", ELSEWHERE)
    assert house.send(within("BYE", answered), ELSEWHERE).methods == ["BYE"]


def test_a_trusted_side_may_send_from_any_of_its_hosts() -> None:
    house = House(is_trusted=True)
    house.everybody()
    answered = house.tell(house.call().request, 200, home("102")).response
    assert house.send(within("BYE", answered), ELSEWHERE).methods == ["BYE"]


def test_a_token_keeps_no_connection_of_a_stranger(house: House, answered: Response) -> None:
    path = Flow("tcp", ELSEWHERE.local, ELSEWHERE.remote, 7)
    assert house.send(within("BYE", answered), path).kept == []
