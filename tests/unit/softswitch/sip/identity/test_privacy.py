import pytest

from softswitch.sip.identity.privacy import privacy_of
from softswitch.sip.message import Header
from tests.unit.softswitch.sip.speaking import request


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], set()),
        (["id"], {"id"}),
        (["ID ; critical"], {"id", "critical"}),
        (["user;id;header"], {"user", "id", "header"}),
        (["user", "id"], {"user", "id"}),
        (["user, id"], {"user", "id"}),
        (["none"], set()),
        (["id;none"], set()),
        ([";;"], set()),
    ],
)
def test_what_is_to_be_kept_secret(values: list[str], expected: set[str]) -> None:
    asked = request("INVITE", headers=[(Header.PRIVACY, value) for value in values])
    assert privacy_of(asked) == expected
