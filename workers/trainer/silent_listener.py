# SPDX-License-Identifier: Apache-2.0
"""Who hears a session that learns again what was learned before."""

from __future__ import annotations

from collections.abc import Callable

from engine.pipeline.pipeline import Pipeline
from engine.training.loop import StepInfo
from schemas import DecodeError

from ..transports.base import Record
from .events import SegmentEnd
from .metrics_rows import Row
from .session import Session


class SilentListener:
    """Keeps nothing, judges nothing: whoever learned first has said it all; hands out versions that teach."""

    judges = False

    def __init__(self, load: Callable[[int], Pipeline]) -> None:
        self._load = load

    def refused(self, record: Record, error: DecodeError) -> None:
        """See `SessionListener.refused`."""

    def stepped(self, info: StepInfo, row: Row) -> None:
        """See `SessionListener.stepped`."""

    def consolidating(self, session: Session, end: SegmentEnd) -> None:
        """See `SessionListener.consolidating`."""

    def segment_ended(self, session: Session, end: SegmentEnd) -> None:
        """See `SessionListener.segment_ended`."""

    def teacher(self, version: int) -> Pipeline:
        """See `SessionListener.teacher`."""
        return self._load(version)
