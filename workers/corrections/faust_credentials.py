# SPDX-License-Identifier: Apache-2.0
"""TLS and SASL of a `kafka://` address, as Faust and its client want them."""

from __future__ import annotations

import ssl

from aiokafka.abc import AbstractTokenProvider
from faust.auth import Credentials, OAuthCredentials, SASLCredentials, SSLCredentials

from ..settings import KafkaSettings
from ..transports.address import read_kafka_address


def credentials_of(address: str) -> Credentials | None:
    """Faust's credentials for a broker; None where it is talked to in the open. Raises: TransportError,
    SettingsError."""
    _, security = read_kafka_address(address)
    context = _tls_of(security) if security.over_tls else None
    if security.sasl_mechanism == "OAUTHBEARER":
        return OAuthCredentials(oauth_cb=_Tokens(security), ssl_context=context)
    if security.sasl_mechanism:
        return SASLCredentials(
            username=security.sasl_username,
            password=security.password(),
            mechanism=security.sasl_mechanism,
            ssl_context=context,
        )
    return None if context is None else SSLCredentials(context)


def _tls_of(security: KafkaSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=security.ssl_cafile or None)
    context.check_hostname = security.ssl_check_hostname
    if security.ssl_certfile:
        context.load_cert_chain(security.ssl_certfile, security.ssl_keyfile or None, security.key_password())
    return context


class _Tokens(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Gives the client the token as it is at each connection."""

    def __init__(self, security: KafkaSettings) -> None:
        self._security = security

    async def token(self) -> str:
        """The token."""
        return self._security.token()
