import pytest

from softswitch.sip.message import Header, Response, respond
from softswitch.sip.proxy.best_response import BestResponse
from tests.unit.softswitch.sip.speaking import request

INVITE = request("INVITE", to="102")


def refused(status: int, *challenges: str) -> Response:
    headers = [(Header.PROXY_AUTHENTICATE, one) for one in challenges]
    return respond(INVITE, status, to_tag=f"t{status}", headers=headers)


def best(*statuses: int) -> int:
    found = BestResponse()
    for status in statuses:
        found.note(status, refused(status))
    return found.make(INVITE, "own").status


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ((486,), 486),
        ((500, 486), 486),
        ((486, 603, 302), 603),
        ((404, 302, 500), 302),
        ((486, 407, 404), 407),
        ((480, 486), 486),
        ((408, 404), 404),
        ((503, 500), 500),
        ((503, 504), 504),
        ((503,), 500),
        ((486, 404), 486),
    ],
)
def test_the_caller_is_told_what_helps_him_most(statuses: tuple[int, ...], told: int) -> None:
    assert best(*statuses) == told


def test_without_any_answer_it_is_a_time_out_of_our_own() -> None:
    response = BestResponse().make(INVITE, "own")
    assert (response.status, response.to().tag) == (408, "own")


def test_what_no_phone_has_said_is_said_with_our_tag() -> None:
    found = BestResponse()
    found.note(503)
    response = found.make(INVITE, "own")
    assert (response.status, response.reason) == (500, "Server Internal Error")
    assert response.to().tag == "own"


def test_all_challenges_are_told_once_each() -> None:
    found = BestResponse()
    for challenges in (("Digest one",), ("Digest two", "Digest three"), ("Digest one",)):
        found.note(407, refused(407, *challenges))
    told = found.make(INVITE, "own").values(Header.PROXY_AUTHENTICATE)
    assert told == ["Digest one", "Digest two", "Digest three"]
