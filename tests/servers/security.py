# SPDX-License-Identifier: Apache-2.0
"""TLS and SASL for the test broker: a second listener, with certificates and people made for the moment."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

NAME = "SECURED"
USER, PASSWORD = "alice", "alice-secret"
SCRAM = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
"""What a new cluster's storage is formatted with."""

MUTUAL = "MUTUAL"
"""The listener at which a client says who it is by its certificate: `User:client`, its common name."""

_JAAS = "org.apache.kafka.common.security"


def listener_settings(folder: Path) -> Mapping[str, str]:
    """The broker's settings of the listener, whose certificates are written into the folder."""
    write_certificates(folder)
    own, mutual = f"listener.name.{NAME.lower()}", f"listener.name.{MUTUAL.lower()}"
    return {
        # Who comes in the open may do anything, as without an authorizer, and so may alice; others what they
        # are given.
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:ANONYMOUS;User:{USER}",
        "allow.everyone.if.no.acl.found": "false",
        f"{mutual}.ssl.keystore.type": "PEM",
        f"{mutual}.ssl.keystore.location": str(folder / "broker.pem"),
        f"{mutual}.ssl.truststore.type": "PEM",
        f"{mutual}.ssl.truststore.location": str(folder / "ca.pem"),
        f"{mutual}.ssl.client.auth": "required",
        f"{mutual}.ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/,DEFAULT",
        f"{own}.ssl.keystore.type": "PEM",
        f"{own}.ssl.keystore.location": str(folder / "broker.pem"),
        f"{own}.ssl.truststore.type": "PEM",
        f"{own}.ssl.truststore.location": str(folder / "ca.pem"),
        f"{own}.ssl.client.auth": "requested",
        f"{own}.sasl.enabled.mechanisms": "SCRAM-SHA-512,SCRAM-SHA-256,PLAIN,OAUTHBEARER",
        f"{own}.scram-sha-256.sasl.jaas.config": f"{_JAAS}.scram.ScramLoginModule required;",
        # A session ends soon, so that tests see who comes with which password.
        f"{own}.scram-sha-256.connections.max.reauth.ms": "3000",
        f"{own}.scram-sha-512.sasl.jaas.config": f"{_JAAS}.scram.ScramLoginModule required;",
        f"{own}.plain.sasl.jaas.config": f'{_JAAS}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
        f"{own}.oauthbearer.sasl.jaas.config": f"{_JAAS}.oauthbearer.OAuthBearerLoginModule required "
        'unsecuredLoginStringClaim_sub="broker";',
    }


def write_certificates(folder: Path) -> None:
    """`ca.pem`, and signed by it `broker.pem` and `client.pem`, each with its key."""
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("ca", ca_key, "ca", ca_key)
    (folder / "ca.pem").write_bytes(ca.public_bytes(Encoding.PEM))
    for name in ("broker", "client"):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(name, key, "ca", ca_key)
        (folder / f"{name}.pem").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    hosts = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(hosts, critical=False)
        .add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
