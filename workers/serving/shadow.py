# SPDX-License-Identifier: Apache-2.0
"""Scoring a shadow, or a canary, beside the champion on a sample of the live batches, in a thread of its
own."""

from __future__ import annotations

import logging
import queue
import random
import threading
from collections.abc import Callable, Sequence

import orjson

from ..settings import WorkerSettings
from ..transports.base import OutgoingRecord, Record
from .agreement import Agreement
from .live_model import LiveModel, Model, Served
from .outputs import answer

log = logging.getLogger(__name__)

BACKLOG = 2
"""Batches that may wait to be scored; more are passed over, so that annotating never waits for the shadow."""

Scored = Callable[[Model, Agreement], None]


class Shadowing:
    """Takes a sample of batches and lets the other model annotate them too; nothing of that is written.

    The champion's batches are scored with the shadow, a canary's with the champion. `scored` hears of each
    result.
    """

    def __init__(
        self, live: LiveModel, settings: WorkerSettings, scored: Scored, seed: int | None = None
    ) -> None:
        self.model: Model | None = None
        self._live = live
        self._settings = settings
        self._scored = scored
        self._random = random.Random(seed)
        self._sums: dict[int, Agreement] = {}
        self._waiting: queue.Queue[Served | None] = queue.Queue(BACKLOG)
        self._thread = threading.Thread(target=self._run, name="freshet-shadow", daemon=True)
        self._thread.start()

    def offer(self, served: Served) -> None:
        """Maybe score this batch, later."""
        judged = self._judged(served)
        if (
            judged is None
            or self._settings.output_format != "freshet"
            or self._random.random() >= self._settings.shadow_sample
        ):
            return
        try:
            self._waiting.put_nowait(served)
        except queue.Full:
            return

    def agreement(self, model: Model) -> Agreement | None:
        """What has been found about a model so far."""
        return self._sums.get(id(model))

    def forget(self, keep: Sequence[Model]) -> None:
        """Drop the sums of all models but these."""
        known = {id(model) for model in keep}
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

    def _judged(self, served: Served) -> Model | None:
        """The model that this batch tells something about."""
        lineup = self._live.lineup()
        if served.model is lineup.champion:
            return self.model
        return served.model if served.model is lineup.canary else None

    def _run(self) -> None:
        while (served := self._waiting.get()) is not None:
            judged = self._judged(served)
            if judged is None:
                continue
            other = judged if judged is not served.model else self._live.current()
            try:
                self._score(judged, other, served)
            except Exception as error:  # a shadow that fails must not disturb anything
                log.warning("scoring version %s on a sample failed: %s", judged.ref.version, error)

    def _score(self, judged: Model, other: Model, served: Served) -> None:
        answers = answer(served.records, other, self._settings, lambda stage: None)
        sums = self._sums.setdefault(id(judged), Agreement())
        for record, one, two in zip(served.records, served.outgoing, answers.outgoing, strict=True):
            if _is_annotation(record, one, self._settings) and _is_annotation(record, two, self._settings):
                sums.add(orjson.loads(one.value or b"{}"), orjson.loads(two.value or b"{}"))
        self._scored(judged, sums)


def _is_annotation(record: Record, outgoing: OutgoingRecord, settings: WorkerSettings) -> bool:
    return outgoing.topic == settings.output_topic
