# SPDX-License-Identifier: Apache-2.0
"""What each worker of a group runs: the engine's loop, between Ray's checkpoints and the desk's news."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.config.config import parse_config
from engine.errors import EngineError
from engine.pipeline.build import from_config
from engine.spacy_names import run_file
from engine.training.distributed.post import LonePost, Post
from engine.training.distributed.run import RunOptions, Trained, run_worker
from engine.training.distributed.settings import DistributedSettings
from engine.training.learner_state import LearnerState
from engine.training.loop import StepInfo

from .mailbox import RayPost

KEPT = (".safetensors", ".json")
"""Files of a checkpoint that are ours."""
STEPS_AT_ONCE = 20
"""Steps without a row that are told together."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the workers are told: values that can be sent, and read the same wherever they run.

    `code`: a user's file, which has to be at that path on each machine. `folder`: where relative paths of
    the config begin. `seed`: for a config without one.
    """

    config: str
    distributed: DistributedSettings
    half: bool
    seed: int
    code: str | None
    as_spacy: bool
    folder: str
    saves: bool


def run_member(order: Order, desk: Any) -> None:
    """Train as one of the group, from its last checkpoint on if there is one."""
    import ray
    from ray import train
    from ray.train.collective import broadcast_from_rank_zero

    if Path(order.folder).is_dir():
        os.chdir(order.folder)
    if order.code is not None:
        sys.path.append(str(Path(order.code).parent))
        run_file(Path(order.code), name=f"freshet_user_code.{Path(order.code).stem}", as_spacy=order.as_spacy)
    context = train.get_context()
    rank, size = context.get_world_rank(), context.get_world_size()
    group = broadcast_from_rank_zero(uuid.uuid4().hex)
    me = ray.get_runtime_context().current_actor
    handles = ray.get(desk.join.remote(group, rank, size, me))
    if not handles:
        return  # what one met before would meet it again
    post: Post = RayPost(rank, handles) if size > 1 else LonePost()
    options = RunOptions(order.distributed, time.perf_counter, sys.stderr, order.seed)
    try:
        pipeline = from_config(parse_config(order.config))
        run_worker(pipeline, post, options, News(desk, order), _read_checkpoint())
    except EngineError as error:
        ray.get(desk.give_up.remote(f"worker {rank}: {error}"))
        raise


def _read_checkpoint() -> LearnerState | None:
    from ray import train

    checkpoint = train.get_checkpoint()
    if checkpoint is None:
        return None
    with checkpoint.as_directory() as folder:
        files = (file for file in Path(folder).iterdir() if file.suffix in KEPT)
        return LearnerState.from_files({file.name: file.read_bytes() for file in files})


class News:
    """A reporter that tells the desk, and keeps checkpoints by Ray Train's own means."""

    def __init__(self, desk: Any, order: Order) -> None:
        self.desk, self.order = desk, order
        self.quiet_steps = 0

    def log(self, info: StepInfo | None) -> None:
        """Rows at once, the steps between by number."""
        self.quiet_steps += info is None
        if info is not None or self.quiet_steps == STEPS_AT_ONCE:
            if self.quiet_steps:
                self.desk.tell.remote(("steps", self.quiet_steps))
            self.quiet_steps = 0
        if info is not None:
            self.desk.tell.remote(("row", info))

    def save(self, trained: Trained) -> None:
        """The files of a pipeline, for the folder of whoever began the run; what was told before is shown
        first."""
        files = {}
        if self.order.saves:
            with tempfile.TemporaryDirectory() as folder:
                trained.to_disk(Path(folder), half=self.order.half)
                files = {
                    str(file.relative_to(folder)): file.read_bytes()
                    for file in sorted(Path(folder).rglob("*"))
                    if file.is_file()
                }
        self.desk.tell.remote(("saved", trained.name, files, asdict(trained.result)))

    def checkpoint(self, step: int, state: LearnerState | None) -> None:
        """Every worker reports, which Ray waits for; worker 0 brings the state."""
        from ray import train

        with tempfile.TemporaryDirectory() as folder:
            if state is not None:
                for name, data in state.to_files().items():
                    (Path(folder) / name).write_bytes(data)
            checkpoint = train.Checkpoint.from_directory(folder) if state is not None else None
            train.report({"step": step}, checkpoint=checkpoint)
