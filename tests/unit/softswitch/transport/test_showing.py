import time
from pathlib import Path

import pytest

from softswitch.transport.certificates import CannotUse, TlsFiles
from softswitch.transport.showing import DAY, Objection, expires
from tests.support.authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_a_certificate_is_good_until_its_last_day(authority: Authority) -> None:
    files = TlsFiles(*authority.sign("switch", days=30.0))
    assert expires(files) == pytest.approx(time.time() + 30.0 * DAY, abs=DAY)


def test_one_that_has_expired_is_objected_to(authority: Authority) -> None:
    with pytest.raises(Objection, match="has expired"):
        expires(TlsFiles(*authority.sign("switch", days=-1.0)))


def test_one_of_tomorrow_is_objected_to(authority: Authority) -> None:
    with pytest.raises(Objection, match="is not valid yet"):
        expires(TlsFiles(*authority.sign("switch", begins=1.0)))


def test_one_without_its_key_is_of_no_use(authority: Authority) -> None:
    certificate, _ = authority.sign("one")
    _, key = authority.sign("two")
    with pytest.raises(CannotUse, match="is not the key"):
        expires(TlsFiles(certificate, key))
