import pytest

from softswitch.sip.binding import is_equivalent
from softswitch.sip.message import Uri


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
    ],
)
def test_these_name_the_same_contact(a: str, b: str) -> None:
    assert is_equivalent(Uri.parse(a), Uri.parse(b))
    assert is_equivalent(Uri.parse(b), Uri.parse(a))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("sip:ALICE@atlanta.com", "sip:alice@atlanta.com"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:carol@chicago.com", "sips:carol@chicago.com"),
        ("sip:bob@biloxi.com", "sip:bob@192.0.2.4"),
    ],
)
def test_these_do_not(a: str, b: str) -> None:
    assert not is_equivalent(Uri.parse(a), Uri.parse(b))
    assert not is_equivalent(Uri.parse(b), Uri.parse(a))
