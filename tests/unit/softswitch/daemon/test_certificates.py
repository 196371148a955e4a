import time
from pathlib import Path

import pytest

from softswitch.configuration.settings import Listener, Tls
from softswitch.daemon.certificates import SOON, certificate_warnings
from softswitch.routing.model import Source
from softswitch.transport.showing import DAY
from tests.support.authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def listener(
    certificate: Path, key: Path, authority: Path | None = None, transport: str = "tls"
) -> Listener:
    sources = {
        name: Source(f"network.{name}", line, "office.yaml", 3)
        for line, name in enumerate(("certificate", "key", "authority"), 5)
    }
    tls = Tls(certificate, key, "none", authority, sources)
    return Listener(transport, "0.0.0.0", 5061, tls=tls)


def warnings(*listeners: Listener, now: float | None = None) -> list[str]:
    return [str(finding) for finding in certificate_warnings(listeners, now)]


def test_nothing_is_said_of_what_is_good(authority: Authority) -> None:
    good = listener(*authority.sign("switch"), authority.path)
    assert warnings(good, Listener("udp", "0.0.0.0", 5060)) == []


def test_what_two_listeners_share_is_said_once(authority: Authority) -> None:
    paths = authority.sign("switch", days=-1.0)
    found = warnings(listener(*paths), listener(*paths, transport="wss"))
    assert found == [f"office.yaml:5:3: warning: network.certificate: {paths[0]}: has expired"]


def test_a_certificate_is_spoken_of_before_it_ends(authority: Authority) -> None:
    paths = authority.sign("switch", days=90.0)
    end = time.time() + 90.0 * DAY
    assert warnings(listener(*paths), now=end - (SOON + 1) * DAY) == []
    [words] = warnings(listener(*paths), now=end - 5.5 * DAY)
    assert words.endswith(f"{paths[0]}: expires in 5 days")


def test_a_file_that_cannot_be_used_is_said_with_the_listener_that_fails(
    authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.sign("switch")
    _, other = authority.sign("other")
    missing = tmp_path / "missing.pem"
    assert warnings(listener(certificate, other)) == [
        f"office.yaml:6:3: warning: network.key: {other}: is not the key of {certificate}; "
        "tls 0.0.0.0:5061 will not work"
    ]
    assert warnings(listener(certificate, key, missing)) == [
        f"office.yaml:7:3: warning: network.authority: {missing}: No such file or directory; "
        "tls 0.0.0.0:5061 will not work"
    ]
