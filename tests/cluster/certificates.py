# SPDX-License-Identifier: Apache-2.0
"""Keys of the control plane, made for the moment: one authority, and what it signed."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.servers.security import write_certificates


def make_keys(folder: Path) -> None:
    """`ca.pem`, `broker.pem` (a server's, for loopback), `client.pem`, and `sa.key` and `sa.pub` for service
    accounts; once more under the names by which KEDA looks for them."""
    write_certificates(folder)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "sa.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    (folder / "sa.pub").write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    for name, of in (("ca.crt", "ca.pem"), ("tls.crt", "broker.pem"), ("tls.key", "broker.pem")):
        (folder / name).write_bytes((folder / of).read_bytes())
