"""Several workers in one process: threads of which one runs at a time, with random generators of its own."""

from __future__ import annotations

import io
import itertools
import threading
from collections import deque
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from confection import Config

from engine.pipeline.build import from_config
from engine.training.distributed.post import LonePost, Message, Post
from engine.training.distributed.run import RunOptions, Trained, run_worker
from engine.training.distributed.settings import DistributedSettings
from engine.training.learner_state import LearnerState
from engine.training.loop import StepInfo
from engine.training.random_state import random_state, set_random_state


class WorkerLostError(Exception):
    """Another worker of the crowd fell, so that this one waits for nothing."""


class Crowd:
    """The mail boxes of some workers, and the baton that says who runs."""

    def __init__(self, size: int) -> None:
        self.boxes: list[deque[Message]] = [deque() for _ in range(size)]
        self.baton = threading.Condition()
        self.is_broken = False

    def run(self, work: Callable[[Post], Any]) -> list[Any]:
        """What every worker's function gave, by rank. The first error of any is raised."""
        results: list[Any] = [None] * len(self.boxes)
        errors: list[BaseException] = []

        def one(rank: int) -> None:
            with self.baton:
                try:
                    results[rank] = work(CrowdPost(self, rank))
                except WorkerLostError:
                    pass
                except BaseException as error:
                    errors.append(error)
                    self.is_broken = True
                self.baton.notify_all()

        threads = [threading.Thread(target=one, args=(rank,)) for rank in range(len(self.boxes))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return results


class CrowdPost:
    """A worker's place in the crowd."""

    def __init__(self, crowd: Crowd, rank: int) -> None:
        self.crowd, self.rank, self.size = crowd, rank, len(crowd.boxes)

    def send(self, to: int, message: Message) -> None:
        """Put it into the other's box, as it is now: on a wire, too, later changes do not reach it."""
        self.crowd.boxes[to].append(deepcopy(message))
        self.crowd.baton.notify_all()

    def receive(self, *, wait: bool) -> Message | None:
        """The next message; others run while this one waits."""
        box = self.crowd.boxes[self.rank]
        if not box and wait:
            state = random_state()
            self.crowd.baton.wait_for(lambda: box or self.crowd.is_broken)
            set_random_state(state)
            if not box:
                raise WorkerLostError("another worker fell")
        return box.popleft() if box else None


class Notes:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.rows: list[StepInfo] = []
        self.saved: list[tuple[int, bool, str]] = []
        self.states: list[LearnerState | None] = []

    def log(self, info: StepInfo | None) -> None:
        """Keep a row."""
        if info is not None:
            self.rows.append(info)

    def save(self, trained: Trained) -> None:
        """Keep which one, and its digest."""
        self.saved.append((trained.step, trained.is_last, trained.pipeline.digest))

    def checkpoint(self, step: int, state: LearnerState | None) -> None:
        """Keep the state."""
        self.states.append(state)


def train_crowd(
    config: Config, n_workers: int, state: LearnerState | None = None, **settings: Any
) -> list[Notes]:
    """Train with so many workers; what each of them was told."""
    section = DistributedSettings.from_section({"workers": n_workers, **settings})

    def work(post: Post) -> Notes:
        notes, ticks = Notes(), itertools.count()
        options = RunOptions(section, lambda: float(next(ticks)), io.StringIO())
        run_worker(from_config(config.copy()), post, options, notes, state)
        return notes

    if n_workers == 1:
        return [work(LonePost())]
    return Crowd(n_workers).run(work)
