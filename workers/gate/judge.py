# SPDX-License-Identifier: Apache-2.0
"""The gate: a candidate beside the champion, on examples that neither has learned from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine import Example, Pipeline

from ..settings import GateSettings
from .answers import answers_of
from .bootstrap import SliceDelta, compare_slices
from .cost import Cost, compare_cost
from .flips import Flips, count_flips
from .smoke import smoke_test
from .verdict import Verdict


def judge(
    champion: Pipeline,
    candidate: Pipeline,
    holdout: Sequence[Example],
    recent: Sequence[Example],
    settings: GateSettings,
) -> Verdict:
    """Whether the candidate may take the champion's place.

    It passes only if it can be loaded and served; no guarded slice of `holdout` loses more than the tolerance
    at the lower end of the confidence interval; the mean F over the layers of `recent`, held-out corrections,
    rises; few right answers become wrong; and it costs little more. `holdout` and `recent` must not have been
    trained on: see `held_out`.
    """
    broken = smoke_test(champion, candidate)
    if broken:
        return Verdict(False, tuple(broken), (), (), 0.0, (), None, len(holdout), len(recent))
    fixed, flips = _compare(champion, candidate, holdout, settings)
    fresh, _ = _compare(champion, candidate, recent, settings)
    cost = compare_cost(champion, candidate, [example.text for example in (*holdout, *recent)])
    gain = _mean_gain(fresh)
    reasons = [
        *_number_reasons(len(holdout), len(recent), settings),
        *_loss_reasons(fixed, settings),
        *_gain_reasons(fresh, gain, settings),
        *_flip_reasons(flips, settings),
        *_cost_reasons(cost, settings),
    ]
    return Verdict(
        not reasons,
        tuple(reasons),
        tuple(fixed),
        tuple(fresh),
        gain,
        tuple(flips),
        cost,
        len(holdout),
        len(recent),
    )


def _compare(
    champion: Pipeline, candidate: Pipeline, examples: Sequence[Example], settings: GateSettings
) -> tuple[list[SliceDelta], list[Flips]]:
    before, after = answers_of(champion, examples), answers_of(candidate, examples)
    deltas = compare_slices(before, after, settings.guarded_label_layers, settings)
    return deltas, count_flips(before, after)


def _number_reasons(n_holdout: int, n_recent: int, settings: GateSettings) -> Iterator[str]:
    if n_holdout < settings.min_holdout:
        yield f"expected at least {settings.min_holdout} documents in the holdout, got {n_holdout}"
    if n_recent < settings.min_recent:
        yield f"expected at least {settings.min_recent} recent held-out corrections, got {n_recent}"


def _loss_reasons(deltas: Sequence[SliceDelta], settings: GateSettings) -> Iterator[str]:
    for d in deltas:
        tolerance = _tolerance(d, settings)
        if tolerance is not None and d.lower < -tolerance:
            yield (
                f"{d.slice} on the holdout may lose {-d.lower:.4f} F (from {d.champion:.4f} to "
                f"{d.candidate:.4f}; {settings.confidence:.0%} bound), tolerated are {tolerance:g}"
            )


def _tolerance(delta: SliceDelta, settings: GateSettings) -> float | None:
    """What the slice may lose; None where it is not guarded."""
    layer, label = delta.slice.layer, delta.slice.label
    if label is not None:
        return settings.label_tolerance if delta.support >= settings.min_label_support else None
    return settings.tolerance if settings.guards(layer) else None


def _mean_gain(deltas: Sequence[SliceDelta]) -> float:
    layers = [d.delta for d in deltas if d.slice.label is None]
    return sum(layers) / len(layers) if layers else 0.0


def _gain_reasons(deltas: Sequence[SliceDelta], gain: float, settings: GateSettings) -> Iterator[str]:
    if deltas and gain <= settings.min_gain:
        detail = ", ".join(
            f"{d.slice} from {d.champion:.4f} to {d.candidate:.4f}" for d in deltas if d.slice.label is None
        )
        yield (
            f"on recent held-out corrections F changes by {gain:+.4f}, more than {settings.min_gain:g} "
            f"is needed ({detail})"
        )


def _flip_reasons(flips: Sequence[Flips], settings: GateSettings) -> Iterator[str]:
    for f in flips:
        if f.rate > settings.max_negative_flips and settings.guards(f.layer):
            yield (
                f"{f.negative} of {f.right_before} right answers of {f.layer} become wrong ({f.rate:.1%}), "
                f"allowed are {settings.max_negative_flips:.1%}"
            )


def _cost_reasons(cost: Cost, settings: GateSettings) -> Iterator[str]:
    if cost.latency_ratio > settings.max_latency_ratio:
        yield (
            f"the candidate takes {cost.latency_ratio:.2f} times the champion's CPU time, allowed are "
            f"{settings.max_latency_ratio:g}"
        )
    if cost.size_ratio > settings.max_size_ratio:
        yield (
            f"the candidate's files are {cost.size_ratio:.2f} times the champion's, allowed are "
            f"{settings.max_size_ratio:g}"
        )
