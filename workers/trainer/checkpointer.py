# SPDX-License-Identifier: Apache-2.0
"""Keeps a session's state: committed once, wherever the trainer falls and however often it is tried."""

from __future__ import annotations

from collections.abc import Callable

from engine.file_digests import digest_of
from engine.training.learner_state import LearnerState

from ..model_registry import ModelRegistry
from ..transports.base import PartitionReader
from .checkpoints import Checkpoints
from .events import SegmentEnd
from .metrics_rows import checkpoint_row, log_row
from .registry_retry import RegistryRetry
from .session import Session
from .session_state import capture_session


class Checkpointer:
    """Commits state and offsets together, on top of the state before, then notes the offsets for plots of the
    group's lag. `on_step` is called between the steps of that, for fault tests."""

    def __init__(
        self,
        registry: ModelRegistry,
        reader: PartitionReader,
        topic: str,
        retry: RegistryRetry,
        on_step: Callable[[str], None],
    ) -> None:
        self._registry, self._checkpoints = registry, Checkpoints(registry)
        self._reader, self._topic = reader, topic
        self._retry, self._on_step = retry, on_step
        self._parent: str | None = None

    @property
    def fence(self) -> int:
        """The token of this trainer; newer trainers have higher ones."""
        return self._checkpoints.fence

    def take_over(self) -> LearnerState | None:
        """Fence earlier trainers off; the state that was committed last."""
        self._retry(self._checkpoints.take_over)
        found = self._retry(self._checkpoints.load)
        if found is None:
            return None
        self._parent, files = found
        return LearnerState.from_files(files)

    def commit(self, session: Session, end: SegmentEnd) -> str:
        """Make the session's state the current one, if it is not; its digest.

        Raises: StaleWriterError where another trainer took over; StaleHeadError where another state than the
        one before was committed.
        """
        files = capture_session(session).to_files()
        digest = digest_of(files)
        if digest != self._parent:
            offsets = {f"{self._topic}:{partition}": at for partition, at in session.positions.items()}
            self._on_step("commit")
            self._retry(lambda: self._checkpoints.commit(self._parent, digest, offsets, files))
            self._on_step("committed")
            self._parent = digest
            log_row(self._registry, checkpoint_row(session.progress.step, digest, end.value))
        self._reader.note(session.positions)
        self._on_step("noted")
        return digest
