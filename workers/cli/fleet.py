# SPDX-License-Identifier: Apache-2.0
"""The worker processes of one machine, and the topics that they need."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from schemas.correction import TOPIC as CORRECTIONS

from ..errors import WorkerError
from ..settings import WorkerSettings
from ..transports import Transport
from .console import err
from .demo.feed import DemoFeed
from .worker_process import WorkerProcess, start_console, start_trainer

RESTARTS = 3
NAME = "default"
"""Of the registry that the fleet's models are in."""


@dataclass(slots=True)
class Fleet:
    """All that runs for one `freshet up`. `feed` None: nothing is learned. `given_up`: the trainer died
    too often."""

    transport: Transport
    settings: WorkerSettings
    data_dir: Path
    stack: ExitStack
    annotator: WorkerProcess
    feed: DemoFeed | None
    trainer: WorkerProcess | None = None
    console: WorkerProcess | None = None
    given_up: bool = False

    def check(self) -> None:
        """See whether everything runs; what died is started again. Raises: WorkerError where that does not
        help the annotator."""
        self.annotator.check()
        self._check_console()
        if self.trainer is None or self.given_up:
            return
        try:
            self.trainer.check()
        except WorkerError as error:  # annotating goes on without it
            self.given_up = True
            err.print(f"nothing more will be learned: {error}", style="yellow", markup=False)

    def _check_console(self) -> None:
        try:
            if self.console is not None:
                self.console.check()
        except WorkerError as error:  # annotating and learning go on without it
            self.console = None
            err.print(f"there is no console any more: {error}", style="yellow", markup=False)

    def start_console(self, *options: str) -> None:
        """Let people look."""
        log = self.data_dir / "console.log"
        settings = self.settings
        process = start_console(settings.broker, settings.registry, log, *options, restarts=RESTARTS)
        self.console = self.stack.enter_context(process)

    def start_trainer(self, config: str, *options: str) -> None:
        """Begin to learn."""
        log = self.data_dir / "trainer.log"
        process = start_trainer(
            config,
            self.settings.broker,
            self.settings.registry,
            log,
            "--learner.name",
            NAME,
            *options,
            restarts=RESTARTS,
        )
        self.trainer = self.stack.enter_context(process)

    def ask_to_stop(self) -> None:
        """Let all finish at the same time."""
        for process in (self.trainer, self.annotator, self.console):
            if process is not None:
                process.ask_to_stop()


def make_topics(transport: Transport, settings: WorkerSettings, partitions: int) -> None:
    """Make the topics that workers with these settings need, where they are missing; one that is there stays
    as it is.

    Corrections have one partition: people are slow, and with one the order of learning is that of the log.
    """
    with closing(transport.admin()) as admin:
        for topic in (settings.input_topic, settings.output_topic, settings.dead_letters_to):
            admin.create_topic(topic, partitions)
        admin.create_topic(CORRECTIONS, 1)
