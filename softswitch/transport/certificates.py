"""Certificates: our own, which may be renewed while we run, and whom we trust."""

import ssl
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

Stamp = tuple[tuple[int, int, int], ...]
Report = Callable[[str, str], None]
"""Takes a slug and what it is about."""

LOOK = 1.0
"""Seconds between two looks at the files."""


class ClientCertificates(StrEnum):
    """Whether those who connect to us have to show a certificate."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class TlsFiles(Struct, frozen=True):
    """What one listener of TLS is set up with."""

    certificate: Path
    """PEM: our certificate, and those between it and the authority's."""

    key: Path
    """PEM, without a passphrase."""

    client_certificates: ClientCertificates = ClientCertificates.NONE
    authority: Path | None = None
    """PEM: who signs the certificates of peers; None for those that the system trusts."""


class CannotUse(Exception):
    """A file of `TlsFiles` is of no use.

    key        name of the field
    is_barred  that is so for this user alone, maybe: he may not read it
    """

    def __init__(self, key: str, path: Path, reason: str, *, is_barred: bool = False) -> None:
        self.key = key
        self.is_barred = is_barred
        super().__init__(f"{path}: {reason}")


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Return settings for those who connect to us. Raises CannotUse."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_NO_RENEGOTIATION
    _prepare(context, files)
    match files.client_certificates:
        case ClientCertificates.NONE:
            return context
        case ClientCertificates.OPTIONAL:
            context.verify_mode = ssl.CERT_OPTIONAL
        case ClientCertificates.REQUIRED:
            context.verify_mode = ssl.CERT_REQUIRED
    _trust(context, files)
    return context


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Return settings for those whom we connect to, who may want to see our certificate.

    Whom theirs is for is checked apart, by the rules of SIP. Raises CannotUse.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    _prepare(context, files)
    _trust(context, files)
    return context


class Certificates:
    """The settings in use, made anew when a file has changed.

    A connection keeps those that it was made with. What cannot be used is reported once, and the
    last good settings stay.

    report  is told by slug that new files are in use, or why they are not
    """

    def __init__(self, files: TlsFiles, report: Report, now: float) -> None:
        """Raises CannotUse."""
        self._files = files
        self._report = report
        self._server = server_context(files)
        self._client = client_context(files)
        self._stamp = _stamp(files)
        self._looked = now

    def server(self, now: float) -> ssl.SSLContext:
        self._look(now)
        return self._server

    def client(self, now: float) -> ssl.SSLContext:
        self._look(now)
        return self._client

    def _look(self, now: float) -> None:
        if now < self._looked + LOOK:
            return
        self._looked = now
        stamp = _stamp(self._files)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            server, client = server_context(self._files), client_context(self._files)
        except CannotUse as error:
            self._report("certificate-unusable", str(error))
            return
        self._server, self._client = server, client
        self._report("certificate-renewed", str(self._files.certificate))


def _prepare(context: ssl.SSLContext, files: TlsFiles) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for key, path in (("certificate", files.certificate), ("key", files.key)):
        try:
            path.read_bytes()
        except OSError as error:
            raise _unread(key, path, error) from error
    try:
        context.load_cert_chain(files.certificate, files.key, password=_no_passphrase)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            mismatch = f"is not the key of {files.certificate}"
            raise CannotUse("key", files.key, mismatch) from error
        if b"-----BEGIN CERTIFICATE" not in files.certificate.read_bytes():
            raise CannotUse("certificate", files.certificate, "holds no certificate") from error
        raise CannotUse("key", files.key, "holds no key that can be read") from error
    except _Passphrase as error:
        raise CannotUse("key", files.key, "asks for a passphrase") from error


def _trust(context: ssl.SSLContext, files: TlsFiles) -> None:
    if files.authority is None:
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(files.authority)
    except ssl.SSLError as error:
        raise CannotUse("authority", files.authority, "holds no certificate") from error
    except OSError as error:
        raise _unread("authority", files.authority, error) from error


def _unread(key: str, path: Path, error: OSError) -> CannotUse:
    is_barred = isinstance(error, PermissionError)
    return CannotUse(key, path, error.strerror or str(error), is_barred=is_barred)


class _Passphrase(Exception):
    """A key is encrypted, and nobody is there to be asked."""


def _no_passphrase() -> str:
    raise _Passphrase


def _stamp(files: TlsFiles) -> Stamp:
    """Return what changes when a file does."""
    paths = [path for path in (files.certificate, files.key, files.authority) if path]
    stamps = []
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            stamps.append((0, 0, 0))
        else:
            stamps.append((found.st_mtime_ns, found.st_size, found.st_ino))
    return tuple(stamps)
