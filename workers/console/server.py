# SPDX-License-Identifier: Apache-2.0
"""A console from its settings until it is stopped."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager

from ..errors import SettingsError
from ..http import LOOPBACK, HttpServer
from ..model_registry import ModelRegistry, RegistryError
from ..settings import ConsoleSettings, WorkerSettings
from .app import make_app
from .console import Console
from .sessions import Sessions, role_of

log = logging.getLogger(__name__)

ADVICE = "give another --port, or 0 for any"


@contextmanager
def serving(
    settings: ConsoleSettings,
    workers: WorkerSettings,
    registry: ModelRegistry | None,
    sessions: Sessions,
    *,
    second_opinion: bool = False,
) -> Iterator[tuple[Console, HttpServer]]:
    """A console that answers while the block lasts; its streams end before the server waits for its answers.

    Raises: SettingsError where others than this machine could ask it and nobody has a token; WorkerError
    where the port is taken.
    """
    require_safe(settings, sessions)
    console = Console(settings, workers, registry, second_opinion=second_opinion)
    app = make_app(console, sessions)
    with closing(HttpServer(app, settings.host, settings.port, name="console", advice=ADVICE)) as server:
        console.start()
        try:
            yield console, server
        finally:
            console.stop()


def require_safe(settings: ConsoleSettings, sessions: Sessions) -> None:
    """Refuse to open the console to others without a word of who they are. Raises: SettingsError."""
    role_of(settings.proxy_role, "console -> proxy_role")
    if (
        settings.host not in (LOOPBACK, "localhost", "::1")
        and not sessions.has_tokens
        and not settings.trusted_proxy
    ):
        raise SettingsError(
            f"console -> host: expected {LOOPBACK}, or people with tokens (FRESHET_CONSOLE_TOKENS_FILE) or a "
            f"trusted proxy, got {settings.host!r} with neither; `freshet console token NAME` makes a token"
        )


def ready_registry(registry: ModelRegistry) -> str:
    """Why a registry cannot be used now; empty where it can."""
    try:
        registry.check()
    except RegistryError as error:
        return str(error)
    return ""
