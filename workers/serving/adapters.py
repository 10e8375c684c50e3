# SPDX-License-Identifier: Apache-2.0
"""Many tenants on one encoder: adapters by name, of which each record chooses one by a header."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

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


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ServedAdapter:
    """An adapter as it is served: how annotations name it, PEFT's files, and, of one that was learned with a
    pipeline, the sha256 of that pipeline's other weights by file. Who reads texts with it holds it: its
    weights stay as long as somebody does."""

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
        self._held: WeakSet[ServedAdapter] = WeakSet()
        self._fitted: WeakSet[FittedAdapters] = WeakSet()
        self._lock = Lock()

    @property
    def names(self) -> list[str]:
        """Of the adapters that are there."""
        return sorted(self._served)

    def put(self, served: ServedAdapter) -> None:
        """Serve an adapter from the next batch on, in place of one of its name."""
        with self._lock:
            self._held.add(served)
            for fitted in self._fitted:
                fitted.add(served)
            self._served[served.ref.name] = served
            self._sweep()
        log.info("adapter %r: %s", served.ref.name, served.ref.version or served.ref.digest[:12])

    def drop(self, name: str) -> None:
        """Serve it no more. Batches that began with it end with it."""
        with self._lock:
            self._served.pop(name, None)
            self._sweep()

    def _sweep(self) -> None:
        """Forget the weights of those that are not served any more, and that no batch is read with."""
        keys = {served.key for served in self._held}
        for fitted in self._fitted:
            fitted.keep(keys)

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
        self.misfits: WeakKeyDictionary[ServedAdapter, str] = WeakKeyDictionary()

    def add(self, served: ServedAdapter) -> None:
        """Take an adapter, where it belongs to this pipeline."""
        name = served.ref.name
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
            self.misfits[served] = str(error)
            log.error("adapter %r does not belong to this pipeline: %s", name, error)

    def keep(self, keys: Collection[str]) -> None:
        """Forget all others."""
        for encoder in self._encoders:
            for key in encoder.adapters.names:
                if key not in keys:
                    encoder.adapters.forget(key)

    def chosen(self, headers: Headers) -> ServedAdapter | None:
        """See `AdapterShelf.chosen`. Raises: UnknownAdapterError also for one that is not this pipeline's."""
        served = self._shelf.chosen(headers)
        if served is None or served not in self.misfits:
            return served
        self._shelf.refuse(
            f"{served.ref.name!r}, which does not belong to the pipeline that serves: {self.misfits[served]}"
        )
        return None


def require_fitting(fitted: FittedAdapters) -> None:
    """Raises: SettingsError where an adapter is not this pipeline's."""
    for served, reason in fitted.misfits.items():
        raise SettingsError(f"worker -> tenants -> adapters: {served.ref.name}: {reason}")


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
