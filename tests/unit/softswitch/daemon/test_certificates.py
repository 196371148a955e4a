import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from softswitch.configuration.settings import Listener, Tls
from softswitch.daemon.certificates import SOON, certificate_findings
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


def findings(*listeners: Listener, now: float | None = None) -> list[str]:
    return [str(finding) for finding in certificate_findings(listeners, now)]


def test_nothing_is_said_of_what_is_good(authority: Authority) -> None:
    good = listener(*authority.sign("switch"), authority.path)
    assert findings(good, Listener("udp", "0.0.0.0", 5060)) == []


def test_what_two_listeners_share_is_said_once(authority: Authority) -> None:
    paths = authority.sign("switch", days=-1.0)
    found = findings(listener(*paths), listener(*paths, transport="wss"))
    assert found == [f"office.yaml:5:3: warning: network.certificate: {paths[0]}: has expired"]


def test_a_certificate_is_spoken_of_before_it_ends(authority: Authority) -> None:
    paths = authority.sign("switch", days=90.0)
    end = time.time() + 90.0 * DAY
    assert findings(listener(*paths), now=end - (SOON + 1) * DAY) == []
    [words] = findings(listener(*paths), now=end - 5.5 * DAY)
    assert words.endswith(f"{paths[0]}: expires in 5 days")


def test_a_file_that_cannot_be_used_is_said_with_the_listener_that_fails(
    authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.sign("switch")
    _, other = authority.sign("other")
    missing = tmp_path / "missing.pem"
    assert findings(listener(certificate, other)) == [
        f"office.yaml:6:3: error: network.key: {other}: is not the key of {certificate}; "
        "tls 0.0.0.0:5061 will not work"
    ]
    assert findings(listener(certificate, key, missing)) == [
        f"office.yaml:7:3: error: network.authority: {missing}: No such file or directory; "
        "tls 0.0.0.0:5061 will not work"
    ]
    assert findings(listener(missing, key)) == [
        f"office.yaml:5:3: error: network.certificate: {missing}: No such file or directory; "
        "tls 0.0.0.0:5061 will not work"
    ]


@pytest.mark.parametrize("name", ["certificate", "key", "authority"])
def test_what_only_this_user_may_not_read_is_no_error(name: str) -> None:
    with TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        certificate, key = authority.sign("switch")
        files = {"certificate": certificate, "key": key, "authority": authority.path}
        with somebody(Path(folder), barred=files[name]):
            [words] = findings(listener(certificate, key, authority.path))
    assert f": warning: network.{name}: {files[name]}: Permission denied to the user" in words
    assert words.endswith("tls 0.0.0.0:5061 needs to read it")


@contextmanager
def somebody(folder: Path, barred: Path) -> Iterator[None]:
    """Be a user who may read the files of a folder, but for one."""
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)
    barred.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
