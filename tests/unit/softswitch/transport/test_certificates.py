import os
from pathlib import Path

import pytest

from softswitch.transport.certificates import (
    CannotUse,
    Certificates,
    ClientCertificates,
    TlsFiles,
    client_context,
    server_context,
)
from tests.support.authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


class Told:
    def __init__(self) -> None:
        self.slugs: list[str] = []
        self.texts: list[str] = []

    def __call__(self, slug: str, about: str) -> None:
        self.slugs.append(slug)
        self.texts.append(about)


def test_the_settings_stay_the_same_while_the_files_do(authority: Authority) -> None:
    told = Told()
    certificates = Certificates(authority.files(), told, 0.0)
    first = certificates.server(0.0)
    assert certificates.server(10.0) is first
    assert told.slugs == []


def test_new_files_are_taken_at_the_next_look(authority: Authority) -> None:
    told = Told()
    files = authority.files()
    certificates = Certificates(files, told, 0.0)
    first, first_client = certificates.server(0.0), certificates.client(0.0)
    authority.sign("switch")
    assert certificates.server(0.9) is first
    assert certificates.server(1.0) is not first
    assert certificates.client(1.0) is not first_client
    assert told.slugs == ["certificate-renewed"]
    assert told.texts == [str(files.certificate)]


def test_a_broken_new_file_is_told_once_and_the_old_settings_stay(authority: Authority) -> None:
    told = Told()
    files = authority.files()
    certificates = Certificates(files, told, 0.0)
    first = certificates.server(0.0)
    files.certificate.write_text("nonsense")
    assert [certificates.server(now) for now in (1.0, 2.0, 3.0)] == [first] * 3
    assert told.slugs == ["certificate-unusable"]
    files.certificate.unlink()
    assert certificates.server(4.0) is first
    authority.sign("switch")
    assert certificates.server(5.0) is not first
    assert told.slugs == ["certificate-unusable", "certificate-unusable", "certificate-renewed"]


def test_a_certificate_that_comes_before_its_key_is_taken_when_both_are_there(
    authority: Authority, tmp_path: Path
) -> None:
    told = Told()
    files = authority.files()
    certificates = Certificates(files, told, 0.0)
    first = certificates.server(0.0)
    certificate, key = authority.sign("next")
    os.replace(certificate, files.certificate)
    assert certificates.server(1.0) is first
    os.replace(key, files.key)
    assert certificates.server(2.0) is not first
    assert told.slugs == ["certificate-unusable", "certificate-renewed"]


def test_a_file_that_is_not_there_is_named_with_its_key(authority: Authority) -> None:
    files = authority.files()
    for field, path in (("certificate", files.certificate), ("key", files.key)):
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(CannotUse, match=f"{path}: No such file") as caught:
            server_context(files)
        assert caught.value.key == field
        path.write_bytes(content)


def test_a_key_of_another_certificate_is_refused(authority: Authority) -> None:
    certificate, _ = authority.sign("one")
    _, key = authority.sign("two")
    with pytest.raises(CannotUse, match=r"two\.key: is not the key of .*one\.pem"):
        server_context(TlsFiles(certificate, key))


def test_a_key_with_a_passphrase_asks_nobody(authority: Authority) -> None:
    certificate, key = authority.sign("locked", passphrase=b"secret")
    with pytest.raises(CannotUse, match="asks for a passphrase") as caught:
        server_context(TlsFiles(certificate, key))
    assert caught.value.key == "key"


@pytest.mark.parametrize("field", ["certificate", "key"])
def test_a_file_of_something_else_is_refused(authority: Authority, field: str) -> None:
    files = authority.files()
    path = files.certificate if field == "certificate" else files.key
    path.write_text("hello\n")
    with pytest.raises(CannotUse, match=f"{path}: holds no") as caught:
        server_context(files)
    assert caught.value.key == field


@pytest.mark.parametrize("content", [None, "hello\n"])
def test_an_authority_that_is_none_is_refused(
    authority: Authority, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "nobody.pem"
    if content is not None:
        path.write_text(content)
    certificate, key = authority.sign("switch")
    files = TlsFiles(certificate, key, ClientCertificates.REQUIRED, path)
    for make in (server_context, client_context):
        with pytest.raises(CannotUse, match=str(path)) as caught:
            make(files)
        assert caught.value.key == "authority"
