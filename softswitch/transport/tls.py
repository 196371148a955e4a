"""TLS between a connection's bytes and its messages."""

import contextlib
import ssl

from softswitch.transport.domains import identities, is_for

_CHUNK = 64 * 1024

_SLUGS = {
    "HTTP_REQUEST": "not-tls",
    "HTTPS_PROXY_REQUEST": "not-tls",
    "WRONG_VERSION_NUMBER": "not-tls",
    "UNSUPPORTED_PROTOCOL": "version-too-old",
    "TLSV1_ALERT_PROTOCOL_VERSION": "version-too-old",
    "VERSION_TOO_LOW": "version-too-old",
    "NO_SHARED_CIPHER": "no-shared-cipher",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "certificate-missing",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "certificate-wanted",
    "CERTIFICATE_VERIFY_FAILED": "certificate-not-trusted",
    "TLSV1_ALERT_UNKNOWN_CA": "certificate-refused",
    "SSLV3_ALERT_BAD_CERTIFICATE": "certificate-refused",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "certificate-refused",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "certificate-refused",
}
"""For OpenSSL's reasons: an alert is what the peer says of us."""


class TlsFailed(Exception):
    """The connection cannot go on; says why, as a slug."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        super().__init__(slug)


class TlsSession:
    """TLS without a socket.

    context   settings and certificates; one of a server or of a client
    domain    to a server: whom its certificate has to be for, a domain or an address; None for
              the side of the server
    """

    __slots__ = ("_domain", "_incoming", "_outgoing", "_tls", "has_ended", "is_ready")

    def __init__(self, context: ssl.SSLContext, domain: str | None = None) -> None:
        """Raises TlsFailed for a domain that cannot be one."""
        self._domain = domain
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        try:
            self._tls = context.wrap_bio(
                self._incoming, self._outgoing, server_side=domain is None, server_hostname=domain
            )
        except ValueError as error:
            raise TlsFailed("domain-malformed") from error
        self.is_ready = False
        self.has_ended = False
        """The peer has said goodbye."""

    def begin(self) -> None:
        """Say the first word, as a client does. Raises TlsFailed."""
        self._shake_hands()

    def receive(self, data: bytes) -> bytes:
        """Return what `data` says in plain text. Raises TlsFailed."""
        self._incoming.write(data)
        if not self.is_ready:
            self._shake_hands()
        return self._read() if self.is_ready else b""

    def encrypt(self, data: bytes) -> None:
        """Put `data` among what `taken` returns. Raises TlsFailed."""
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            raise _failed(error) from error

    def taken(self) -> bytes:
        """Return what has to be sent now."""
        return self._outgoing.read()

    def end(self) -> None:
        """Say goodbye; the peer's own is not waited for."""
        with contextlib.suppress(ssl.SSLError):  # as the peer's is missing, or its hand
            self._tls.unwrap()

    def is_proven(self, name: str) -> bool:
        """Whether the peer has a certificate that we trust, and that is for `name` if that is
        not empty.
        """
        certificate = self._tls.getpeercert()
        return bool(certificate) and (not name or is_for(name, identities(certificate or {})))

    def _shake_hands(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            raise _failed(error) from error
        if self._domain is not None and not self.is_proven(self._domain):
            raise TlsFailed("certificate-for-another")
        self.is_ready = True

    def _read(self) -> bytes:
        parts: list[bytes] = []
        try:
            while part := self._tls.read(_CHUNK):
                parts.append(part)
            self.has_ended = True
        except ssl.SSLWantReadError:
            pass  # more follows
        except ssl.SSLError as error:
            raise _failed(error) from error
        return b"".join(parts)


def _failed(error: ssl.SSLError) -> TlsFailed:
    return TlsFailed(_SLUGS.get(error.reason or "", "failed"))
