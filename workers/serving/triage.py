# SPDX-License-Identifier: Apache-2.0
"""Which annotations may be used as they are, and which a person should see."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.confidence import Calibration, Confidences, read_calibration
from engine.errors import ModelFileError
from schemas import Route, TextMessage

from ..hashed_share import falls_below
from ..model_registry import Version
from ..settings import RouteSettings, WorkerSettings

log = logging.getLogger(__name__)

CALIBRATION = "calibration"
"""Key of a verdict under which the calibration of its version stands."""

_PURPOSE = b"freshet-audit"
"""Personalises the hash, so that who is audited has nothing to do with who is held out or in a canary."""


@dataclass(frozen=True, slots=True)
class Triage:
    """How sure a model has to be of a text.

    `threshold` is None where annotations are not marked; else a text is `auto` where its surprise lies below,
    so that without a calibration, when it is 0, all are `ask`.
    """

    calibration: Calibration | None = None
    writes_confidence: bool = False
    threshold: float | None = None
    audit_share: float = 0.0

    def routes(self, confidences: Confidences | None, messages: Sequence[TextMessage]) -> list[Route] | None:
        """What is to become of each text; None where annotations are not marked."""
        if self.threshold is None:
            return None
        if confidences is None:
            return [Route.ASK] * len(messages)
        sure = (confidences.surprises < self.threshold).tolist()
        return [
            (Route.AUDIT if in_audit(message.id, self.audit_share) else Route.AUTO) if is_sure else Route.ASK
            for is_sure, message in zip(sure, messages, strict=True)
        ]


def asks_for_confidence(settings: WorkerSettings) -> bool:
    """Whether a model has to say how sure it is: costs nothing where it has not."""
    return settings.confidence or settings.route.is_on


def triage_of(settings: WorkerSettings, calibration: Calibration | None, name: str) -> Triage | None:
    """The triage of a model with this calibration; None where nobody asks how sure it is. `name` is the
    model's, for the log."""
    route = settings.route
    if not asks_for_confidence(settings):
        return None
    if not route.is_on:
        return Triage(calibration, settings.confidence)
    threshold = 0.0 if calibration is None else calibration.curve.threshold(route.max_error, route.doubt)
    if not threshold:
        log.warning("%s: every annotation is marked ask: %s", name, _why_none(calibration, route))
    return Triage(calibration, settings.confidence, threshold, route.audit_share)


def calibration_of(version: Version, folder: Path, digest: str) -> Calibration | None:
    """That of a version: as its judge stored it, else as it stands among its files. What cannot be read is
    told and passed over, for a version serves without it, too."""
    try:
        judged: Mapping[str, Any] | None = (version.verdict or {}).get(CALIBRATION)
        return Calibration.from_json(judged) if judged else read_calibration(folder, digest)
    except ModelFileError as error:
        log.warning("version %d has no calibration: %s", version.number, error)
        return None


def in_audit(text_id: str, share: float) -> bool:
    """Whether a text belongs to the share that is audited: the same ones for ever and everywhere.

    >>> sum(in_audit(f"m-{i}", 0.1) for i in range(10_000))
    986
    """
    return falls_below(text_id, share, _PURPOSE)


def _why_none(calibration: Calibration | None, route: RouteSettings) -> str:
    if calibration is None:
        return "it was never calibrated on held-out corrections (`freshet calibrate`, or the trainer's gate)"
    curve = calibration.curve
    return (
        f"{curve.n_wrong} of {curve.n} held-out corrections are wrong, which promises max_error "
        f"{route.max_error:g} for no text; more of them, or another max_error, would"
    )
