# SPDX-License-Identifier: Apache-2.0
"""Scores of a shadow, or a canary, beside the champion on a sample of the live batches, in a thread of its
own."""

from __future__ import annotations

import logging
import queue
import random
import threading
from collections.abc import Callable, Sequence

import orjson

from ..settings import OutputFormat, WorkerSettings
from ..transports.base import OutgoingRecord
from .agreement import Agreement
from .live_model import BatchServed, LiveModel
from .model import Model
from .outputs import annotate_records

log = logging.getLogger(__name__)

BACKLOG = 2
"""Batches that may wait to be scored; more are passed over, so that annotating never waits for the shadow."""

OnScore = Callable[[Model, Agreement], None]


class ShadowScorer:
    """Takes a sample of batches and lets the other model annotate them too; nothing of that is written.

    The champion's batches are scored with the shadow, a canary's with the champion. `on_score` hears of each
    result.
    """

    def __init__(
        self, live: LiveModel, settings: WorkerSettings, on_score: OnScore, seed: int | None = None
    ) -> None:
        self._live = live
        self._settings = settings
        self._on_score = on_score
        self._random = random.Random(seed)
        self._sums: dict[int, Agreement] = {}
        self._waiting: queue.Queue[BatchServed | None] = queue.Queue(BACKLOG)
        self._thread = threading.Thread(target=self._run, name="freshet-shadow", daemon=True)
        self._thread.start()

    def offer(self, batch: BatchServed) -> None:
        """Maybe score this batch, later."""
        if (
            self._judged_by(batch) is None
            or self._settings.output_format != OutputFormat.FRESHET
            or self._random.random() >= self._settings.shadow_sample
        ):
            return
        try:
            self._waiting.put_nowait(batch)
        except queue.Full:
            return

    def retain(self, models: Sequence[Model]) -> None:
        """Drop the sums of all models but these."""
        known = {id(model) for model in models}
        self._sums = {key: value for key, value in self._sums.items() if key in known}

    def close(self) -> None:
        """Stop scoring; what waits is dropped."""
        while True:
            try:
                self._waiting.put_nowait(None)
                break
            except queue.Full:
                self._waiting.get_nowait()
        self._thread.join(5)

    def _judged_by(self, batch: BatchServed) -> Model | None:
        """The model that this batch tells something about."""
        deployment = self._live.deployment()
        if batch.model is deployment.champion:
            return deployment.shadow
        return batch.model if batch.model is deployment.canary else None

    def _run(self) -> None:
        while (batch := self._waiting.get()) is not None:
            judged = self._judged_by(batch)
            if judged is None:
                continue
            other = judged if judged is not batch.model else self._live.current()
            try:
                self._score(judged, other, batch)
            except Exception as error:  # a shadow that fails must not disturb anything
                log.warning("scoring version %s on a sample failed: %s", judged.ref.version, error)

    def _score(self, judged: Model, other: Model, batch: BatchServed) -> None:
        outputs = annotate_records(batch.records, other, self._settings)
        sums = self._sums.setdefault(id(judged), Agreement())
        for one, two in zip(batch.outgoing, outputs.outgoing, strict=True):
            if self._is_annotation(one) and self._is_annotation(two):
                sums.add(orjson.loads(one.value or b"{}"), orjson.loads(two.value or b"{}"))
        self._on_score(judged, sums)

    def _is_annotation(self, outgoing: OutgoingRecord) -> bool:
        return outgoing.topic == self._settings.output_topic
