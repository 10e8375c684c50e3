# SPDX-License-Identifier: Apache-2.0
"""A worker's watch on the model registry: follows its head, loads beside the live model, swaps between
batches, goes back by itself.

The watch is level-triggered: it goes by the head as it stands, not by events, so that none can be missed.
Whatever fails here, annotating goes on with the models that are in memory.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prometheus_client import CollectorRegistry

from ..http.health import Health
from ..model_registry.errors import (
    MissingBlobError,
    RegistryError,
    StaleHeadError,
    TamperedError,
    UnknownVersionError,
)
from ..model_registry.head import Head
from ..model_registry.version import Version
from ..retry import Backoff, is_worth_logging
from ..settings import WorkerSettings
from ..transports.base import Record
from .agreement import Agreement
from .cache import ModelCache
from .guard import Probation
from .live_model import LiveModel, Model, Served
from .outputs import answer, check_model
from .shadow import Shadowing
from .swap_metrics import SwapMetrics

log = logging.getLogger(__name__)

POLL = 2.0
"""Seconds that one wait for a new head may take; also how soon a complaint reaches the registry."""
REFUSED_AGAIN = 30.0
"""Seconds after which a version that was refused is tried again: a key may have come, a blob may have been
restored."""
MIN_COMPARED = 200
"""Texts after which a shadow's or canary's agreement can speak against it."""
N_RECENT = 256
"""Records of late whose texts a new model is warmed up with."""


class Registry(Protocol):
    """What the watch needs of a model registry."""

    def wait(self, epoch: int, timeout: float) -> Head:
        """The head, at once where its epoch is another one, else after the timeout."""

    def version(self, number: int) -> Version:
        """A version."""

    def fetch(self, number: int, into: Path) -> Path:
        """Its files, checked against manifest and signature, in a folder."""

    def rollback(self, *, actor: str, reason: str, expected_epoch: int | None = None) -> Head:
        """Back to the champion before."""

    def set_shadow(self, number: int | None, *, actor: str, reason: str = "") -> Head:
        """Another shadow, or none."""

    def set_canary(self, number: int | None, percent: int = 0, *, actor: str, reason: str = "") -> Head:
        """Another canary, or none."""


Load = Callable[[Path, Version], Model]
"""Makes a model of a version's files."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why this worker does not serve a version that the registry wants it to serve; `kind` has few values,
    for a metric."""

    kind: str
    reason: str


class Watch:
    """Follows a registry's head for one worker. `first` gives the model to begin with, `begin` starts the
    thread."""

    def __init__(
        self, registry: Registry, load: Load, settings: WorkerSettings, stop: threading.Event
    ) -> None:
        self._registry = registry
        self._load = load
        self._settings = settings
        self._stop = stop
        self._actor = f"annotator {socket.gethostname()}:{os.getpid()}"
        self._cache = ModelCache(settings.model_cache)
        self._versions: dict[int, Version] = {}
        self._models: dict[int, Model] = {}
        self._numbers: dict[str, int] = {}
        self._refused: dict[int, tuple[float, str]] = {}
        self._complaints: dict[int, Complaint] = {}
        self._lock = threading.Lock()
        self._probation = Probation(settings.max_rescued)
        self._metrics = SwapMetrics(CollectorRegistry())
        self._health: Health | None = None
        self._recent: Sequence[Record] = ()
        self._kept: int | None = None
        self._head = Head()
        self._error = ""
        self._thread: threading.Thread | None = None
        self._live: LiveModel | None = None
        self._shadowing: Shadowing | None = None

    # --- beginning and ending

    def first(self) -> LiveModel | None:
        """The champion, waited for until there is one that can be loaded; None where the worker was told to
        stop meanwhile.

        Where the champion is refused, the one before it serves.
        """
        failures = 0
        while not self._stop.is_set():
            model = self._first_model()
            if model is not None:
                self._live = LiveModel(model)
                self._live.observer = self
                return self._live
            failures += 1
            if is_worth_logging(failures):
                log.warning("waiting for a champion in the registry: %s", self._why_not())
            self._stop.wait(Backoff().wait_for(failures))
        return None

    def _first_model(self) -> Model | None:
        try:
            self._head, self._error = self._registry.wait(-1, POLL), ""
            model = self._wanted(self._head.champion)
            self._keep_champion(self._head)
            return model or self._wanted(self._head.previous)
        except RegistryError as error:
            self._error = str(error)
            return self._cached()

    def _cached(self) -> Model | None:
        """The last champion, off this disk, while the registry is away; what it is by now is seen when it is
        back."""
        found = self._cache.champion()
        if found is None:
            return None
        version, folder = found
        try:
            model = self._load(folder, version)
            check_model(model)
        except Exception as error:  # then the registry is waited for
            log.warning("version %d could not be loaded from the cache: %s", version.number, error)
            return None
        log.warning("the registry is away, version %d serves as it was kept: %s", version.number, self._error)
        self._models[version.number], self._versions[version.number] = model, version
        self._numbers[model.ref.version] = version.number
        return model

    def _keep_champion(self, head: Head) -> None:
        """Keep the champion's files for a start without the registry."""
        version = self._versions.get(head.champion) if head.champion is not None else None
        if version is not None and version.number != self._kept:
            self._cache.note_champion(
                version,
                {n for n in (head.champion, head.previous, head.canary, head.shadow) if n is not None},
            )
            self._kept = version.number

    def begin(self, metrics: CollectorRegistry, health: Health) -> None:
        """Follow the head from now on, in a thread."""
        assert self._live is not None
        self._metrics, self._health = SwapMetrics(metrics), health
        self._shadowing = Shadowing(self._live, self._settings, self._scored)
        self._tell_health()
        self._thread = threading.Thread(target=self._run, name="freshet-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following; `stop` must be set before."""
        if self._thread is not None:
            self._thread.join(POLL + 1)
        if self._shadowing is not None:
            self._shadowing.close()

    # --- what annotating threads tell

    def served(self, served: Served) -> None:
        """A batch is done: count what went wrong, and let the shadow score a sample."""
        version = served.model.ref.version
        self._recent = (*served.records[: N_RECENT // 4], *self._recent[: N_RECENT - N_RECENT // 4])
        if served.rescued:
            self._metrics.rescued(served.rescued)
        harm = self._probation.note(version, len(served.records), served.rescued)
        if harm and self._live is not None and self._live.drop(served.model):
            self._complain(served.model, Complaint("errors", harm))
        if self._shadowing is not None:
            self._shadowing.offer(served)

    def broke(self, model: Model, error: Exception) -> None:
        """A model failed for good; another one has taken over."""
        self._complain(model, Complaint("broken", str(error)))

    def _scored(self, model: Model, sums: Agreement) -> None:
        role = "canary" if self._live is not None and self._live.lineup().canary is model else "shadow"
        self._metrics.agreement(role, sums)
        if sums.documents >= MIN_COMPARED and sums.lowest < self._settings.min_agreement:
            rates = ", ".join(f"{layer} {rate:.2f}" for layer, rate in sums.rates().items())
            self._complain(
                model, Complaint("agreement", f"it says too little of what the champion says ({rates})")
            )

    def _complain(self, model: Model, complaint: Complaint) -> None:
        with self._lock:
            number = self._numbers.get(model.ref.version)
            if number is None or number in self._complaints:
                return
            self._complaints[number] = complaint
        self._metrics.went_back(complaint.kind)
        log.error("version %d is not served any more: %s", number, complaint.reason)

    # --- the watch

    def _run(self) -> None:
        failures, epoch = 0, -1
        while not self._stop.is_set():
            try:
                head = self._registry.wait(epoch, POLL)
                self._metrics.head_read(head.epoch)
                self._head, self._error = head, ""
                self._follow(head)
                failures, epoch = 0, head.epoch
            except Exception as error:  # whatever it is, the watch goes on, and so does annotating
                failures += 1
                self._note_failure(error, failures)
                self._stop.wait(Backoff().wait_for(failures))
            self._tell_health()

    def _note_failure(self, error: Exception, failures: int) -> None:
        self._error = str(error)
        self._metrics.failed()
        if is_worth_logging(failures):
            log.warning(
                "watching the registry failed %d times in a row, annotating goes on: %s", failures, error
            )

    def _follow(self, head: Head) -> None:
        """Bring the live models in line with the head; costs next to nothing where they are."""
        assert self._live is not None
        assert self._shadowing is not None
        self._withdraw(head)
        self._follow_champion(head, self._live)
        canary, lineup = self._wanted(head.canary), self._live.lineup()
        if lineup.canary is not canary or (
            canary is not None and lineup.canary_percent != head.canary_percent
        ):
            self._live.set_canary(canary, head.canary_percent)
            self._metrics.canary(head.canary_percent if canary else 0)
            log.info(
                "canary: %s", f"version {head.canary}, {head.canary_percent} percent" if canary else "none"
            )
        self._shadowing.model = self._wanted(head.shadow)
        self._forget(head)

    def _follow_champion(self, head: Head, live: LiveModel) -> None:
        began = time.monotonic()
        model = self._wanted(head.champion)
        if model is None or model is live.current():
            return
        before = live.swap(model)
        self._keep_champion(head)
        self._metrics.swapped(time.monotonic() - began)
        log.info(
            "version %s serves instead of %s, ready after %.2f s",
            model.ref.version,
            before.ref.version,
            time.monotonic() - began,
        )

    def _wanted(self, number: int | None) -> Model | None:
        """The model of a version that is to serve; None where there is none, or it was refused or did harm
        here."""
        if number is None or number in self._complaints:
            return None
        refused_at = self._refused.get(number, (float("-inf"), ""))[0]
        if number not in self._models and time.monotonic() - refused_at < REFUSED_AGAIN:
            return None
        return self._model(number)

    def _model(self, number: int) -> Model | None:
        """A version's model: loaded and warmed up beside the live one, or None where it is refused.

        Raises: RegistryError where the registry, not the version, is at fault.
        """
        if number in self._models:
            return self._models[number]
        try:
            model = self._loaded(number)
        except (TamperedError, MissingBlobError, UnknownVersionError, OSError, MemoryError) as error:
            self._refuse(
                number, error
            )  # nobody's word that the version is bad: keys, disks and memory may be this worker's
            return None
        except RegistryError:
            raise
        except Exception as error:  # the files are those that were put, and make no model that works
            self._refuse(number, error)
            self._complaints[number] = Complaint("load", f"{type(error).__name__}: {error}")
            return None
        self._refused.pop(number, None)
        self._models[number] = model
        with self._lock:
            self._numbers[model.ref.version] = number
        self._probation.forget(model.ref.version)
        return model

    def _refuse(self, number: int, error: Exception) -> None:
        kind = type(error).__name__
        self._refused[number] = (time.monotonic(), f"{kind}: {error}")
        self._metrics.refused(kind)
        log.error("version %d is refused, %s goes on: %s", number, self._serving(), error)

    def _loaded(self, number: int) -> Model:
        version = self._registry.version(number)
        with self._cache.place(version) as folder:
            model = self._load(self._registry.fetch(number, folder), version)
        check_model(model)
        self._versions[number] = version
        if self._recent:
            answer(self._recent, model, self._settings, lambda stage: None)
        return model

    # --- going back

    def _withdraw(self, head: Head) -> None:
        """Tell the registry which versions did harm here; forget complaints about versions that serve nowhere
        any more."""
        with self._lock:
            complaints = dict(self._complaints)
        for number, complaint in complaints.items():
            reason = f"{complaint.kind}: {complaint.reason}"
            try:
                if number == head.champion and head.previous is not None:
                    self._registry.rollback(
                        actor=self._actor, reason=reason, expected_epoch=head.champion_epoch
                    )
                elif number == head.canary:
                    self._registry.set_canary(None, actor=self._actor, reason=reason)
                elif number == head.shadow:
                    self._registry.set_shadow(None, actor=self._actor, reason=reason)
                elif number != head.champion:
                    with self._lock:
                        del self._complaints[number]
                    self._models.pop(number, None)
            except StaleHeadError:
                log.info("version %d was withdrawn by somebody else", number)

    def _forget(self, head: Head) -> None:
        """Keep the models that serve or may serve again at once."""
        assert self._live is not None
        assert self._shadowing is not None
        serving = (
            self._live.current(),
            self._live.previous,
            self._live.lineup().canary,
            self._shadowing.model,
        )
        wanted = (head.champion, head.previous, head.canary, head.shadow)
        self._models = {
            n: m for n, m in self._models.items() if n in wanted or any(m is model for model in serving)
        }
        self._versions = {n: version for n, version in self._versions.items() if n in self._models}
        self._refused = {
            n: why for n, why in self._refused.items() if n in (head.champion, head.canary, head.shadow)
        }
        self._shadowing.forget([model for model in serving if model is not None])

    # --- telling

    def _serving(self) -> str:
        return f"version {self._live.current().ref.version}" if self._live is not None else "the wait"

    def _why_not(self) -> str:
        if self._error:
            return self._error
        if self._head.champion is None:
            return "it has none; put one in with `freshet models put DIR` and `freshet models promote N`"
        return self._refused.get(self._head.champion, (0.0, "unknown"))[1]

    def _tell_health(self) -> None:
        if self._health is not None and self._live is not None:
            self._health.details = self.details(self._live)

    def details(self, live: LiveModel) -> Mapping[str, object]:
        """What `/health/ready` says about models and registry."""
        ref, lineup = live.current().ref, live.lineup()
        return {
            "model": {
                "name": ref.name,
                "version": ref.version,
                "digest": ref.digest,
                "corrections": dict(ref.corrections),
            },
            "registry": {"epoch": self._head.epoch, "champion": self._head.champion, "error": self._error},
            "canary": {"version": lineup.canary.ref.version, "percent": lineup.canary_percent}
            if lineup.canary
            else None,
            "shadow": self._shadowing.model.ref.version
            if self._shadowing and self._shadowing.model
            else None,
            "refused": {str(number): reason for number, (_, reason) in self._refused.items()},
            "withdrawn": {str(number): f"{c.kind}: {c.reason}" for number, c in self._complaints.items()},
        }
