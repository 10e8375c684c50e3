# SPDX-License-Identifier: Apache-2.0
"""Rows of the registry's stream of metrics: what a step, a checkpoint and a candidate came to."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.doc.example import Example

from ..model_registry import ModelRegistry, UnreachableError, Version
from .partition_cursor import ReadPosition
from .session_parts import SessionParts

log = logging.getLogger(__name__)

Row = dict[str, Any]
"""JSON values by name."""


@dataclass(frozen=True, slots=True)
class ScoredBatch:
    """What scoring a batch before it is learned told: how many of its examples are new, and the layers whose
    error was found to have drifted."""

    n_new: int = 0
    drifted: Sequence[str] = ()


def step_row(
    step: int,
    batch: Sequence[Example],
    scored: ScoredBatch,
    losses: Mapping[str, float],
    parts: SessionParts,
    position: ReadPosition,
) -> Row:
    """What is measured of a step; `losses` are those of this step alone."""
    rehearsal = {name: round(value, 6) for name, value in losses.items() if name.endswith(".rehearsal")}
    scores = parts.progressive.scores()
    return {
        "kind": "step",
        "step": step,
        "corrections": scored.n_new,
        "rehearsed": len(batch) - scored.n_new,
        "words": sum(map(len, batch)),
        "update": {name: round(value, 6) for name, value in losses.items() if name not in rehearsal},
        "rehearsal": {name.removesuffix(".rehearsal"): value for name, value in rehearsal.items()},
        "progressive": {layer: round(scores[layer], 6) for layer in parts.progressive.counts},
        "drifted": list(scored.drifted),
        "positions": position.saved(),
        "counts": dict(parts.filter.counts),
    }


def checkpoint_row(step: int, digest: str, why: str) -> Row:
    """A state that was committed."""
    return {"kind": "checkpoint", "step": step, "digest": digest, "why": why}


def candidate_row(step: int, version: Version) -> Row:
    """A candidate that was put and judged."""
    return {
        "kind": "candidate",
        "step": step,
        "version": version.number,
        "state": version.state,
        "passed": bool(version.verdict and version.verdict["passed"]),
        "scores": dict(version.scores),
    }


def authors_row(step: int, parts: SessionParts) -> Row:
    """How the people who correct stand, and how far they agree."""
    held = parts.filter.held_back
    told = {
        name: {**row, "held": held.count(name), "forgotten": held.forgotten[name]}
        for name, row in parts.filter.authors.report().items()
    }
    return {"kind": "authors", "step": step, "authors": told}


def log_row(registry: ModelRegistry, row: Row) -> None:
    """Append a row, or say that it is lost: learning does not wait for it."""
    try:
        registry.log_metrics(row)
    except UnreachableError as error:
        log.warning("a row of metrics is lost: %s", error)
