# SPDX-License-Identifier: Apache-2.0
"""Whoever starts a training on Ray: a group of workers by Ray Train, rows on a screen, models in a folder."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from confection import Config

from engine.pipeline.build import from_config
from engine.training.distributed.settings import DistributedSettings
from engine.training.train import BEST, TrainingResult, training_settings

from ..errors import WorkerError
from .cluster import ray_cluster
from .desk import Desk
from .member import Order, run_member

POLL = 1.0
"""Seconds after which somebody who waits for news looks whether the run has ended."""


class TrainingGroupError(WorkerError):
    """The group of workers could not end its run; the message says what the first one met."""


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """A training as the command line means it. `config` has no `[training.distributed]` any more."""

    config: Config
    distributed: DistributedSettings
    output: Path | None
    stdout: TextIO
    stderr: TextIO
    half: bool = False
    use_gpu: bool = False
    address: str | None = None
    code: Path | None = None
    as_spacy: bool = False


def train_on_ray(request: TrainingRequest) -> TrainingResult:
    """Train with a group of Ray workers; the best pipeline and the last one come into `output`.

    Raises: MissingExtraError without the extra `ray`; TrainingGroupError.
    """
    pipeline = from_config(request.config)
    make_logger = training_settings(pipeline)["logger"]  # what does not fit is said now, before a cluster is
    n_workers = request.distributed.workers
    with ray_cluster(request.address, n_workers, "training with several workers") as ray:
        desk = ray.remote(Desk).options(num_cpus=0).remote()
        screen = _Screen(request, lambda: make_logger(pipeline, request.stdout, request.stderr))
        ended = threading.Event()
        reading = threading.Thread(target=screen.follow, args=(ray, desk, ended), name="freshet-news")
        reading.start()
        storage, is_ours = _storage(request)
        try:
            _fit(request, desk, storage)
        except TrainingGroupError as error:
            screen.failure = screen.failure or error
        finally:
            ended.set()
            reading.join()
            screen.close()
            if is_ours:
                shutil.rmtree(storage, ignore_errors=True)
    if screen.failure is not None:
        raise screen.failure
    return screen.result


def _fit(request: TrainingRequest, desk: Any, storage: str) -> None:
    """Run the group to its end; Ray Train starts it anew, from its last checkpoint, where a worker dies."""
    from ray import train
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

    settings, order = request.distributed, _order(request)
    least = settings.min_workers or settings.workers
    trainer = DataParallelTrainer(
        lambda: run_member(order, desk),
        scaling_config=train.ScalingConfig(
            num_workers=settings.workers if least == settings.workers else (least, settings.workers),
            use_gpu=request.use_gpu,
            elastic_resize_monitor_interval_s=settings.resize_seconds,
        ),
        run_config=train.RunConfig(
            name=f"freshet-{uuid.uuid4().hex[:12]}",
            storage_path=storage,
            failure_config=train.FailureConfig(max_failures=settings.max_failures),
            checkpoint_config=train.CheckpointConfig(num_to_keep=2),
        ),
    )
    try:
        trainer.fit()
    except train.TrainingFailedError as error:
        raise TrainingGroupError(_first_cause(error)) from error


def _order(request: TrainingRequest) -> Order:
    return Order(
        config=request.config.to_str(interpolate=False),
        distributed=request.distributed,
        half=request.half,
        seed=secrets.randbits(31),
        code=None if request.code is None else str(request.code.resolve()),
        as_spacy=request.as_spacy,
        folder=os.getcwd(),
        saves=request.output is not None,
    )


def _storage(request: TrainingRequest) -> tuple[str, bool]:
    """Where checkpoints go, and whether it is to be removed afterwards."""
    if request.distributed.storage is not None:
        place = request.distributed.storage
        return place if "://" in place else str(Path(place).resolve()), False
    return tempfile.mkdtemp(prefix="freshet-checkpoints-"), True


def _first_cause(error: BaseException) -> str:
    """What the first worker that failed said, in a line."""
    failures: Mapping[int, BaseException] = getattr(error, "worker_failures", None) or {}
    first = failures[min(failures)] if failures else error
    cause = getattr(first, "cause", None) or first.__cause__ or first
    text = str(cause).strip().splitlines()
    return f"worker {min(failures, default=0)}: {type(cause).__name__}: {text[-1] if text else ''}"


@dataclass(slots=True)
class _Screen:
    """The run's news, in the order in which they happened: rows for the logger, files for the folder.

    A group that begins again from a checkpoint makes some steps twice; their rows are shown once.
    """

    request: TrainingRequest
    start_logger: Callable[[], tuple[Callable[[Any], None], Callable[[], None]]]
    result: TrainingResult = field(default_factory=TrainingResult)
    failure: BaseException | None = None
    shown: int = 0
    _log: Callable[[Any], None] | None = None
    _close: Callable[[], None] | None = None

    def follow(self, ray: Any, desk: Any, ended: threading.Event) -> None:
        """Handle news until the run has ended and nothing is left."""
        while True:
            was_over = ended.is_set()
            try:
                news = ray.get(desk.take.remote(POLL))
                for each in news:
                    self.handle(*each)
            except BaseException as error:
                self.failure = self.failure or error
                return
            if was_over and not news:
                return

    def handle(self, kind: str, *content: Any) -> None:
        """One piece of news."""
        if kind == "saved":
            self._save(*content)
            return
        if kind == "failed":
            self.failure = TrainingGroupError(content[0])
            return
        log = self._logger()
        if kind == "steps":
            for _ in range(content[0]):
                log(None)
            return
        info = content[0]
        if info["step"] <= self.shown:
            return
        self.shown = info["step"]
        if self.request.output is not None:
            info["output_path"] = str(self.request.output / BEST)
        log(info)

    def close(self) -> None:
        """End what the logger has open."""
        if self._close is not None:
            self._close()

    def _logger(self) -> Callable[[Any], None]:
        if self._log is None:
            self._log, self._close = self.start_logger()
        return self._log

    def _save(self, name: str, files: Mapping[str, bytes], result: Mapping[str, Any]) -> None:
        self.result = TrainingResult(**result)
        if self.request.output is not None:
            write_files(self.request.output / name, files)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Each file under another name first, so that a reader never sees half of one; `meta.json`, which lists
    them, comes last."""
    for name in sorted(files, key=lambda name: (name == "meta.json", name)):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(target.name + ".part")
        temporary.write_bytes(files[name])
        os.replace(temporary, target)
