"""Certificates of an authority that lives as long as a test, in the files that brokers and clients read."""

from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

LOOPBACK = "127.0.0.1"


class Authority:
    """Issues certificates into a folder.

    Parameters
    ----------
    folder : Path
        Where its own certificate (`ca`) and all others are written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._authority = trustme.CA()
        self.ca = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.ca))

    def issue(self, name: str, password: str = "") -> tuple[Path, Path]:
        """Return the files of a certificate with its chain, and of its key, encrypted where there is a password."""
        issued = self._authority.issue_cert(LOOPBACK, common_name=name)
        chain = b"".join(pem.bytes() for pem in issued.cert_chain_pems)
        key = load_pem_private_key(issued.private_key_pem.bytes(), None)
        encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        # Kafka reads keys in no other format than PKCS#8.
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
        certificate, private = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        certificate.write_bytes(chain)
        private.write_bytes(pem)
        return certificate, private

    def keystore(self, name: str) -> Path:
        """Return a file with key and chain, as a broker reads both."""
        certificate, key = self.issue(name)
        path = self._folder / f"{name}.keystore.pem"
        path.write_bytes(key.read_bytes() + certificate.read_bytes())
        return path
