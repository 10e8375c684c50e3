# SPDX-License-Identifier: Apache-2.0
"""Whether a promotion was a mistake, as corrections that came since then show."""

from __future__ import annotations

from collections.abc import Sequence

from engine import Example, Pipeline

from ..settings import GateSettings
from .answers import answers_of
from .authors import author_of, counted
from .counts import count, f_scores, slices_of
from .differences import differences
from .e_process import EProcess
from .gain import mean_value


def needs_rollback(
    champion: Pipeline, previous: Pipeline, recent: Sequence[Example], settings: GateSettings
) -> str:
    """Why the champion before should serve again; empty where nothing speaks for it.

    It does where held-out corrections, which had no part in the promotion (see `since`), show that the one
    before was better, by the test of the gain, its error that of `alpha` over all looks: the wealth of bets
    against the champion on each guarded layer, their mean.
    """
    if not 0 < settings.min_regret <= len(recent):
        return ""
    counting = counted(map(author_of, recent), settings.max_author_share)
    judging = [example for example, counts in zip(recent, counting, strict=True) if counts]
    answers = answers_of(previous, judging), answers_of(champion, judging)
    slices = [s for s in slices_of(answers[0], ()) if settings.guards(s.layer)]
    before, after = (count(a, slices) for a in answers)
    processes = [EProcess.of(-differences(before, after, [place])) for place in range(len(slices))]
    if not processes or (value := mean_value(processes)) < 1 / settings.alpha:
        return ""
    scores = [f_scores(counts.values.sum(axis=0)) for counts in (before, after)]
    if (scores[1] - scores[0]).mean() >= 0:
        return ""
    layers = ", ".join(
        f"{s} from {scores[0][i]:.4f} to {scores[1][i]:.4f} F"
        for i, s in enumerate(slices)
        if processes[i].value > 1
    )
    return (
        f"quality: on {len(recent)} held-out corrections the version before is better: {layers} "
        f"(evidence {value:.3g}, {1 / settings.alpha:g} is asked)"
    )


def since(recent: Sequence[Example], newest: Sequence[str]) -> list[Example]:
    """The corrections that came after those with these keys, the newest that a verdict knew; none where all
    of those are gone: by then as many as are kept have judged the champion, and found nothing."""
    keys = [getattr(example, "key", "") for example in recent]
    known = [keys.index(key) for key in newest if key in keys]
    return list(recent[max(known) + 1 :]) if known else []
