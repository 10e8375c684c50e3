# SPDX-License-Identifier: Apache-2.0
"""A cluster: its servers, and how they are talked to. What is shown of it is the servers alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...settings import KafkaSettings
from ...settings.kafka_section import BY_PASSWORD
from .passwords import Secrets, ask_for_passwords


@dataclass(frozen=True, slots=True)
class Cluster:
    """Servers (HOST:PORT) and TLS and SASL to them."""

    servers: tuple[str, ...]
    security: KafkaSettings = field(default=KafkaSettings(), repr=False)

    def __str__(self) -> str:
        how = [self.security.protocol, self.security.sasl_mechanism]
        said = "" if how == ["PLAINTEXT", ""] else f" ({', '.join(filter(None, how))})"
        return ",".join(self.servers) + said

    def client_settings(self) -> dict[str, Any]:
        """What kafka-python's clients are told. Raises: SettingsError where a secret's file cannot be
        read."""
        security = self.security
        told: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "security_protocol": security.protocol,
        }
        if security.over_tls:
            told |= {
                "ssl_cafile": security.ssl_cafile or None,
                "ssl_certfile": security.ssl_certfile or None,
                "ssl_keyfile": security.ssl_keyfile or None,
                "ssl_password": security.key_password(),
                "ssl_check_hostname": security.ssl_check_hostname,
            }
        if security.sasl_mechanism in BY_PASSWORD:
            ask_for_passwords()
            told |= {
                "sasl_mechanism": security.sasl_mechanism,
                "sasl_plain_username": security.sasl_username,
                "sasl_plain_password": security.password(),
                "sasl_oauth_token_provider": Secrets(security),
            }
        elif security.sasl_mechanism:
            told |= {
                "sasl_mechanism": security.sasl_mechanism,
                "sasl_oauth_token_provider": Secrets(security),
            }
        return told
