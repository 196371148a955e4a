"""The number in a URI."""

import pytest

from softswitch.calls.number import user_of


@pytest.mark.parametrize(
    ("uri", "user"),
    [
        ("sip:104@192.0.2.1", "104"),
        ("<sip:104@192.0.2.1;transport=tcp>", "104"),
        ("sips:%2B4822@example.com", "+4822"),
        ("tel:+4822;phone-context=x", "+4822"),
        ("sip:104;a=b:secret@host", "104"),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_the_number_of_a_contact_is_read(uri: str, user: str) -> None:
    assert user_of(uri) == user
