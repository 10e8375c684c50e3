# SPDX-License-Identifier: Apache-2.0
"""Answers for a batch by the models that serve now: the champion, a canary for its share, the one before
where a new one fails."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ModelError
from ..settings import WorkerSettings
from ..transports.base import OutgoingRecord, Record
from ..transports.partitioner import murmur2
from .live_model import Lap, LiveModel, Model, Served
from .outputs import Answers, answer

_GOLDEN = 0x9E3779B1
"""2**32 over the golden ratio: spreads hashes anew, so that a canary's share is spread over all partitions,
which use the same hash."""


def serve(live: LiveModel, records: Sequence[Record], settings: WorkerSettings, lap: Lap) -> Answers:
    """Annotate records, each by the model that its key belongs to. Raises: ModelError where no model works
    any more."""
    lineup = live.lineup()
    if lineup.canary is None:
        return _by_champion(live, records, settings, lap)
    mine = [i for i, record in enumerate(records) if in_canary(record.key, lineup.canary_percent)]
    if not mine:
        return _by_champion(live, records, settings, lap)
    others = sorted(set(range(len(records))) - set(mine))
    answers = [(mine, _by_canary(live, lineup.canary, [records[i] for i in mine], settings, lap))]
    if others:
        answers.append((others, _by_champion(live, [records[i] for i in others], settings, lap)))
    return _merged(len(records), answers)


def in_canary(key: bytes | None, percent: float) -> bool:
    """Whether a key belongs to the canary's share: by its murmur2 hash, the same keys in every worker;
    records without a key never.

    >>> sum(in_canary(b"%d" % i, 10) for i in range(10_000))
    1032
    """
    return key is not None and (murmur2(key) * _GOLDEN & 0xFFFFFFFF) < percent / 100 * (1 << 32)


def _by_canary(
    live: LiveModel, canary: Model, records: Sequence[Record], settings: WorkerSettings, lap: Lap
) -> Answers:
    """By the canary; by the champion where the canary is broken."""
    try:
        answers = answer(records, canary, settings, lap)
    except ModelError as error:
        live.drop(canary)
        _tell_broke(live, canary, error)
        return _by_champion(live, records, settings, lap)
    return _rescued(live, canary, live.current(), records, answers, settings, lap)


def _by_champion(live: LiveModel, records: Sequence[Record], settings: WorkerSettings, lap: Lap) -> Answers:
    while True:
        model = live.current()
        try:
            answers = answer(records, model, settings, lap)
        except ModelError as error:
            if not live.drop(model):
                raise
            _tell_broke(live, model, error)
            continue
        return _rescued(live, model, live.previous, records, answers, settings, lap)


def _rescued(
    live: LiveModel,
    model: Model,
    other: Model | None,
    records: Sequence[Record],
    answers: Answers,
    settings: WorkerSettings,
    lap: Lap,
) -> Answers:
    """Let the other model try what this one failed on, so that a new model's faults make no dead letters."""
    n_rescued = 0
    if answers.broken and other is not None and other is not model:
        places = sorted(answers.broken)
        second = _tried(other, [records[i] for i in places], settings, lap)
        for place, outgoing in second.items():
            answers.outgoing[places[place]] = outgoing
            del answers.reasons[places[place]]
        n_rescued = len(second)
    if live.observer is not None:
        live.observer.served(Served(model, records, answers.outgoing, n_rescued))
    return answers


def _tried(
    model: Model, records: Sequence[Record], settings: WorkerSettings, lap: Lap
) -> dict[int, OutgoingRecord]:
    """The annotations that this model makes, by position."""
    try:
        answers = answer(records, model, settings, lap)
    except ModelError:
        return {}
    return {i: outgoing for i, outgoing in enumerate(answers.outgoing) if i not in answers.reasons}


def _tell_broke(live: LiveModel, model: Model, error: Exception) -> None:
    if live.observer is not None:
        live.observer.broke(model, error)


def _merged(n_records: int, parts: Sequence[tuple[Sequence[int], Answers]]) -> Answers:
    outgoing: dict[int, OutgoingRecord] = {}
    reasons: dict[int, str] = {}
    for places, answers in parts:
        outgoing |= zip(places, answers.outgoing, strict=True)
        reasons |= {places[i]: reason for i, reason in answers.reasons.items()}
    return Answers([outgoing[i] for i in range(n_records)], reasons)
