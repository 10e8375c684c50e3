# SPDX-License-Identifier: Apache-2.0
"""Whether a promotion was a mistake, as corrections that came since then show."""

from __future__ import annotations

from collections.abc import Sequence

from engine import Example, Pipeline

from ..settings import GateSettings
from .answers import answers_of
from .bootstrap import compare_slices


def needs_rollback(
    champion: Pipeline, previous: Pipeline, recent: Sequence[Example], settings: GateSettings
) -> str:
    """Why the champion before should serve again; empty where nothing speaks for it.

    It does where held-out corrections, newer than those of the verdict among them, show that the champion is
    worse on a guarded layer beyond doubt: the whole interval of the difference lies below zero, and on the
    mean over the layers it lost too.
    """
    if not 0 < settings.min_regret <= len(recent):
        return ""
    before, after = answers_of(previous, recent), answers_of(champion, recent)
    deltas = compare_slices(before, after, (), settings)
    guarded = [d for d in deltas if settings.guards(d.slice.layer)]
    worse = [d for d in guarded if d.upper < 0]
    if not worse or sum(d.delta for d in guarded) >= 0:
        return ""
    layers = ", ".join(f"{d.slice} from {d.champion:.4f} to {d.candidate:.4f} F" for d in worse)
    return f"quality: on {len(recent)} held-out corrections the version before is better: {layers}"
