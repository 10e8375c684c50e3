# SPDX-License-Identifier: Apache-2.0
"""Passwords that change while clients live: kafka-python is handed one for a client's life; here it is asked
for at each connection, as tokens are."""

from __future__ import annotations

from typing import Any

from kafka.net.sasl import register_sasl_mechanism
from kafka.net.sasl.oauth import AbstractTokenProvider
from kafka.net.sasl.plain import SaslMechanismPlain
from kafka.net.sasl.scram import SaslMechanismScram

from ...settings import KafkaSettings


class Secrets(AbstractTokenProvider):  # type: ignore[misc]  # kafka-python has no types
    """What a client proves itself by, as it is now."""

    def __init__(self, security: KafkaSettings) -> None:
        self._security = security

    def token(self) -> str:
        """The token. Raises: SettingsError where its file cannot be read."""
        return self._security.token()

    def password(self) -> str:
        """The password. Raises: SettingsError where its file cannot be read."""
        return self._security.password()


class FreshPlain(SaslMechanismPlain):  # type: ignore[misc]  # kafka-python has no types
    """PLAIN, made for each connection, with the password of that moment."""

    def __init__(self, **config: Any) -> None:
        super().__init__(**_with_password(config))


class FreshScram(SaslMechanismScram):  # type: ignore[misc]  # kafka-python has no types
    """SCRAM, made for each connection, with the password of that moment."""

    def __init__(self, **config: Any) -> None:
        super().__init__(**_with_password(config))


def ask_for_passwords() -> None:
    """Let all clients of this process that bring `Secrets` be asked; others are as ever."""
    register_sasl_mechanism("PLAIN", FreshPlain, overwrite=True)
    for name in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
        register_sasl_mechanism(name, FreshScram, overwrite=True)


def _with_password(config: dict[str, Any]) -> dict[str, Any]:
    secrets = config.get("sasl_oauth_token_provider")
    return config | {"sasl_plain_password": secrets.password()} if isinstance(secrets, Secrets) else config
