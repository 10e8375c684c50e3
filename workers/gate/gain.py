# SPDX-License-Identifier: Apache-2.0
"""Whether a candidate is shown to be better than the champion, by all documents that neither has learned
from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from ..settings import GateSettings
from .answers import Answers
from .counts import SliceCounts, count, f_scores, slices_of
from .differences import differences
from .e_process import EProcess, fewest_documents
from .history import History
from .slice_delta import lower_bound

LARGE = 1e12
"""More evidence than this is all the same."""


Pair = tuple[SliceCounts, SliceCounts]
"""Counts of champion and candidate on the same documents."""


class Basis(StrEnum):
    """What a candidate may take the champion's place for."""

    NONE = ""
    GAIN = "gain"
    STREAM = "stream"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Gain:
    """The evidence that a candidate is better, and what it comes to.

    `basis`: `gain`, it is shown to be better on the documents that judge, alone or together with what the
    stream says of its student; `stream`, its student is shown to
    be better on all corrections before it learned them, and the candidate does not fall behind; `refresh`,
    the champion was shown to be better than one before it, and this is the same student, gone on, whose
    estimate does not fall behind. `documents` judged, of which the two differ in `differing`; `estimate` is
    the mean difference of F over the layers there, `lower` its lower bound. `evidence` is how many times over
    a bet on it has paid, `needed` what is asked; `more_documents` about how many more it would take, None
    where these speak for no gain. `looks` and `spent` go on to the next candidate (see `History`).
    """

    champion: int
    basis: Basis
    documents: int
    differing: int
    estimate: float
    lower: float
    evidence: float
    needed: float
    more_documents: int | None
    looks: int
    spent: float
    stream_documents: int = 0
    stream_evidence: float = 1.0


def weigh_gain(
    pairs: Sequence[tuple[Answers, Answers]],
    counting: Sequence[bool],
    settings: GateSettings,
    history: History,
) -> Gain:
    """What the documents say. `pairs`: answers of champion and candidate on the fixed holdout, and on recent
    corrections; `counting`: which of the latter count, by their authors."""
    (fixed_before, fixed_after), (recent_before, recent_after) = pairs
    before = [answers for answers, counts in zip(recent_before, counting, strict=True) if counts]
    after = [answers for answers, counts in zip(recent_after, counting, strict=True) if counts]
    pool, recent = _counts([*fixed_before, *before], [*fixed_after, *after]), _counts(before, after)
    gain = weigh_counts(pool, recent, settings, history)
    return replace(gain, lower=lower_bound(*pool, _layers(pool), 1 - settings.confidence))


def weigh_counts(pool: Pair, recent: Pair, settings: GateSettings, history: History) -> Gain:
    """The same by counts, on all documents and on the recent ones among them; without a lower bound.

    What the stream says is of other documents, and a candidate follows from the stream alone. So the wealth
    that a bettor takes from the stream may be bet again on the documents that judge: half of the evidence is
    theirs, half is both wealths multiplied.
    Source: V. Vovk, R. Wang, E-values: calibration, combination and applications, Annals of Statistics 2021
    (products of sequential e-values, means of any).
    """
    alpha = settings.alpha if history.stream is None else settings.alpha / 2
    lift = 1.0 if history.stream is None else (1 + history.stream.value) / 2
    rows = [differences(*pair, _layers(pair), settings.min_gain) for pair in (pool, recent)]
    processes, target = [EProcess.of(x) for x in rows], history.log_target(alpha)
    held, estimate = mean_value(processes), _estimate(pool)
    evidence = min(held * lift, LARGE)
    # What could not be shown whoever had won is not tried, and takes no share of the error.
    tried = math.log(mean_value([EProcess.of(np.abs(x)) for x in rows]) * lift) >= target
    gain = Gain(
        champion=history.champion,
        basis=Basis.NONE,
        documents=len(rows[0]),
        differing=int((pool[0].values != pool[1].values).any(axis=(1, 2)).sum()),
        estimate=estimate,
        lower=-1.0,
        evidence=evidence,
        needed=math.exp(target),
        more_documents=_more_documents(processes, target - math.log(lift))
        if estimate > settings.min_gain
        else None,
        looks=history.looks + tried,
        spent=min(history.spent + history.share * evidence * tried, LARGE),
        stream_documents=0 if history.stream is None else history.stream.documents,
        stream_evidence=1.0 if history.stream is None else history.stream.value,
    )
    return replace(gain, basis=_basis(gain, held, alpha, settings, history))


def mean_value(processes: Sequence[EProcess]) -> float:
    """The mean of several wealths, which is evidence against all their null hypotheses together."""
    return min(sum(process.value for process in processes) / len(processes), LARGE)


def _basis(gain: Gain, held: float, alpha: float, settings: GateSettings, history: History) -> Basis:
    """`held`: the evidence of the documents that judge alone, which need no estimate beside it."""
    if settings.min_gain <= -1 or held >= gain.needed <= gain.evidence:
        return Basis.GAIN
    if not gain.differing or gain.estimate <= settings.min_gain:
        return Basis.NONE
    if gain.evidence >= gain.needed:
        return Basis.GAIN
    if gain.stream_evidence >= 1 / alpha:
        return Basis.STREAM
    return Basis.REFRESH if settings.refresh and history.proven else Basis.NONE


def _more_documents(processes: Sequence[EProcess], target: float) -> int | None:
    """About how many more documents it takes, by whichever needs fewer."""
    if math.log(mean_value(processes)) >= target:
        return 0
    target += math.log(len(processes))
    least = fewest_documents(target) - processes[0].documents
    found = [more for p in processes if (more := p.more_documents(target)) is not None]
    return max(min(found), least, 1) if found else None


def _counts(before: Answers, after: Answers) -> Pair:
    slices = slices_of(before, ())
    return count(before, slices), count(after, slices)


def _layers(pair: Pair) -> range:
    return range(len(pair[0].slices))


def _estimate(pair: Pair) -> float:
    before, after = (f_scores(counts.values.sum(axis=0)) for counts in pair)
    return float((after - before).mean()) if len(before) else 0.0
