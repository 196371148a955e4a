import pytest

from softswitch.sip.claims import Claims, Diversion, Party
from softswitch.sip.identity import claimed, unmet_privacy
from softswitch.sip.message import Header
from tests.unit.softswitch.sip.speaking import request

HEADERS = [
    (Header.P_ASSERTED_IDENTITY, '"Zoë" <sip:+4822@far>, <tel:+4822>'),
    (Header.PRIVACY, "id"),
    (Header.DIVERSION, "<sip:900@far>;reason=user-busy"),
    (Header.HISTORY_INFO, "<sip:900@far>;index=1"),
    (Header.ALERT_INFO, "<urn:alert:priority:high>"),
    (Header.CALL_INFO, "<https://example.com/zoe.png>;purpose=icon"),
]


def test_most_invites_claim_nothing() -> None:
    assert claimed(request("INVITE"), "101", is_trusted=True) is None


def test_a_trusted_side_is_believed_all_of_it() -> None:
    assert claimed(request("INVITE", headers=HEADERS), "101", is_trusted=True) == Claims(
        Party("+4822", "Zoë"),
        frozenset(("id",)),
        (Diversion("900", "user-busy"),),
        ("<sip:900@far>;index=1",),
        "<urn:alert:priority:high>",
        ("<https://example.com/zoe.png>;purpose=icon",),
    )


def test_a_telephone_is_believed_that_it_wants_to_hide_and_nothing_else() -> None:
    asked = request("INVITE", headers=HEADERS)
    assert claimed(asked, "101", is_trusted=False) == Claims(privacy=frozenset(("id",)))


@pytest.mark.parametrize(
    ("preferred", "expected"),
    [
        ('"Me" <sip:101@pbx>', Party("101", "Me")),
        ('"The boss" <sip:102@pbx>', None),
        ('"x" <sip:102@pbx>, "Me" <tel:101>', Party("101", "Me")),
    ],
)
def test_a_telephone_may_prefer_what_is_its_own(preferred: str, expected: Party | None) -> None:
    asked = request("INVITE", headers=[(Header.P_PREFERRED_IDENTITY, preferred)])
    found = claimed(asked, "101", is_trusted=False)
    assert found is not None
    assert found.asserted == expected


def test_a_hidden_from_is_not_given_away() -> None:
    asked = request("INVITE")
    asked.set(Header.FROM, '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=x')
    found = claimed(asked, "101", is_trusted=False)
    assert found is not None
    assert found.is_anonymous


@pytest.mark.parametrize(
    ("privacy", "anonymous", "hides_history", "hides_session"),
    [
        ("id", True, True, False),
        ("user", True, True, False),
        ("header", False, True, False),
        ("history", False, True, False),
        ("session", False, False, True),
        ("none", False, False, False),
    ],
)
def test_what_each_wish_means(
    privacy: str, anonymous: bool, hides_history: bool, hides_session: bool
) -> None:
    found = claimed(request("INVITE", headers=[(Header.PRIVACY, privacy)]), "101", is_trusted=False)
    assert found is not None
    assert (found.is_anonymous, found.hides_history) == (anonymous, hides_history)
    assert found.hides_session == hides_session


@pytest.mark.parametrize(
    ("privacy", "unmet"),
    [
        ("id;critical", ""),
        ("id;moon", ""),
        ("id;moon;critical", "moon"),
        ("critical;sun;moon", "moon sun"),
    ],
)
def test_what_cannot_be_kept_matters_to_who_insists(privacy: str, unmet: str) -> None:
    assert unmet_privacy(request("INVITE", headers=[(Header.PRIVACY, privacy)])) == unmet


def test_forwardings_are_counted_in_either_header() -> None:
    one = Claims(diversions=(Diversion("1", "x"),) * 3)
    other = Claims(history=("<sip:1@a>;index=1", "<sip:2@a;cause=302>;index=1.1;mp=1"))
    assert (one.forwardings, other.forwardings) == (3, 1)
