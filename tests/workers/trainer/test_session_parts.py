# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from engine.training.batchers import batch_by_sequence
from workers.trainer.schedules import ScheduleState, resolve_resumable
from workers.trainer.session_parts import reservoir_of

from .support import Workshop


def test_a_reservoir_is_found_wherever_it_is(tmp_path: Path) -> None:
    """In the batcher itself, or in one that it is wrapped in."""

    class Wrapped:
        def __init__(self, batcher: object) -> None:
            self.batcher = batcher

    config = Workshop(tmp_path).config()
    mix = resolve_resumable(config.values["training"]["batcher"], ScheduleState(), ())
    assert reservoir_of(mix) is mix.reservoir
    assert reservoir_of(Wrapped(Wrapped(mix))) is mix.reservoir
    assert reservoir_of(batch_by_sequence) is None
