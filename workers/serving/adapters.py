# SPDX-License-Identifier: Apache-2.0
"""Many tenants on one encoder: adapters by name, of which each record chooses one by a header."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakSet

from engine.errors import EngineError
from schemas import AdapterRef

from ..errors import SettingsError, WorkerError
from ..settings import UnknownAdapter, WorkerSettings

if TYPE_CHECKING:  # workers that annotate nothing need not load components
    from engine.components.adaptable import Adaptable

log = logging.getLogger(__name__)

Headers = Sequence[tuple[str, bytes]]

LONGEST_NAME = 80
"""Characters of a header that an error shows."""


class UnknownAdapterError(WorkerError):
    """A record chose an adapter that is not there, or does not belong to the pipeline that serves."""


@dataclass(frozen=True, slots=True, eq=False)
class ServedAdapter:
    """An adapter as it is served: how annotations name it, PEFT's files, and, of one that was learned with a
    pipeline, the sha256 of that pipeline's other weights by file."""

    ref: AdapterRef
    files: Mapping[str, bytes]
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its name on an encoder, where the one that it replaces goes on until it is done."""
        return f"{self.ref.name} {self.ref.digest}"


def served_adapter(
    name: str, files: Mapping[str, bytes], version: str = "", beside: Mapping[str, str] | None = None
) -> ServedAdapter:
    """An adapter of PEFT's files, by the name that records choose it by."""
    whole = hashlib.sha256()
    for file, data in sorted(files.items()):
        whole.update(file.encode() + b"\0" + hashlib.sha256(data).digest())
    return ServedAdapter(AdapterRef(name, version, whole.hexdigest()), dict(files), beside or {})


class AdapterShelf:
    """All adapters of a worker, and the pipelines that have them. Safe to use from several threads."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._header, self._unknown = settings.tenants.key, settings.tenants.unknown
        self._served: dict[str, ServedAdapter] = {}
        self._fitted: WeakSet[FittedAdapters] = WeakSet()
        self._lock = Lock()

    @property
    def names(self) -> list[str]:
        """Of the adapters that are there."""
        return sorted(self._served)

    def put(self, served: ServedAdapter) -> None:
        """Serve an adapter from the next batch on, in place of one of its name."""
        with self._lock:
            before = self._served.get(served.ref.name)
            for fitted in self._fitted:
                fitted.add(served)
            self._served[served.ref.name] = served
            for fitted in self._fitted:
                fitted.keep(served, before)
        log.info("adapter %r: %s", served.ref.name, served.ref.version or served.ref.digest[:12])

    def drop(self, name: str) -> None:
        """Serve it no more. Batches that began with it end with it."""
        with self._lock:
            self._served.pop(name, None)

    def fit(self, encoders: Sequence[Adaptable], meta: Mapping[str, object]) -> FittedAdapters:
        """All of them on a pipeline's encoders. Raises: SettingsError where it has none."""
        if not encoders:
            raise SettingsError(
                "worker -> tenants -> key: expected a pipeline with an encoder, got one without; leave the "
                "setting out"
            )
        fitted = FittedAdapters(self, encoders, meta)
        with self._lock:
            for served in self._served.values():
                fitted.add(served)
            self._fitted.add(fitted)
        return fitted

    def chosen(self, headers: Headers) -> ServedAdapter | None:
        """The adapter that a record's headers name; None where they name none, or an unknown one and the
        pipeline alone is to read it.

        Raises: UnknownAdapterError.
        """
        name = next((value for key, value in reversed(headers) if key == self._header), None)
        if name is None:
            return None
        served = self._served.get(name.decode("utf-8", "replace"))
        if served is None:
            self.refuse(f"{name[:LONGEST_NAME].decode('utf-8', 'replace')!r}, which nobody knows")
        return served

    def refuse(self, what: str) -> None:
        """Raises: UnknownAdapterError, unless the pipeline alone is to read such texts."""
        if self._unknown is UnknownAdapter.DEAD_LETTER:
            raise UnknownAdapterError(
                f"expected the name of an adapter in the header {self._header!r}, got {what}; there are: "
                f"{', '.join(self.names) or 'none'}"
            )


class FittedAdapters:
    """A shelf's adapters on the encoders of one pipeline. `misfits` says why some are not."""

    def __init__(
        self, shelf: AdapterShelf, encoders: Sequence[Adaptable], meta: Mapping[str, object]
    ) -> None:
        self._shelf, self._encoders = shelf, encoders
        self._files = _sha256_of(meta)
        self.misfits: dict[str, str] = {}

    def add(self, served: ServedAdapter) -> None:
        """Take an adapter, where it belongs to this pipeline."""
        name = served.ref.name
        self.misfits.pop(name, None)
        other = [path for path, sha in served.beside.items() if self._files.get(path, sha) != sha]
        try:
            if other:
                raise EngineError(
                    f"it was learned beside another {other[0]}; learn it with [learner.adapter] heads = "
                    "false on the version that serves"
                )
            for encoder in self._encoders:
                encoder.adapters.add(served.key, encoder.read_adapter(served.files, name))
        except EngineError as error:
            self.misfits[name] = str(error)
            log.error("adapter %r does not belong to this pipeline: %s", name, error)

    def keep(self, served: ServedAdapter, before: ServedAdapter | None) -> None:
        """Forget what is two versions old: batches may be on their way with the one before."""
        known = {served.key, "" if before is None else before.key}
        for encoder in self._encoders:
            for key in list(encoder.adapters.names):
                if key.rpartition(" ")[0] == served.ref.name and key not in known:
                    encoder.adapters.forget(key)

    def chosen(self, headers: Headers) -> ServedAdapter | None:
        """See `AdapterShelf.chosen`. Raises: UnknownAdapterError also for one that is not this pipeline's."""
        served = self._shelf.chosen(headers)
        if served is not None and served.ref.name in self.misfits:
            self._shelf.refuse(
                f"{served.ref.name!r}, which does not belong to the pipeline that serves: "
                f"{self.misfits[served.ref.name]}"
            )
            return None
        return served


def require_fitting(fitted: FittedAdapters) -> None:
    """Raises: SettingsError where an adapter is not this pipeline's."""
    for name, reason in fitted.misfits.items():
        raise SettingsError(f"worker -> tenants -> adapters: {name}: {reason}")


def weights_beside(shas: Mapping[str, str], own: Iterable[str]) -> dict[str, str]:
    """Of a pipeline's files those whose change makes another model of it, without those of an adapter."""
    left_out = {*own, *(f"{path.rpartition('/')[0]}/weights.safetensors" for path in own)}
    return {
        path: sha
        for path, sha in shas.items()
        if path.endswith((".safetensors", "labels.json")) and "/" in path and path not in left_out
    }


def _sha256_of(meta: Mapping[str, object]) -> dict[str, str]:
    """What a pipeline's `meta.json` says of its files."""
    files = meta.get("files")
    if not isinstance(files, Mapping):
        return {}
    return {path: str(entry["sha256"]) for path, entry in files.items() if isinstance(entry, Mapping)}
