# SPDX-License-Identifier: Apache-2.0
"""The thread that keeps the live model in line with the head of a model registry.

It is level-triggered: it goes by the head as it stands, not by events, so that none can be missed. Whatever
fails here, annotating goes on with the models that are in memory.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Protocol

from ..http.health import Health
from ..model_registry import Head, UnknownRegistryError
from ..retry import Backoff, is_worth_logging
from ..settings import WorkerSettings
from .first_champion import POLL, HeadSource
from .guard import Guard, HeadWriter, RefusalKind, RolloutRefusal
from .live_model import BatchServed, Deployment, LiveModel
from .loader import LoadFailure, ModelLoader, VersionRefusedError
from .model import Model
from .rollout import deployment_for
from .shadow import ShadowScorer
from .swap_metrics import SwapMetrics

log = logging.getLogger(__name__)


class UpdaterRegistry(HeadSource, HeadWriter, Protocol):
    """What the updater needs of a model registry: to follow its head, and to roll back."""


class ModelUpdater:
    """Follows a registry's head for one worker: loads what it names (`ModelLoader`), serves it
    (`deployment_for`, `LiveModel`) unless it does harm (`Guard`), and scores the shadow (`ShadowScorer`)."""

    def __init__(
        self,
        registry: UpdaterRegistry,
        loader: ModelLoader,
        live: LiveModel,
        settings: WorkerSettings,
        metrics: SwapMetrics,
        health: Health,
        stop: threading.Event,
        heads: HeadSource | None = None,
    ) -> None:
        """`loader` has loaded the model that is live; the updater hears of every batch from now on. `heads`:
        where the head is read instead, such as `TrustedHeads`."""
        self._registry = registry
        self._heads = registry if heads is None else heads
        self._loader = loader
        self._live = live
        self._metrics = metrics
        self._health = health
        self._stop = stop
        self._guard = Guard(live, loader.number_of, settings, metrics)
        for number, failure in loader.failures.items():
            self._refuse_bad(number, failure)
        self._shadow = ShadowScorer(live, settings, self._guard.check_agreement)
        self._head = Head()
        self._error = ""
        self._thread = threading.Thread(target=self._run, name="freshet-watch", daemon=True)
        live.observer = self

    def start(self) -> None:
        """Follow the head from now on."""
        self._health.details = self.details()
        self._thread.start()

    def close(self) -> None:
        """Stop following; `stop` must be set before."""
        if self._thread.is_alive():
            self._thread.join(POLL + 1)
        self._shadow.close()

    def on_batch(self, batch: BatchServed) -> None:
        """A batch is done: count what went wrong, and let the shadow score a sample."""
        self._loader.note_recent(batch.records)
        self._guard.check_batch(batch)
        self._shadow.offer(batch)

    def on_break(self, model: Model, error: Exception) -> None:
        """A model failed for good; another one has taken over."""
        self._guard.note_break(model, error)

    @property
    def epoch(self) -> int:
        """Of the head that is followed."""
        return self._head.epoch

    @property
    def error(self) -> str:
        """Why no head is followed now; empty where one is."""
        return self._error

    def details(self) -> Mapping[str, object]:
        """What `/health/ready` says about models and registry."""
        deployment = self._live.deployment()
        ref, canary, shadow = deployment.champion.ref, deployment.canary, deployment.shadow
        return {
            "model": {
                "name": ref.name,
                "version": ref.version,
                "digest": ref.digest,
                "corrections": dict(ref.corrections),
            },
            "registry": {
                "epoch": self._head.epoch,
                "champion": self._head.champion,
                "identity": self._head.identity,
                "error": self._error,
            },
            "canary": {"version": canary.ref.version, "percent": deployment.canary_percent}
            if canary
            else None,
            "shadow": shadow.ref.version if shadow else None,
            "refused": {str(number): failure.reason for number, failure in self._loader.failures.items()},
            "withdrawn": {str(number): str(refusal) for number, refusal in self._guard.refusals.items()},
        }

    def _run(self) -> None:
        failures, epoch = 0, -1
        while not self._stop.is_set():
            try:
                head = self._heads.wait(epoch, POLL)
                self._metrics.note_head(head.epoch)
                self._head, self._error = head, ""
                self._follow(head)
                failures, epoch = 0, head.epoch
            except Exception as error:  # whatever it is, following goes on, and so does annotating
                failures += 1
                self._note_failure(error, failures)
                self._stop.wait(Backoff().wait_for(failures))
            self._health.details = self.details()

    def _forget_others(self, head: Head) -> None:
        """Keep the models that serve or may serve again at once."""
        present = self._live.deployment()
        serving = (present.champion, self._live.previous, present.canary, present.shadow)
        models = [model for model in serving if model is not None]
        self._loader.retain(head, models)
        self._shadow.retain(models)

    def _note_failure(self, error: Exception, failures: int) -> None:
        self._error = str(error)
        if isinstance(error, UnknownRegistryError):
            self._metrics.note_unknown()
        else:
            self._metrics.note_failure()
        if is_worth_logging(failures):
            log.warning(
                "watching the registry failed %d times in a row, annotating goes on: %s", failures, error
            )

    def _follow(self, head: Head) -> None:
        """Bring the live models in line with the head; costs next to nothing where they are."""
        for number in self._guard.roll_back(head, self._registry):
            self._loader.drop(number)
        began = time.monotonic()
        self._load(head.champion)
        self._swap(head, began)  # before the others are loaded: the champion waits for nobody's files
        if head.champion is None or self._live.current() is self._loader.models.get(head.champion):
            self._metrics.note_served(head.epoch)
        self._load(head.canary)
        self._load(head.shadow)
        self._set_canary(head)
        self._live.set_shadow(self._deployment_for(head, self._live.deployment()).shadow)
        self._forget_others(head)

    def _load(self, number: int | None) -> None:
        """Have a version that is to serve, unless it was refused or did harm here."""
        if number is None or number in self._loader.models or number in self._guard.refusals:
            return
        try:
            model = self._loader.load(number)
        except VersionRefusedError as error:
            failure, serving = error.failure, self._live.current().ref.version
            self._metrics.note_refusal(failure.kind)
            log.error("version %d is refused, version %s goes on: %s", number, serving, failure.reason)
            self._refuse_bad(number, failure)
            return
        if model is not None:
            self._guard.begin(model)

    def _refuse_bad(self, number: int, failure: LoadFailure) -> None:
        if failure.is_bad:
            self._guard.refuse(number, RolloutRefusal(RefusalKind.LOAD, failure.reason))

    def _deployment_for(self, head: Head, present: Deployment) -> Deployment:
        refusals = self._guard.refusals
        models = {number: model for number, model in self._loader.models.items() if number not in refusals}
        return deployment_for(head, models, present)

    def _swap(self, head: Head, began: float) -> None:
        present = self._live.deployment()
        model = self._deployment_for(head, present).champion
        if model is present.champion:
            return
        before = self._live.swap(model)
        self._loader.cache_champion(head)
        seconds = time.monotonic() - began
        self._metrics.note_swap(seconds)
        log.info(
            "version %s serves instead of %s, ready after %.2f s",
            model.ref.version,
            before.ref.version,
            seconds,
        )

    def _set_canary(self, head: Head) -> None:
        present = self._live.deployment()
        after = self._deployment_for(head, present)
        if after.canary is present.canary and after.canary_percent == present.canary_percent:
            return
        self._live.set_canary(after.canary, after.canary_percent)
        self._metrics.set_canary(after.canary_percent)
        log.info(
            "canary: %s",
            f"version {head.canary}, {head.canary_percent} percent" if after.canary else "none",
        )
