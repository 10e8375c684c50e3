# SPDX-License-Identifier: Apache-2.0
"""Learning a version again from the records that its journal names, to see that the same bytes come out."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.config.config import parse_config

from ..model_registry import ModelRegistry
from .candidates import CandidateOrigin, fetch_pipeline, mixed, write_candidate
from .consolidator import Consolidator
from .journal import Journal
from .recipe import pipeline_digest, read_recipe
from .session import Session
from .session_parts import make_parts
from .session_state import begin_session
from .silent_listener import SilentListener
from .source import JournalSource
from .trainer_config import TrainerConfig, read_trainer_config


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came out: digests of weights, labels, rules and config, as they were recorded and as they are
    now."""

    version: int
    expected: str
    got: str
    steps: int
    corrections: int

    @property
    def same(self) -> bool:
        """Whether it is the same model to the last bit."""
        return self.expected == self.got


def reproduce_version(registry: ModelRegistry, number: int, *, broker: str = "") -> Reproduction:
    """Learn a version again: from the version that learning began with, the recorded config, and the recorded
    ranges of the log.

    The same bytes are to be expected from the same code on the same kind of processor. Raises: WorkerError
    where the version was not learned from corrections, or this run goes another way than its journal;
    TransportError where records are gone.
    """
    with tempfile.TemporaryDirectory(prefix="freshet-reproduce-") as scratch:
        recipe = read_recipe(registry.fetch(number, Path(scratch) / "recorded"), number)
        config = read_trainer_config(parse_config(recipe.config), broker=broker)
        session = _learn_again(registry, config, recipe.journal, Path(scratch))
        again = Path(scratch) / "again"
        with mixed(session, registry, recipe.mix, Path(scratch)) as pipeline:
            write_candidate(session, pipeline, again, CandidateOrigin.from_config(config), recipe.mix)
        got = pipeline_digest(again)
    learned = session.parts.filter.counts["learned"]
    return Reproduction(number, recipe.digest, got, session.progress.step, learned)


def _learn_again(registry: ModelRegistry, config: TrainerConfig, journal: Journal, scratch: Path) -> Session:
    listener = SilentListener(lambda version: fetch_pipeline(registry, version, scratch))
    with closing(config.reader.open()) as transport, closing(config.reader.partitions(transport)) as reader:
        source = JournalSource(reader, journal.events)
        student = fetch_pipeline(registry, journal.start, scratch / "student")
        parts = make_parts(config, student)
        consolidator = Consolidator(
            config.settings.consolidation,
            parts,
            lambda: fetch_pipeline(registry, journal.start, scratch / "start"),
            list,
        )
        session = Session(parts, source, listener, time.monotonic, consolidator)
        begin_session(session, config, journal.start, journal.first)
        session.teach_by(journal.start)
        while not source.is_over(session.stream.position):
            session.run()
    return session
