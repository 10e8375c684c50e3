# SPDX-License-Identifier: Apache-2.0
"""The model registry as it changes, followed by one thread: level-triggered, as annotators follow it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import orjson

from ..model_registry import Head, MetricsRow, ModelRegistry, RegistryError, UnreachableError, Version
from .progress import Known

log = logging.getLogger(__name__)

PAUSE = 0.4
"""Seconds between two looks for metrics; a new head is heard of at once."""
ROWS = 20_000

CHANGED = Callable[[Known, list[MetricsRow]], None]


class RegistryWatch:
    """Tells `changed` what the registry says, at the start and at each change, in its own thread."""

    def __init__(self, registry: ModelRegistry, changed: CHANGED, stop: threading.Event) -> None:
        self.registry = registry
        self.known = Known()
        self.rows: deque[MetricsRow] = deque(maxlen=ROWS)
        self.away = ""
        self.broken = ""
        """Why the audit chain cannot be believed."""
        self.labels: dict[str, list[str]] = {}
        """Labels of the champion by layer."""
        self._changed, self._stop = changed, stop
        self._after = "0"
        self._labels_of: int | None = None
        self._thread = threading.Thread(target=self._run, name="freshet-registry", daemon=True)

    def start(self) -> None:
        """Follow from now on."""
        self._thread.start()

    def join(self, timeout: float) -> None:
        """Wait for its end."""
        if self._thread.is_alive():
            self._thread.join(timeout)

    def refresh(self) -> None:
        """Look at once. Raises: RegistryError."""
        self._look(self.registry.head(), force=True)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look(self.registry.wait(self.known.head.epoch, PAUSE))
                self.away = ""
            except UnreachableError as error:
                self._say_away(str(error))
                self._stop.wait(1.0)
            except RegistryError as error:
                self._say_away(str(error))
                self._stop.wait(2.0)

    def _say_away(self, why: str) -> None:
        if not self.away:
            log.warning("the registry cannot be followed: %s", why)
        self.away = why

    def _look(self, head: Head, *, force: bool = False) -> None:
        rows = self.registry.metrics(self._after, 2_000)
        if rows:
            self._after = rows[-1].id
            self.rows.extend(rows)
        judged = any(row.row.get("kind") == "candidate" for row in rows)
        if force or judged or not self.known.versions or head.event != self.known.head.event:
            self.known = self._read(head)
            self._read_labels(head)
        elif not rows:
            return
        self._changed(self.known, rows)

    def _read(self, head: Head) -> Known:
        versions = {version.number: version for version in self.registry.versions()}
        try:
            audit, self.broken = self.registry.audit(), ""
        except RegistryError as error:
            audit, self.broken = [], str(error)
        return Known(head, versions, audit)

    def _read_labels(self, head: Head) -> None:
        if head.champion is None or head.champion == self._labels_of:
            return
        version = self.known.versions.get(head.champion)
        if version is not None and not version.collected:
            self.labels = read_labels(self.registry, version)
            self._labels_of = head.champion


def read_labels(registry: ModelRegistry, version: Version) -> dict[str, list[str]]:
    """Labels of a version by layer, read of its components' own files, each verified. Raises:
    RegistryError."""
    found: dict[str, list[str]] = {}
    for path in sorted(version.files):
        if path.endswith("labels.json"):
            for layer, labels in labels_of(
                path, orjson.loads(registry.read_file(version.number, path))
            ).items():
                found[layer] = list(dict.fromkeys([*found.get(layer, []), *labels]))
    return found


def labels_of(path: str, saved: Any) -> dict[str, list[str]]:
    """What a file of labels says, by layer; the component's name tells what they are for.

    >>> labels_of("ner/labels.json", {"actions": [["B", "PER"], ["O", ""], ["L", "PER"]]})
    {'ents': ['PER']}
    """
    component = path.rpartition("/")[0].rpartition("/")[2]
    if not isinstance(saved, dict):
        return {}
    if "actions" in saved:
        labels = list(dict.fromkeys(str(action[1]) for action in saved["actions"] if action[1]))
        return {"deps": [*labels, "ROOT"]} if "parser" in component else {"ents": labels}
    labels = [str(label) for label in saved.get("labels", ()) if isinstance(label, str)]
    if not labels:
        return {}
    if "morphologizer" in component:
        return _morphs(labels)
    for part, layer in (("textcat", "cats"), ("spancat", "spans"), ("tagger", "tags"), ("span", "spans")):
        if part in component:
            return {layer: labels}
    return {}


def _morphs(labels: list[str]) -> dict[str, list[str]]:
    pos: list[str] = []
    morphs: list[str] = []
    for label in labels:
        fields = dict(field.partition("=")[::2] for field in label.split("|"))
        pos.append(fields.pop("POS", ""))
        morphs.append("|".join(f"{name}={value}" for name, value in fields.items()))
    return {"pos": sorted({*pos} - {""}), "morphs": sorted({*morphs} - {""})}
