# SPDX-License-Identifier: Apache-2.0
"""Signatures of manifests: ed25519 with a key pair, or HMAC-SHA256 with one shared secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from ..errors import SettingsError
from .errors import TamperedError

END = b"-----END PUBLIC KEY-----"


@dataclass(frozen=True)
class Signing:
    """Keys to sign with and keys to trust. With none of them manifests are neither signed nor looked at.

    `private` signs, and its public half is trusted; `trusted` holds more public keys, so that keys can be
    changed one after another; `secret` signs and verifies by HMAC. As soon as anything is trusted, a version
    without a good signature is refused.
    """

    private: Ed25519PrivateKey | None = field(default=None, repr=False)
    trusted: tuple[Ed25519PublicKey, ...] = ()
    secret: bytes = field(default=b"", repr=False)

    def sign(self, manifest: bytes) -> str:
        """The signature as "method:key:hex", or an empty string without a key to sign with."""
        if self.private is not None:
            return f"ed25519:{key_id(self.private.public_key())}:{self.private.sign(manifest).hex()}"
        if self.secret:
            return (
                f"hmac-sha256:{_secret_id(self.secret)}:{hmac.digest(self.secret, manifest, 'sha256').hex()}"
            )
        return ""

    def verify(self, manifest: bytes, signature: str, what: str) -> None:
        """Raises: TamperedError where something is trusted and the signature is none of its making."""
        keys = {key_id(key): key for key in self.public_keys}
        if not keys and not self.secret:
            return
        if not signature:
            raise TamperedError(
                f"{what}: expected a signed manifest, got one without a signature; only signed versions are "
                "served here"
            )
        method, key, value = [*signature.split(":"), "", ""][:3]
        try:
            if method == "ed25519" and key in keys:
                keys[key].verify(bytes.fromhex(value), manifest)
                return
            if method == "hmac-sha256" and self.secret and key == _secret_id(self.secret):
                if hmac.compare_digest(bytes.fromhex(value), hmac.digest(self.secret, manifest, "sha256")):
                    return
                raise InvalidSignature
        except (InvalidSignature, ValueError):
            raise TamperedError(
                f"{what}: the manifest's signature is wrong; the manifest or the signature was changed"
            ) from None
        known = ", ".join(keys) or _secret_id(self.secret)
        raise TamperedError(f"{what}: expected a manifest signed by {known}, got {method}:{key}")

    @property
    def public_keys(self) -> tuple[Ed25519PublicKey, ...]:
        """All that are trusted."""
        return self.trusted if self.private is None else (self.private.public_key(), *self.trusted)


def read_signing(environ: Mapping[str, str]) -> Signing:
    """Keys that the environment names.

    FRESHET_SIGNING_KEY_FILE holds a private key (PEM), FRESHET_VERIFY_KEY_FILE public ones,
    FRESHET_SIGNING_SECRET[_FILE] a secret.

    Raises: SettingsError for a file that holds no such key.
    """
    private = (
        _private(environ["FRESHET_SIGNING_KEY_FILE"]) if environ.get("FRESHET_SIGNING_KEY_FILE") else None
    )
    trusted = _public(environ["FRESHET_VERIFY_KEY_FILE"]) if environ.get("FRESHET_VERIFY_KEY_FILE") else ()
    secret = environ.get("FRESHET_SIGNING_SECRET", "").encode()
    if path := environ.get("FRESHET_SIGNING_SECRET_FILE"):
        secret = _read("FRESHET_SIGNING_SECRET_FILE", path).strip()
    return Signing(private, trusted, secret)


def key_id(key: Ed25519PublicKey) -> str:
    """A short name of a public key: the beginning of its sha256."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def _secret_id(secret: bytes) -> str:
    return hashlib.sha256(b"freshet-secret\0" + secret).hexdigest()[:16]


def _private(path: str) -> Ed25519PrivateKey:
    place = "FRESHET_SIGNING_KEY_FILE"
    try:
        key = load_pem_private_key(_read(place, path), password=None)
    except (ValueError, TypeError) as error:
        raise SettingsError(
            f"environment -> {place}: expected an ed25519 private key in PEM without a pass phrase, got "
            f"{error}"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"environment -> {place}: expected an ed25519 key, got {type(key).__name__}")
    return key


def _public(path: str) -> tuple[Ed25519PublicKey, ...]:
    place = "FRESHET_VERIFY_KEY_FILE"
    blocks = [block + END for block in _read(place, path).split(END)[:-1]]
    keys = []
    for block in blocks:
        try:
            key = load_pem_public_key(block.strip())
        except ValueError as error:
            raise SettingsError(
                f"environment -> {place}: expected ed25519 public keys in PEM, got {error}"
            ) from None
        if not isinstance(key, Ed25519PublicKey):
            raise SettingsError(f"environment -> {place}: expected ed25519 keys, got {type(key).__name__}")
        keys.append(key)
    if not keys:
        raise SettingsError(f"environment -> {place}: expected ed25519 public keys in PEM, {path} holds none")
    return tuple(keys)


def _read(place: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(
            f"environment -> {place}: expected a readable file, got {path!r} ({error.strerror})"
        ) from error
