"""How a certificate of ours looks to those who connect to us."""

import ssl
from typing import Final

from softswitch.transport.certificates import TlsFiles, server_context
from softswitch.transport.tls import TlsFailed, TlsSession

DAY: Final = 86_400.0

_WORDS: Final = {9: "is not valid yet", 10: "has expired"}
"""For codes of OpenSSL (X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED)."""


class Objection(Exception):
    """A telephone would not accept the certificate; says why."""


def expires(files: TlsFiles) -> float:
    """Return the Unix time until which the certificate is good.

    It is shown to a client that trusts nothing else. Raises CannotUse, and Objection.
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context = server_context(files)
    context.verify_mode = ssl.CERT_NONE
    client.load_verify_locations(files.certificate)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    viewer = client.wrap_bio(incoming, outgoing, server_hostname="localhost")
    shown = TlsSession(context)
    try:
        while not _is_done(viewer):
            shown.receive(outgoing.read())
            incoming.write(shown.taken())
    except ssl.SSLCertVerificationError as error:
        raise Objection(_reason(error)) from error
    except TlsFailed as error:
        raise Objection(f"cannot be shown: {error.slug}") from error
    certificate = viewer.getpeercert() or {}
    return ssl.cert_time_to_seconds(str(certificate["notAfter"]))


def _is_done(viewer: ssl.SSLObject) -> bool:
    try:
        viewer.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _reason(error: ssl.SSLCertVerificationError) -> str:
    return _WORDS.get(error.verify_code, error.verify_message)
