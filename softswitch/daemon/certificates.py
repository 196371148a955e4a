"""What is wrong with the certificates that a configuration names."""

import time
from collections.abc import Iterable, Iterator

from softswitch.configuration.settings import Listener, Tls
from softswitch.routing.finding import Finding, Severity
from softswitch.transport.certificates import CannotUse, ClientCertificates, TlsFiles
from softswitch.transport.certificates import client_context as check_authority
from softswitch.transport.errors import spelt
from softswitch.transport.showing import DAY, Objection, expires

SOON = 14
"""Days before its end, from which a certificate is spoken of."""


def files_of(tls: Tls) -> TlsFiles:
    return TlsFiles(
        tls.certificate, tls.key, ClientCertificates(tls.client_certificates), tls.authority
    )


def certificate_findings(listeners: Iterable[Listener], now: float | None = None) -> list[Finding]:
    """Return what telephones, or the switch itself, will not accept; once for each file.

    A listener that cannot start with what is there is an error; a run goes on without it, and tries
    it again. What only this user may not read is a warning: the switch may run as another.

    now  Unix time
    """
    now = time.time() if now is None else now
    found = {
        finding: None
        for listener in listeners
        if listener.tls is not None
        for finding in _findings(listener, listener.tls, now)
    }
    return list(found)


def _findings(listener: Listener, tls: Tls, now: float) -> Iterator[Finding]:
    try:
        check_authority(files_of(tls))
        until = expires(files_of(tls))
    except CannotUse as error:
        address = spelt(listener.transport, (listener.host, listener.port))
        if error.is_barred:
            words = f"{error} to the user who asks; {address} needs to read it"
            yield _finding(tls, error.key, words)
        else:
            words = f"{error}; {address} will not work"
            yield _finding(tls, error.key, words, Severity.ERROR)
        return
    except Objection as objection:
        yield _finding(tls, "certificate", f"{tls.certificate}: {objection}")
        return
    days = int((until - now) // DAY)
    if days < SOON:
        yield _finding(tls, "certificate", f"{tls.certificate}: expires in {days} days")


def _finding(tls: Tls, key: str, message: str, severity: Severity = Severity.WARNING) -> Finding:
    source = tls.sources[key]
    return Finding(severity, f"{source.rule}: {message}", source.file, source.line, source.column)
