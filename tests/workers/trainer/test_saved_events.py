# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import random

from workers.trainer.events import CheckpointEvent, Event, FlushEvent, ReadRange, SegmentEnd, StepEvent
from workers.trainer.saved_events import read_events, save_events


def random_events(rng: random.Random) -> list[Event]:
    """Steps over two partitions, in runs and alone, with gaps, checkpoints and flushes among them."""
    events: list[Event] = []
    ends = {0: 0, 1: 0}
    for _ in range(rng.randrange(30)):
        ranges = []
        for _ in range(rng.choice((0, 0, 1, 1, 1, 2))):
            partition = rng.choice((0, 0, 0, 1))
            start = ends[partition] + rng.choice((0, 0, 0, 0, 5))
            ends[partition] = start + rng.randint(1, 4)
            ranges.append(ReadRange(partition, start, ends[partition]))
        events.append(StepEvent(tuple(ranges)))
        if rng.random() < 0.2:
            events.append(rng.choice((CheckpointEvent(), FlushEvent((), SegmentEnd.TIME))))
    return events


def test_what_is_saved_is_read_again() -> None:
    """Whatever was done, through JSON."""
    for seed in range(300):
        events = random_events(random.Random(seed))
        assert read_events(json.loads(json.dumps(save_events(events)))) == events


def test_a_step_takes_a_few_bytes() -> None:
    """A stream of one partition, each batch of four learned twice: two or three bytes a step."""
    events: list[Event] = []
    for start in range(0, 4000, 4):
        events += [StepEvent((ReadRange(0, start, start + 4),)), StepEvent()]
    assert len(json.dumps(save_events(events), separators=(",", ":"))) < 3 * len(events)
