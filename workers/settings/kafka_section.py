# SPDX-License-Identifier: Apache-2.0
"""Settings of a connection to Kafka: the section `[worker.kafka]`, `FRESHET_KAFKA_*`, or an address'
query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..errors import SettingsError
from .section import Limit, Section, secret, setting
from .sources import SettingsSource, environment, merge

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
BY_PASSWORD = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
MECHANISMS = (*BY_PASSWORD, "OAUTHBEARER")


def _one_of(names: tuple[str, ...]) -> Limit:
    return Limit(f"one of {', '.join(names)} or nothing", lambda value: value in ("", *names))


@dataclass(frozen=True, slots=True)
class KafkaSettings(Section):
    """How brokers are talked to: in the open, over TLS, and as whom."""

    place: ClassVar[str] = "worker -> kafka"

    security_protocol: str = setting(
        "",
        "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. Empty: SASL_SSL where there is a mechanism, SSL where a "
        "setting of ssl_* is given, else PLAINTEXT.",
        _one_of(PROTOCOLS),
    )
    sasl_mechanism: str = setting(
        "", "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; empty: none.", _one_of(MECHANISMS)
    )
    sasl_username: str = setting("", "Who this is, for PLAIN and SCRAM.")
    sasl_password: str = secret("The password; better a file, sasl_password_file.")
    sasl_password_file: str = setting("", "File that holds the password, read at each connection.")
    sasl_token: str = secret("The token for OAUTHBEARER; better a file, which may be renewed.")
    sasl_token_file: str = setting("", "File that holds the token, read at each connection.")
    ssl_cafile: str = setting("", "Certificates (PEM) that sign the brokers'; empty: those of the system.")
    ssl_certfile: str = setting("", "Certificate (PEM) of this client, where brokers ask for one.")
    ssl_keyfile: str = setting("", "Its key (PEM); empty: it stands in ssl_certfile.")
    ssl_password: str = secret("The key's password; better a file, ssl_password_file.")
    ssl_password_file: str = setting("", "File that holds the key's password.")
    ssl_check_hostname: bool = setting(True, "Whether a broker's certificate must be for the name it has.")

    @property
    def protocol(self) -> str:
        """The protocol, said or meant."""
        if self.security_protocol:
            return self.security_protocol
        if self.sasl_mechanism:
            return "SASL_SSL"
        return "SSL" if self.ssl_cafile or self.ssl_certfile else "PLAINTEXT"

    @property
    def over_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.protocol in ("SSL", "SASL_SSL")

    def password(self) -> str:
        """The password for SASL. Raises: SettingsError."""
        return self._secret("sasl_password")

    def token(self) -> str:
        """The token for OAUTHBEARER, as it is now. Raises: SettingsError."""
        return self._secret("sasl_token")

    def key_password(self) -> str | None:
        """The password of the client's key, where it has one. Raises: SettingsError."""
        return self._secret("ssl_password") or None

    def _secret(self, name: str) -> str:
        file: str = getattr(self, f"{name}_file")
        if not file:
            return str(getattr(self, name))
        try:
            return Path(file).expanduser().read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"{self.place} -> {name}_file: expected a readable UTF-8 file, got {file!r} ({error})"
            ) from error

    def _check(self) -> None:
        wants_sasl = self.security_protocol.startswith("SASL")
        if wants_sasl and not self.sasl_mechanism:
            raise SettingsError(
                f"{self.place} -> sasl_mechanism: expected one of {', '.join(MECHANISMS)} with "
                f"{self.security_protocol}, got none"
            )
        if self.sasl_mechanism and self.security_protocol and not wants_sasl:
            raise SettingsError(
                f"{self.place} -> security_protocol: expected SASL_SSL or SASL_PLAINTEXT with "
                f"{self.sasl_mechanism}, got {self.security_protocol}"
            )
        if self.sasl_mechanism in BY_PASSWORD and not (
            self.sasl_username and (self.sasl_password or self.sasl_password_file)
        ):
            raise SettingsError(
                f"{self.place} -> sasl_username: expected a name and a password (sasl_password_file, or "
                f"FRESHET_KAFKA_SASL_PASSWORD) with {self.sasl_mechanism}, got not both"
            )
        if self.sasl_mechanism == "OAUTHBEARER" and not (self.sasl_token or self.sasl_token_file):
            raise SettingsError(
                f"{self.place} -> sasl_token_file: expected a token's file (or FRESHET_KAFKA_SASL_TOKEN) "
                "with OAUTHBEARER, got none"
            )


def read_kafka_settings(
    environ: Mapping[str, str], given: Mapping[str, object] | None = None
) -> KafkaSettings:
    """Settings of the environment (`FRESHET_KAFKA_*`, `FRESHET_KAFKA_*_FILE`) and, above them, those given.
    Raises: SettingsError."""
    inside = {
        name.replace("FRESHET_KAFKA_", "FRESHET_"): value
        for name, value in environ.items()
        if name.startswith("FRESHET_KAFKA_")
    }
    return merge(KafkaSettings, (environment(KafkaSettings, inside), SettingsSource("address", given or {})))
