# SPDX-License-Identifier: Apache-2.0
"""A session's state is kept in one form, which earlier versions wrote too."""

from __future__ import annotations

import json
import time
from pathlib import Path

import engine
from engine.training.learner_state import LearnerState
from workers.settings import ConsolidationSettings
from workers.trainer.candidates import fetch_pipeline
from workers.trainer.consolidator import Consolidator
from workers.trainer.events import SegmentEnd
from workers.trainer.session import Session
from workers.trainer.session_parts import make_parts
from workers.trainer.session_state import restore_values, session_values
from workers.trainer.silent_listener import SilentListener
from workers.trainer.source import JournalSource
from workers.transports.memory import MemoryTransport

from .support import TOPIC, Workshop

GOLDEN = Path(__file__).parent / "golden" / "state.json"
"""The values of a state that Freshet 0.1 kept at a checkpoint in the midst of learning."""


def test_a_state_of_an_earlier_version_is_read_and_written_byte_for_byte(tmp_path: Path) -> None:
    """Positions, journal, reservoir, open batch, ids, held-out corrections and scores: the same bytes, so the
    same digest."""
    values = json.loads(GOLDEN.read_bytes())
    session = fresh_session(tmp_path)
    restore_values(session, values)
    again = {
        **session_values(session),
        "config_hash": values["config_hash"],
        "n_averaged": values["n_averaged"],
    }
    assert LearnerState({}, again).to_files()["state.json"] == GOLDEN.read_bytes()
    assert session.ended is SegmentEnd.CHECKPOINT
    assert session.positions == {0: 6, 1: 6}
    assert len(session.stream.open) == 1


def fresh_session(folder: Path) -> Session:
    """A session that has done nothing."""
    shop = Workshop(folder)
    log = MemoryTransport()
    log.admin().create_topic(TOPIC, 2)
    source = JournalSource(log.partitions(TOPIC, "g"), [])
    parts = make_parts(shop.config(), engine.load(shop.model))
    with shop.open() as registry:
        listener = SilentListener(lambda version: fetch_pipeline(registry, version, folder))
        consolidator = Consolidator(ConsolidationSettings(), parts, lambda: parts.learner.pipeline, list)
        return Session(parts, source, listener, time.monotonic, consolidator)
