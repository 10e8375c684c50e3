# SPDX-License-Identifier: Apache-2.0
"""Key pairs: reading, naming, signing, verifying. All that needs the extra `signing`; imported where a key is
named."""

from __future__ import annotations

import hashlib
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

END = b"-----END PUBLIC KEY-----"


def key_id(key: Ed25519PublicKey) -> str:
    """A short name of a public key: the beginning of its sha256."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def is_signature(key: Ed25519PublicKey, signature: bytes, manifest: bytes) -> bool:
    """Whether the key's other half made it."""
    try:
        key.verify(signature, manifest)
    except InvalidSignature:
        return False
    return True


def read_private(place: str, path: Path) -> Ed25519PrivateKey:
    """The key to sign with, from the file that the variable `place` names. Raises: SettingsError."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise SettingsError(
            f"environment -> {place}: expected an ed25519 private key in PEM without a pass phrase, got "
            f"{error}"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"environment -> {place}: expected an ed25519 key, got {type(key).__name__}")
    return key


def read_public(place: str, path: Path) -> tuple[Ed25519PublicKey, ...]:
    """The keys to trust, from the file that the variable `place` names. Raises: SettingsError."""
    blocks = [block + END for block in path.read_bytes().split(END)[:-1]]
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
