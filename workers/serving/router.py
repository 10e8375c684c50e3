# SPDX-License-Identifier: Apache-2.0
"""Which model annotates which record of a batch, and what happens where one fails.

The ladder of failures, from the smallest to the largest; each rung is tried before the next:

    a record fails              isolation.py   halves the batch until the record stands alone
    ... on a new model only     router.py      another model annotates it: the canary's the champion, the
                                               champion's the one before it; the guard counts (guard.py)
    ... on both, or unreadable  outputs.py     its dead letter stands in the annotation's place
    a model fails on the probe  router.py      the model is evicted and the batch done again by the next one
    no model is left            router.py      ModelError: the worker ends, and its records are read again
    a commit fails              annotator/     the consumer is rewound, later made anew (membership.py)
    this worker dies            transports/    its records come to another consumer of the group

So a fault of a model makes no dead letters while another one works, and no fault loses a record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import ModelError
from ..settings import WorkerSettings
from ..transports.base import OutgoingRecord, Record
from ..transports.partitioner import murmur2
from .live_model import BatchServed, LiveModel
from .model import Model, StageTimer, untimed
from .outputs import BatchOutputs, annotate_records

_GOLDEN = 0x9E3779B1
"""2**32 over the golden ratio: spreads hashes anew, so that a canary's share is spread over all partitions,
which use the same hash."""


@dataclass(frozen=True, slots=True)
class Router:
    """Annotates batches by the models that serve. Safe to use from several threads."""

    live: LiveModel
    settings: WorkerSettings

    def annotate(self, records: Sequence[Record], timer: StageTimer = untimed) -> BatchOutputs:
        """Annotate records, each by the model that its key belongs to. Raises: ModelError where no model
        works any more."""
        deployment = self.live.deployment()
        if deployment.canary is None:
            return self._by_champion(records, timer)
        mine = [i for i, record in enumerate(records) if in_canary(record.key, deployment.canary_percent)]
        if not mine:
            return self._by_champion(records, timer)
        others = sorted(set(range(len(records))) - set(mine))
        parts = [(mine, self._by_canary(deployment.canary, [records[i] for i in mine], timer))]
        if others:
            parts.append((others, self._by_champion([records[i] for i in others], timer)))
        return _merge(len(records), parts)

    def _by_canary(self, canary: Model, records: Sequence[Record], timer: StageTimer) -> BatchOutputs:
        """By the canary; by the champion where the canary is broken."""
        try:
            outputs = annotate_records(records, canary, self.settings, timer)
        except ModelError as error:
            self.live.evict(canary)
            self._tell_break(canary, error)
            return self._by_champion(records, timer)
        return self._fall_back(canary, self.live.current(), records, outputs, timer)

    def _by_champion(self, records: Sequence[Record], timer: StageTimer) -> BatchOutputs:
        while True:
            model = self.live.current()
            try:
                outputs = annotate_records(records, model, self.settings, timer)
            except ModelError as error:
                if not self.live.evict(model):
                    raise
                self._tell_break(model, error)
                continue
            return self._fall_back(model, self.live.previous, records, outputs, timer)

    def _fall_back(
        self,
        model: Model,
        other: Model | None,
        records: Sequence[Record],
        outputs: BatchOutputs,
        timer: StageTimer,
    ) -> BatchOutputs:
        """Let the other model try what this one failed on, so that a new model's faults make no dead
        letters."""
        n_fallback = 0
        if outputs.failed and other is not None and other is not model:
            places = sorted(outputs.failed)
            second = self._try([records[i] for i in places], other, timer)
            for place, outgoing in second.items():
                outputs.outgoing[places[place]] = outgoing
                del outputs.dead[places[place]]
            n_fallback = len(second)
        if self.live.observer is not None:
            self.live.observer.on_batch(BatchServed(model, records, outputs.outgoing, n_fallback))
        return outputs

    def _try(self, records: Sequence[Record], model: Model, timer: StageTimer) -> dict[int, OutgoingRecord]:
        """The annotations that this model makes, by position."""
        try:
            outputs = annotate_records(records, model, self.settings, timer)
        except ModelError:
            return {}
        return {i: outgoing for i, outgoing in enumerate(outputs.outgoing) if i not in outputs.dead}

    def _tell_break(self, model: Model, error: Exception) -> None:
        if self.live.observer is not None:
            self.live.observer.on_break(model, error)


def in_canary(key: bytes | None, percent: float) -> bool:
    """Whether a key belongs to the canary's share: by its murmur2 hash, the same keys in every worker;
    records without a key never.

    >>> sum(in_canary(b"%d" % i, 10) for i in range(10_000))
    1032
    """
    return key is not None and (murmur2(key) * _GOLDEN & 0xFFFFFFFF) < percent / 100 * (1 << 32)


def _merge(n_records: int, parts: Sequence[tuple[Sequence[int], BatchOutputs]]) -> BatchOutputs:
    outgoing: dict[int, OutgoingRecord] = {}
    dead: dict[int, str] = {}
    for places, outputs in parts:
        outgoing |= zip(places, outputs.outgoing, strict=True)
        dead |= {places[i]: reason for i, reason in outputs.dead.items()}
    return BatchOutputs([outgoing[i] for i in range(n_records)], dead)
