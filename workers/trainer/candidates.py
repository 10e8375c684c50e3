# SPDX-License-Identifier: Apache-2.0
"""From what was learned to a version that serves: put, judged, promoted; each step once, however often it is
tried."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as version_of
from pathlib import Path

import engine
from engine.doc.example import Example
from engine.pipeline.pipeline import Pipeline

from ..gate import judge, regret
from ..settings import GateSettings
from ..model_registry import Head, Lineage, ModelRegistry, RefusedError, Version
from .events import ranges
from .session import Session

log = logging.getLogger(__name__)

ACTOR = "trainer"
PRECISION = "fp32"
"""Both sides of a judgement, and every tutor, compute in one way on every machine."""
FOLDER, JOURNAL = "learning", "journal.json"
LIBRARIES = ("numpy", "thinc", "torch")


@dataclass(frozen=True, slots=True)
class Origin:
    """What a candidate's lineage tells of how it was learned, apart from the data."""

    topic: str
    seed: int | None
    config: str
    config_hash: str


def propose(
    session: Session,
    registry: ModelRegistry,
    digest: str,
    origin: Origin,
    holdout: Sequence[Example],
    gate: GateSettings,
    *,
    fence: int,
    may_promote: bool,
) -> Version:
    """Put the session's candidate into the registry, judge it against the champion, and promote it if it
    passes.

    `digest` is that of the committed state: it names each step, so that a step that was done before a fall is
    not done again.
    """
    head = registry.head()
    with tempfile.TemporaryDirectory(prefix="freshet-candidate-") as scratch:
        head = _taken_back(session, registry, head, gate, digest, Path(scratch)) if may_promote else head
        folder = Path(scratch) / "candidate"
        write_candidate(session, folder, origin)
        found = registry.put(
            folder,
            parent=head.champion,
            lineage=lineage_of(session, origin),
            corrections={str(partition): offset for partition, offset in sorted(session.positions.items())},
            scores=scores_of(session),
            actor=ACTOR,
            op_id=f"{digest}-put",
            fence=fence,
        )
        if found.verdict is None and head.champion is not None:
            champion = fetched(registry, head.champion, Path(scratch))
            verdict = judge(
                champion, engine.load(folder, precision=PRECISION), holdout, session.parts.intake.recent, gate
            )
            registry.set_verdict(
                found.number, verdict.as_json(), head.epoch, actor=ACTOR, op_id=f"{digest}-verdict"
            )
            found = registry.version(found.number)
    if may_promote and found.verdict is not None and found.verdict["passed"]:
        _promote(registry, found, head, digest, fence)
    return registry.version(found.number)


def write_candidate(session: Session, folder: Path, origin: Origin) -> None:
    """The pipeline's files, with its averaged weights, and beside them what it takes to learn it again."""
    with session.parts.learner.candidate() as pipeline:
        pipeline.to_disk(folder)
    first = {str(partition): offset for partition, offset in sorted(session.first.items())}
    told = {"start": session.start, "topic": origin.topic, "first": first, "digest": pipeline_digest(folder)}
    (folder / FOLDER).mkdir(exist_ok=True)
    (folder / FOLDER / JOURNAL).write_text(
        json.dumps({**told, "entries": session.journal.entries}, sort_keys=True), encoding="utf8"
    )
    (folder / FOLDER / "learn.cfg").write_text(origin.config, encoding="utf8")


def pipeline_digest(folder: Path) -> str:
    """The digest of a saved pipeline's own files."""
    return str(json.loads((folder / "meta.json").read_bytes())["digest"])


def lineage_of(session: Session, origin: Origin) -> Lineage:
    """Where the candidate comes from."""
    return Lineage(
        offsets={
            f"{origin.topic}:{partition}": bounds
            for partition, bounds in sorted(ranges(session.journal.entries).items())
        },
        data_hash=session.parts.intake.data_hash,
        config_hash=origin.config_hash,
        code_version=version_of("freshet"),
        library_versions={name: version_of(name) for name in LIBRARIES},
        seed=origin.seed,
        notes={"start": str(session.start), "steps": str(session.progress.step)},
    )


def scores_of(session: Session) -> Mapping[str, float]:
    """F of progressive validation by layer."""
    progressive = session.parts.progressive
    scores = progressive.scores()
    return {f"progressive.{layer}": round(float(scores[layer]), 6) for layer in progressive.counts}


def fetched(registry: ModelRegistry, number: int, scratch: Path) -> Pipeline:
    """A version, loaded."""
    return engine.load(registry.fetch(number, scratch / f"v{number}"), precision=PRECISION)


def _taken_back(
    session: Session, registry: ModelRegistry, head: Head, gate: GateSettings, digest: str, scratch: Path
) -> Head:
    """The head, after a champion that corrections speak against by now was rolled back."""
    recent = session.parts.intake.recent
    if head.champion is None or head.previous is None or not 0 < gate.min_regret <= len(recent):
        return head
    champion, previous = (fetched(registry, number, scratch) for number in (head.champion, head.previous))
    reason = regret(champion, previous, recent, gate)
    if not reason:
        return head
    log.warning("version %d is rolled back: %s", head.champion, reason)
    try:
        return registry.rollback(
            actor=ACTOR, reason=reason, expected_epoch=head.champion_epoch, op_id=f"{digest}-rollback"
        )
    except RefusedError as error:
        log.warning("version %d was not rolled back: %s", head.champion, error)
        return registry.head()


def _promote(registry: ModelRegistry, found: Version, head: Head, digest: str, fence: int) -> None:
    epoch = head.epoch if found.against_epoch is None else found.against_epoch
    try:
        registry.promote(
            found.number,
            expected_epoch=epoch,
            actor=ACTOR,
            reason="passed the gate",
            op_id=f"{digest}-promote",
            fence=fence,
        )
    except RefusedError as error:
        log.warning("version %d was not promoted: %s", found.number, error)
