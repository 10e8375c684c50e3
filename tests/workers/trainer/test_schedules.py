# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from workers.trainer.schedules import ScheduleState, resolve_resumable


def test_sizes_of_batches_go_on_where_they_were() -> None:
    """A schedule that was half used goes on with its next value."""
    block = {
        "@batchers": "freshet.batch_by_sequence.v1",
        "size": {"@schedules": "compounding.v1", "start": 1.0, "stop": 50.0, "compound": 2.0},
        "get_length": None,
    }
    whole = [len(batch) for batch in resolve_resumable(block, ScheduleState(), ("b",))(range(63))]
    assert whole == [1, 2, 4, 8, 16, 32]
    state = ScheduleState()
    batches = resolve_resumable(block, state, ("b",))(range(63))
    assert [len(next(batches)) for _ in range(3)] == whole[:3]
    assert state.taken == {"b.size": 3}
    assert [
        len(batch) for batch in resolve_resumable(block, ScheduleState(state.taken), ("b",))(range(56))
    ] == whole[3:]
