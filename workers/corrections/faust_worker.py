# SPDX-License-Identifier: Apache-2.0
"""The Faust app as a process: `freshet stream-app` on Kafka."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from faust import Worker

from ..http import Health
from ..settings import WorkerSettings
from ..signals import END_MARGIN, end_after_all
from .faust_app import make_app
from .topology import CorrectionSettings

Serving = Callable[[Health, Callable[[], bytes]], AbstractContextManager[None]]
"""Serves health and metrics as long as it is open."""


def run(
    shared: WorkerSettings,
    settings: CorrectionSettings,
    port: int,
    slot: str,
    data_dir: Path | None,
    serving: Serving,
) -> None:
    """Run the app until a signal ends it; its tables are served at `port` on loopback."""
    with ExitStack() as stack:
        faust_app = make_app(
            shared.broker,
            settings,
            web_port=port or 6066,
            slot=slot,
            session_timeout=shared.session_timeout,
            data_dir=data_dir,
            serve=lambda health, metrics: stack.enter_context(serving(health, metrics)),
        )
        _EndingWorker(
            faust_app,
            shared.drain_timeout + END_MARGIN,
            loglevel="INFO",
            override_logging=False,
            redirect_stdouts=False,
        ).execute_from_commandline()


class _EndingWorker(Worker):
    """Faust's worker, which is gone soon after it was told to stop, whatever its threads do."""

    def __init__(self, app: Any, limit: float, **options: Any) -> None:
        super().__init__(app, **options)
        self._limit = limit

    async def stop(self) -> None:
        """Stop; Faust calls it at a signal."""
        end_after_all(self._limit)
        await super().stop()
