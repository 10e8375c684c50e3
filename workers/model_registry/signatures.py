# SPDX-License-Identifier: Apache-2.0
"""Signatures of manifests: ed25519 with a key pair, or HMAC-SHA256 with one shared secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.extras import SIGNING

from ..errors import SettingsError
from .errors import TamperedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGN_WITH, TRUST = "FRESHET_SIGNING_KEY_FILE", "FRESHET_VERIFY_KEY_FILE"


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
            return (
                f"ed25519:{_ed25519().key_id(self.private.public_key())}:{self.private.sign(manifest).hex()}"
            )
        if self.secret:
            return (
                f"hmac-sha256:{_secret_id(self.secret)}:{hmac.digest(self.secret, manifest, 'sha256').hex()}"
            )
        return ""

    def verify(self, manifest: bytes, signature: str, what: str) -> None:
        """Raises: TamperedError where something is trusted and the signature is none of its making."""
        if not self.public_keys and not self.secret:
            return
        keys = {_ed25519().key_id(key): key for key in self.public_keys}
        if not signature:
            raise TamperedError(
                f"{what}: expected a signed manifest, got one without a signature; only signed versions are "
                "served here"
            )
        method, key, value = [*signature.split(":"), "", ""][:3]
        if (is_good := self._check_of(method, key, keys)) is not None:
            if is_good(_from_hex(value), manifest):
                return
            raise TamperedError(
                f"{what}: the manifest's signature is wrong; the manifest or the signature was changed"
            )
        known = ", ".join(keys) or _secret_id(self.secret)
        raise TamperedError(f"{what}: expected a manifest signed by {known}, got {method}:{key}")

    def _check_of(
        self, method: str, key: str, keys: Mapping[str, Any]
    ) -> Callable[[bytes, bytes], bool] | None:
        """Whether a signature is good, asked of the named key; None where that is not trusted."""
        if method == "ed25519" and key in keys:
            return lambda signature, manifest: bool(_ed25519().is_signature(keys[key], signature, manifest))
        if method == "hmac-sha256" and self.secret and key == _secret_id(self.secret):
            return lambda signature, manifest: hmac.compare_digest(
                signature, hmac.digest(self.secret, manifest, "sha256")
            )
        return None

    @property
    def public_keys(self) -> tuple[Ed25519PublicKey, ...]:
        """All that are trusted."""
        return self.trusted if self.private is None else (self.private.public_key(), *self.trusted)


def read_signing(environ: Mapping[str, str]) -> Signing:
    """Keys that the environment names.

    FRESHET_SIGNING_KEY_FILE holds a private key (PEM), FRESHET_VERIFY_KEY_FILE public ones,
    FRESHET_SIGNING_SECRET[_FILE] a secret.

    Raises: SettingsError for a file that holds no such key, and for a key pair without the extra `signing`.
    """
    private, trusted = None, ()
    if path := environ.get(SIGN_WITH):
        private = _key_reader(SIGN_WITH).read_private(SIGN_WITH, _readable(SIGN_WITH, path))
    if path := environ.get(TRUST):
        trusted = _key_reader(TRUST).read_public(TRUST, _readable(TRUST, path))
    secret = environ.get("FRESHET_SIGNING_SECRET", "").encode()
    if path := environ.get("FRESHET_SIGNING_SECRET_FILE"):
        secret = _readable("FRESHET_SIGNING_SECRET_FILE", path).read_bytes().strip()
    return Signing(private, trusted, secret)


def _ed25519() -> Any:
    """Where a key is held, what reads it was found."""
    return import_module(".ed25519", __package__)


def _key_reader(place: str) -> Any:
    if not SIGNING.is_installed:
        raise SettingsError(
            f"environment -> {place}: key pairs need the extra {SIGNING.name!r}, which is not installed; "
            f"type: {SIGNING.line_to_type}"
        )
    return _ed25519()


def _secret_id(secret: bytes) -> str:
    return hashlib.sha256(b"freshet-secret\0" + secret).hexdigest()[:16]


def _from_hex(value: str) -> bytes:
    try:
        return bytes.fromhex(value)
    except ValueError:
        return b""


def _readable(place: str, path: str) -> Path:
    try:
        with Path(path).open("rb"):
            return Path(path)
    except OSError as error:
        raise SettingsError(
            f"environment -> {place}: expected a readable file, got {path!r} ({error.strerror})"
        ) from error
