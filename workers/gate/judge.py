# SPDX-License-Identifier: Apache-2.0
"""The gate: a candidate beside the champion, on examples that neither has learned from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from engine import Example, Pipeline

from ..settings import GateSettings
from .answers import Answers, answers_of
from .authors import author_of, counted
from .cost import Cost, compare_cost
from .flips import Flips, count_flips
from .gain import Basis, Gain, weigh_gain
from .history import History
from .slice_delta import SliceDelta, compare_slices
from .smoke import smoke_test
from .verdict import Guard, Verdict

MARKS = 8
"""Newest corrections whose keys a verdict remembers, to know later which came after them."""
MAX_BASE = 400
"""Documents of the base that stand in for a holdout."""


def judge(
    champion: Pipeline,
    candidate: Pipeline,
    holdout: Sequence[Example],
    recent: Sequence[Example],
    settings: GateSettings,
    *,
    base: Sequence[Example] = (),
    history: History | None = None,
) -> Verdict:
    """Whether the candidate may take the champion's place.

    It passes only if it can be loaded and served; it is shown to be better (see `Gain`) by `holdout` and
    `recent`, held-out corrections, together; no guarded slice of either is shown to lose more than is
    tolerated, and the holdout is large enough to exclude a great loss; few right answers become wrong; and it
    costs little more. `holdout` and `recent` must not have been trained on: see `held_out`. Where there is
    no holdout, `base`, which both have learned from, must exclude the great loss; where there is neither,
    nothing passes, since then the stream would be judged by itself.
    """
    history = history or History()
    broken = smoke_test(champion, candidate)
    if broken:
        return Verdict(False, tuple(broken), (), (), 0.0, (), None, len(holdout), len(recent))
    guard = Guard.HOLDOUT if holdout else Guard.BASE if base else Guard.NONE
    guarding = holdout or list(islice(base, 0, None, len(base) // MAX_BASE + 1))
    fixed, fresh = (_answers(champion, candidate, examples) for examples in (guarding, recent))
    by_layer = [compare_slices(*pair, settings.guarded_label_layers, settings) for pair in (fixed, fresh)]
    flips, cost = count_flips(*fixed), compare_cost(champion, candidate, _texts(holdout, recent))
    counting = counted(map(author_of, recent), settings.max_author_share)
    gain = weigh_gain((fixed if holdout else ((), ()), fresh), counting, settings, history)
    reasons = [
        *_number_reasons(guard, len(holdout), len(recent), settings),
        *_loss_reasons(by_layer[0], guard, len(guarding), settings),
        *_loss_reasons(by_layer[1], Guard.NONE, len(recent), settings),
        *_gain_reasons(gain, settings),
        *_flip_reasons(flips, settings),
        *_cost_reasons(cost, settings),
    ]
    return Verdict(
        not reasons,
        tuple(reasons),
        tuple(by_layer[0]),
        tuple(by_layer[1]),
        _mean_gain(by_layer[1]),
        tuple(flips),
        cost,
        len(holdout),
        len(recent),
        gain,
        guard,
        tuple(key for example in recent[-MARKS:] if (key := getattr(example, "key", ""))),
    )


def _answers(champion: Pipeline, candidate: Pipeline, examples: Sequence[Example]) -> tuple[Answers, Answers]:
    return answers_of(champion, examples), answers_of(candidate, examples)


def _texts(*parts: Sequence[Example]) -> list[str]:
    return [example.text for part in parts for example in part]


def _number_reasons(guard: Guard, n_holdout: int, n_recent: int, settings: GateSettings) -> Iterator[str]:
    if guard is Guard.NONE:
        yield (
            "nothing but the stream judges the stream: no version is promoted by itself without a holdout "
            "([paths] holdout) or a base ([paths] base)"
        )
    if n_holdout < settings.min_holdout:
        yield f"expected at least {settings.min_holdout} documents in the holdout, got {n_holdout}"
    if n_recent < settings.min_recent:
        yield f"expected at least {settings.min_recent} recent held-out corrections, got {n_recent}"


def _loss_reasons(
    deltas: Sequence[SliceDelta], guard: Guard, n_documents: int, settings: GateSettings
) -> Iterator[str]:
    """What is shown to be lost, and what the guard is too small to exclude. What both have learned by heart
    says nothing about small losses."""
    where = {Guard.HOLDOUT: "the holdout", Guard.BASE: "the base"}.get(guard, "recent held-out corrections")
    for d in deltas:
        tolerance = _tolerance(d, settings)
        if tolerance is None:
            continue
        scores = f"from {d.champion:.4f} to {d.candidate:.4f} F"
        if guard is not Guard.BASE and d.worse >= 1 / (1 - settings.confidence):
            yield (
                f"{d.slice} on {where} loses: {scores}, at least {max(-d.upper, 0.0):.4f} of them with "
                f"{settings.confidence:.0%} confidence; tolerated are {tolerance:g}"
            )
        elif guard is not Guard.NONE and d.slice.label is None and d.more_documents != 0:
            yield (
                f"{d.slice} on {where}, {n_documents} documents ({scores}): a loss of "
                f"{settings.max_hidden_loss:g} F is not excluded{_wanted(d.more_documents)}"
            )


def _tolerance(delta: SliceDelta, settings: GateSettings) -> float | None:
    """What the slice may lose; None where it is not guarded."""
    layer, label = delta.slice.layer, delta.slice.label
    if label is not None:
        return settings.label_tolerance if delta.support >= settings.min_label_support else None
    return settings.tolerance if settings.guards(layer) else None


def _wanted(more: int | None) -> str:
    return "" if more is None else f"; about {more} more like these would do"


def _mean_gain(deltas: Sequence[SliceDelta]) -> float:
    layers = [d.delta for d in deltas if d.slice.label is None]
    return sum(layers) / len(layers) if layers else 0.0


def _gain_reasons(gain: Gain, settings: GateSettings) -> Iterator[str]:
    if gain.basis is not Basis.NONE:
        return
    judged = f"{gain.documents} documents that judge"
    if not gain.differing:
        yield f"nothing is gained: both say the same of the {judged}"
    elif gain.estimate <= settings.min_gain:
        yield (
            f"nothing is gained: on {judged} F changes by {gain.estimate:+.4f}, more than "
            f"{settings.min_gain:g} is needed"
        )
    else:
        yield (
            f"too little evidence: on {judged} ({gain.differing} differ) F changes by {gain.estimate:+.4f}, "
            f"evidence {gain.evidence:.3g} of the {gain.needed:.3g} that is asked"
            f"{_wanted(gain.more_documents)}"
        )


def _flip_reasons(flips: Sequence[Flips], settings: GateSettings) -> Iterator[str]:
    for f in flips:
        if f.shows_more(settings.max_negative_flips, 1 - settings.confidence) and settings.guards(f.layer):
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
