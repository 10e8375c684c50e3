# SPDX-License-Identifier: Apache-2.0
"""Versions of a registry as models: fetched, verified, loaded and warmed up beside the live one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..errors import WorkerError
from ..model_registry import (
    Head,
    MissingBlobError,
    RegistryError,
    TamperedError,
    UnknownVersionError,
    Version,
)
from ..settings import WorkerSettings
from ..transports.base import Record
from .model import Model
from .model_cache import ModelCache
from .outputs import annotate_records
from .probe import check_model

log = logging.getLogger(__name__)

RETRY_AFTER = 30.0
"""Seconds after which a version that was refused is tried again: a key may have come, a blob may have been
restored."""
N_RECENT = 256
"""Records of late whose texts a new model is warmed up with."""

LoadVersion = Callable[[Path, Version], Model]
"""Makes a model of a version's files."""


class VersionSource(Protocol):
    """What the loader needs of a model registry."""

    def version(self, number: int) -> Version:
        """A version."""

    def fetch(self, number: int, into: Path) -> Path:
        """Its files, checked against manifest and signature, in a folder."""


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """Why a version makes no model here, and when that was tried (`time.monotonic`).

    `is_bad`: its files are those that were put, so that nobody can load it; else keys, disks or memory of
    this worker may be at fault, and it is tried again.
    """

    kind: str
    reason: str
    tried_at: float
    is_bad: bool


class VersionRefusedError(WorkerError):
    """A version was tried just now, and makes no model here."""

    def __init__(self, number: int, failure: LoadFailure) -> None:
        super().__init__(f"version {number}: {failure.reason}")
        self.failure = failure


class ModelLoader:
    """Keeps the models of the versions that serve, or may serve again at once, and knows which were refused.

    All but `number_of` and `note_recent` belong to one thread at a time.
    """

    def __init__(self, source: VersionSource, load: LoadVersion, settings: WorkerSettings) -> None:
        self._source = source
        self._make_model = load
        self._settings = settings
        self._cache = ModelCache(settings.model_cache)
        self._models: dict[int, Model] = {}
        self._versions: dict[int, Version] = {}
        self._failures: dict[int, LoadFailure] = {}
        self._numbers: dict[str, int] = {}
        self._recent: Sequence[Record] = ()
        self._cached_number: int | None = None

    @property
    def models(self) -> Mapping[int, Model]:
        """The loaded versions, by number."""
        return self._models

    @property
    def failures(self) -> Mapping[int, LoadFailure]:
        """The refused versions, by number."""
        return self._failures

    def number_of(self, model: Model) -> int | None:
        """The number of the version that a model was loaded from."""
        return self._numbers.get(model.ref.version)

    def note_recent(self, records: Sequence[Record]) -> None:
        """Remember some of a batch, to warm up the next model with."""
        self._recent = (*records[: N_RECENT // 4], *self._recent[: N_RECENT - N_RECENT // 4])

    def load(self, number: int) -> Model | None:
        """A version's model; None where it was refused and it is too early to try again.

        Raises: VersionRefusedError where it makes none, RegistryError where the registry, not the version, is
        at fault.
        """
        if number in self._models:
            return self._models[number]
        last = self._failures.get(number)
        if last is not None and (last.is_bad or time.monotonic() - last.tried_at < RETRY_AFTER):
            return None
        try:
            model = self._load(number)
        except (TamperedError, MissingBlobError, UnknownVersionError, OSError, MemoryError) as error:
            raise self._refuse(number, error, is_bad=False) from error
        except RegistryError:
            raise
        except Exception as error:  # the files are those that were put, and make no model that works
            raise self._refuse(number, error, is_bad=True) from error
        self._failures.pop(number, None)
        return model

    def load_cached(self, reason: str) -> Model | None:
        """The last champion, off this disk, while the registry is away or not followed, for that reason; what
        it is by now is seen later."""
        found = self._cache.champion()
        if found is None:
            return None
        version, folder = found
        try:
            model = self._make_model(folder, version)
            check_model(model)
        except Exception as error:  # then the registry is waited for
            log.warning("version %d could not be loaded from the cache: %s", version.number, error)
            return None
        log.warning(
            "version %d serves as it was kept, the registry is not followed: %s", version.number, reason
        )
        self._keep(version, model)
        return model

    def cache_champion(self, head: Head) -> None:
        """Keep the champion's files for a start without the registry."""
        version = self._versions.get(head.champion) if head.champion is not None else None
        if version is not None and version.number != self._cached_number:
            self._cache.note_champion(version, set(_numbers_of(head)))
            self._cached_number = version.number

    def drop(self, number: int) -> None:
        """Forget what is known of a version: who puts it in service again has it loaded anew."""
        self._models.pop(number, None)
        self._failures.pop(number, None)

    def retain(self, head: Head, serving: Collection[Model]) -> None:
        """Forget all models but those that serve, or that the head names."""
        wanted = set(_numbers_of(head))
        self._models = {
            n: m for n, m in self._models.items() if n in wanted or any(m is model for model in serving)
        }
        self._versions = {n: version for n, version in self._versions.items() if n in self._models}
        self._numbers = {ref: n for ref, n in self._numbers.items() if n in self._models}
        self._failures = {
            n: failure for n, failure in self._failures.items() if n in wanted - {head.previous}
        }

    def _load(self, number: int) -> Model:
        version = self._source.version(number)
        with self._cache.place(version) as folder:
            model = self._make_model(self._source.fetch(number, folder), version)
        check_model(model)
        if self._recent:
            annotate_records(self._recent, model, self._settings)
        self._keep(version, model)
        return model

    def _keep(self, version: Version, model: Model) -> None:
        self._models[version.number], self._versions[version.number] = model, version
        self._numbers[model.ref.version] = version.number

    def _refuse(self, number: int, error: Exception, *, is_bad: bool) -> VersionRefusedError:
        kind = type(error).__name__
        failure = LoadFailure(kind, f"{kind}: {error}", time.monotonic(), is_bad)
        self._failures[number] = failure
        return VersionRefusedError(number, failure)


def _numbers_of(head: Head) -> list[int]:
    return [n for n in (head.champion, head.previous, head.canary, head.shadow) if n is not None]
