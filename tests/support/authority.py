"""Certificates for tests, signed by an authority that nobody else believes."""

import datetime
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from softswitch.transport.certificates import ClientCertificates, TlsFiles

_DAY = datetime.timedelta(days=1)
_YEAR = datetime.timedelta(days=365)


class Authority:
    """Signs certificates, and writes them to a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(f"Authority of {folder.name}")
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _YEAR)
            .not_valid_after(now + _YEAR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "authority.pem"
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def sign(
        self,
        file: str,
        *,
        names: Sequence[str] = (),
        uris: Sequence[str] = (),
        addresses: Sequence[str] = ("127.0.0.1",),
        common_name: str = "softswitch",
        days: float = 90.0,
        begins: float = -2.0,
        passphrase: bytes = b"",
    ) -> tuple[Path, Path]:
        """Return the paths of a new certificate and its key; files of that name are replaced.

        days    from now until its end
        begins  days from now until it is good
        """
        key = ec.generate_private_key(ec.SECP256R1())
        others: list[x509.GeneralName] = [
            *map(x509.DNSName, names),
            *map(x509.UniformResourceIdentifier, uris),
            *(x509.IPAddress(ip_address(one)) for one in addresses),
        ]
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(common_name))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins * _DAY)
            .not_valid_after(now + days * _DAY)
        )
        if others:
            builder = builder.add_extension(x509.SubjectAlternativeName(others), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        secret = (
            serialization.BestAvailableEncryption(passphrase)
            if passphrase
            else serialization.NoEncryption()
        )
        paths = self._folder / f"{file}.pem", self._folder / f"{file}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret)
        )
        return paths

    def files(
        self,
        file: str = "switch",
        client_certificates: ClientCertificates = ClientCertificates.NONE,
        *,
        names: Sequence[str] = (),
        uris: Sequence[str] = (),
        addresses: Sequence[str] = ("127.0.0.1",),
    ) -> TlsFiles:
        """Return what a listener needs that believes this authority."""
        certificate, key = self.sign(file, names=names, uris=uris, addresses=addresses)
        return TlsFiles(certificate, key, client_certificates, self.path)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
