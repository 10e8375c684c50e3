# SPDX-License-Identifier: Apache-2.0
"""From what was learned to a version that serves: put, judged, promoted; each step once, however often it is
tried."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import engine
from engine.confidence import calibrate
from engine.doc.example import Example
from engine.pipeline.pipeline import Pipeline
from engine.training.weights import mix_weights, weights_of, with_weights

from ..gate import History, RestartedProcess, judge, needs_rollback, since
from ..model_registry import (
    Head,
    Lineage,
    ModelRegistry,
    OtherFilesError,
    RefusedError,
    UnknownVersionError,
    Version,
    VersionState,
)
from ..serving.triage import CALIBRATION
from ..settings import GateSettings, TrainerSettings
from .choosing import choose_share, grow_like
from .recipe import UNMIXED, Mix, Recipe, pipeline_digest
from .session import Session
from .trainer_config import TrainerConfig

log = logging.getLogger(__name__)

ACTOR = "trainer"
PRECISION = "fp32"
"""Both sides of a judgement, and every teacher, compute in one way on every machine."""
WITHOUT_AUTHORS = "without_authors"
"""Note of a lineage: whose corrections were taken out of what it was learned from."""
LIBRARIES = ("llvmlite", "numba", "numpy", "thinc")
"""Whose versions a lineage names: what computes while learning."""


@dataclass(frozen=True, slots=True)
class CandidateOrigin:
    """What a candidate's lineage tells of how it was learned, apart from the data. `config` is its text."""

    topic: str
    seed: int | None
    config: str
    config_hash: str

    @classmethod
    def from_config(cls, config: TrainerConfig) -> CandidateOrigin:
        """The origin of all candidates that are learned with a config."""
        return cls(config.reader.topic, config.seed, config.text, config.config_hash)


def propose(
    session: Session,
    registry: ModelRegistry,
    digest: str,
    origin: CandidateOrigin,
    judging: Sequence[Example],
    choosing: Sequence[Example],
    settings: TrainerSettings,
    *,
    fence: int,
    base: Sequence[Example] = (),
) -> Version:
    """Put the session's candidate into the registry, judge it against the champion, and promote it if it
    passes.

    `judging` and `choosing` are the fixed holdout's parts: the gate's, and the one that says how much of the
    champion the candidate keeps. `digest` is that of the committed state: it names each step, so that a step
    that was done before a fall is not done again. `base` guards where there is no holdout.
    """
    head, gate = registry.head(), settings.gate
    may_promote = settings.promote
    with tempfile.TemporaryDirectory(prefix="freshet-candidate-") as scratch:
        if may_promote:
            head = _roll_back_regretted(session, registry, head, gate, digest, Path(scratch))
        folder = Path(scratch) / "candidate"
        mix = _write_best_mix(session, registry, choosing, settings.champion_shares, folder, origin)
        digest, found = _put(session, registry, folder, head.champion, digest, origin, mix, fence)
        if found.verdict is None and head.champion is not None:
            champion = fetch_pipeline(registry, head.champion, Path(scratch))
            candidate = engine.load(folder, precision=PRECISION)
            recent, history = session.parts.filter.recent, history_of(session, registry, found, head.champion)
            verdict = judge(champion, candidate, judging, recent, gate, base=base, history=history)
            judged = verdict.as_json() | _calibration(candidate, recent, judging)
            registry.set_verdict(found.number, judged, head.epoch, actor=ACTOR, op_id=f"{digest}-verdict")
            found = registry.version(found.number)
    if may_promote and found.verdict is not None and found.verdict["passed"]:
        _promote(registry, found, head, digest, fence)
    return registry.version(found.number)


def _calibration(
    candidate: Pipeline, recent: Sequence[Example], holdout: Sequence[Example]
) -> dict[str, object]:
    """How far the candidate's word of how sure it is holds, for those who serve it: by the documents that
    judged it, so it stands in the verdict and not among the version's files."""
    found = calibrate(candidate, recent, holdout)
    return {} if found is None else {CALIBRATION: found.to_json()}


def _put(
    session: Session,
    registry: ModelRegistry,
    folder: Path,
    parent: int | None,
    digest: str,
    origin: CandidateOrigin,
    mix: Mix,
    fence: int,
) -> tuple[str, Version]:
    """The candidate in the registry, and the digest that names the steps after that.

    Where it was put before a fall, and the config was changed since, it is another version: its steps are
    named for the config, too.
    """
    put = partial(
        registry.put,
        folder,
        parent=parent,
        lineage=lineage_of(session, origin, mix),
        corrections=session.stream.position.saved(),
        scores=scores_of(session),
        actor=ACTOR,
        fence=fence,
    )
    try:
        return digest, put(op_id=f"{digest}-put")
    except OtherFilesError:
        digest = f"{digest}-{hashlib.sha256(origin.config.encode()).hexdigest()[:16]}"
        return digest, put(op_id=f"{digest}-put")


def write_candidate(
    session: Session, pipeline: Pipeline, folder: Path, origin: CandidateOrigin, mix: Mix
) -> None:
    """The pipeline's files, and beside them what it takes to learn it again."""
    pipeline.to_disk(folder)
    Recipe(origin.config, origin.topic, session.stream.journal, pipeline_digest(folder), mix).write(folder)


@contextmanager
def mixed(session: Session, registry: ModelRegistry, mix: Mix, scratch: Path) -> Iterator[Pipeline]:
    """The learner's pipeline with its averaged weights, and a version's share in them."""
    with session.parts.learner.candidate() as pipeline:
        if not mix.share:
            yield pipeline
            return
        champion = fetch_pipeline(registry, mix.version, scratch)
        grow_like(champion, pipeline)
        with with_weights(pipeline, mix_weights(weights_of(pipeline), weights_of(champion), mix.share)):
            yield pipeline


def _write_best_mix(
    session: Session,
    registry: ModelRegistry,
    fixed: Sequence[Example],
    shares: Sequence[float],
    folder: Path,
    origin: CandidateOrigin,
) -> Mix:
    """Write the candidate with the share of the champion that does best on the choosing documents; the share
    and whose it is."""
    mix, scratch, version = UNMIXED, folder.parent, session.teacher_version
    if tuple(shares) != (0.0,) and _may_be_mixed(session, registry, version):
        champion = fetch_pipeline(registry, version, scratch)
        with session.parts.learner.candidate() as learned:
            share = choose_share(learned, champion, shares, [*fixed, *session.parts.filter.choosing])
        mix = Mix(version, share) if share else UNMIXED
    with mixed(session, registry, mix, scratch) as pipeline:
        write_candidate(session, pipeline, folder, origin, mix)
    return mix


def _may_be_mixed(session: Session, registry: ModelRegistry, number: int) -> bool:
    """Whether the champion that the session knows is one, or was until this very candidate took its place: a
    proposal that is made again after a fall is the same, whoever serves by now. None of what was taken back
    is kept, nor of what learned from authors who were revoked since."""
    if number <= 0:
        return False
    version = registry.version(number)
    without = set(version.lineage.notes.get(WITHOUT_AUTHORS, "").split(", "))
    is_clean = not version.corrections or without.issuperset(session.parts.filter.authors.revoked)
    return is_clean and version.state in (VersionState.CHAMPION, VersionState.PREVIOUS)


def lineage_of(session: Session, origin: CandidateOrigin, mix: Mix = UNMIXED) -> Lineage:
    """Where the candidate comes from."""
    journal, revoked = session.stream.journal, session.parts.filter.authors.revoked
    return Lineage(
        offsets={
            f"{origin.topic}:{partition}": bounds for partition, bounds in sorted(journal.bounds().items())
        },
        data_hash=session.parts.filter.data_hash,
        config_hash=origin.config_hash,
        code_version=version_of("freshet"),
        library_versions={name: version_of(name) for name in LIBRARIES},
        seed=origin.seed,
        notes={
            "start": str(journal.start),
            "steps": str(session.progress.step),
            **({"champion_share": f"{mix.share:g} of {mix.version}"} if mix.share else {}),
            **({WITHOUT_AUTHORS: ", ".join(revoked)} if revoked else {}),
        },
    )


def scores_of(session: Session) -> Mapping[str, float]:
    """F of progressive validation by layer."""
    progressive = session.parts.progressive
    scores = progressive.scores()
    return {f"progressive.{layer}": round(float(scores[layer]), 6) for layer in progressive.counts}


def fetch_pipeline(registry: ModelRegistry, number: int, scratch: Path) -> Pipeline:
    """A version, loaded."""
    return engine.load(registry.fetch(number, scratch / f"v{number}"), precision=PRECISION)


def history_of(session: Session, registry: ModelRegistry, found: Version, champion: int) -> History:
    """What is known of the champion: its own verdict, those on the newest candidate that was compared with
    it, and what the stream says."""
    evidence = session.parts.stream_evidence
    earlier = (_verdict_of(registry, number) for number in range(found.number - 1, champion, -1))
    last = next((v for v in earlier if (v.get("evidence") or {}).get("champion") == champion), None)
    return History.from_verdicts(
        champion,
        _verdict_of(registry, champion),
        [] if last is None else [last],
        evidence.process if evidence.rival == champion else RestartedProcess(),
    )


def _verdict_of(registry: ModelRegistry, number: int) -> Mapping[str, Any]:
    try:
        return registry.version(number).verdict or {}
    except UnknownVersionError:
        return {}


def _roll_back_regretted(
    session: Session, registry: ModelRegistry, head: Head, gate: GateSettings, digest: str, scratch: Path
) -> Head:
    """The head, after a champion that corrections speak against by now was rolled back."""
    recent: Sequence[Example] = session.parts.filter.recent
    if head.champion is not None and (newest := _verdict_of(registry, head.champion).get("newest")):
        recent = since(recent, newest)
    if head.champion is None or head.previous is None or not 0 < gate.min_regret <= len(recent):
        return head
    champion, previous = (
        fetch_pipeline(registry, number, scratch) for number in (head.champion, head.previous)
    )
    reason = needs_rollback(champion, previous, recent, gate)
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
