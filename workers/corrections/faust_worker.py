# SPDX-License-Identifier: Apache-2.0
"""The Faust app as a process: `freshet stream-app` on Kafka."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from faust import Worker

from ..http import serving_health
from ..settings import WorkerSettings
from ..signals import END_MARGIN, end_after_all
from .faust_app import make_app
from .topology import CorrectionSettings


def run(
    shared: WorkerSettings, settings: CorrectionSettings, port: int, slot: str, data_dir: Path | None
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
            serve=lambda health, metrics: stack.enter_context(serving_health(health, metrics, shared)),
        )
        limit = shared.drain_timeout + END_MARGIN
        # Its own logging would put texts of exceptions into lines of its own.
        options = {"loglevel": "INFO", "override_logging": False, "redirect_stdouts": False}
        _EndingWorker(faust_app, limit, **options).execute_from_commandline()


class _EndingWorker(Worker):
    """Faust's worker, which is gone soon after it was told to stop, whatever its threads do."""

    def __init__(self, app: Any, limit: float, **options: Any) -> None:
        super().__init__(app, **options)
        self._limit = limit

    async def stop(self) -> None:
        """Stop; Faust calls it at a signal."""
        end_after_all(self._limit)
        await super().stop()
