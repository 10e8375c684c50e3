# SPDX-License-Identifier: Apache-2.0
"""Where adapters come from: folders in PEFT's form, and lines of versions in the model registry; both are
looked at again and again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from engine.transformer.errors import TransformerError
from engine.transformer.lora import CONFIG, WEIGHTS
from engine.transformer.saved_adapter import read_saved_adapter, saved_files

from ..errors import SettingsError
from ..model_registry import REGISTRY, open_registry
from ..retry import is_worth_logging
from ..settings import WorkerSettings
from .adapters import AdapterShelf, ServedAdapter, served_adapter, weights_beside

if TYPE_CHECKING:
    from ..model_registry import ModelRegistry

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5
"""Seconds between two looks."""

Stamp = object
Found = tuple[str, Stamp, Callable[[], ServedAdapter]]
"""An adapter's name, what tells it from the one before, and how it is read."""

Place = Callable[[], Iterable[Found]]
"""The adapters that are at a place now."""


class AdapterPlaces:
    """Keeps a shelf in line with where its adapters come from. Ends with the block that it is used in."""

    def __init__(self, settings: WorkerSettings, shelf: AdapterShelf) -> None:
        """Raises: SettingsError for a place that is none."""
        self._settings, self._shelf = settings, shelf
        self._stack, self._stop = ExitStack(), threading.Event()
        self._stamps: dict[str, tuple[int, Stamp]] = {}  # by adapter: number of its place, what it was there
        self._places = [
            self._place(entry.strip()) for entry in settings.tenants.adapters.split(",") if entry.strip()
        ]
        self._thread = threading.Thread(target=self._follow, name="freshet-adapters", daemon=True)

    def look(self) -> None:
        """Put what is new or another onto the shelf, and take what is gone off it. Of two adapters of one
        name that of the first place counts. What cannot be read stays as it was, and the others go on.

        Raises: RegistryError, EngineError, OSError where something could not be read, once all others are.
        """
        seen: set[str] = set()
        errors: list[Exception] = []
        for number, place in enumerate(self._places):
            try:
                for name, stamp, read in list(place()):
                    if name not in seen:
                        seen.add(name)
                        self._take(name, (number, stamp), read, errors)
            except Exception as error:
                errors.append(error)
                seen.update(name for name, (of, _) in self._stamps.items() if of == number)
        for name in self._stamps.keys() - seen:
            self._shelf.drop(name)
            del self._stamps[name]
        if errors:
            raise errors[0]

    def _take(
        self, name: str, stamp: tuple[int, Stamp], read: Callable[[], ServedAdapter], errors: list[Exception]
    ) -> None:
        if self._stamps.get(name) == stamp:
            return
        try:
            self._shelf.put(read())
            self._stamps[name] = stamp
        except Exception as error:
            errors.append(error)

    def __enter__(self) -> AdapterPlaces:
        self.look()
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stop.set()
        self._thread.join(5.0)
        self._stack.close()

    def _follow(self) -> None:
        failures = 0
        while not self._stop.wait(LOOK_EVERY):
            try:
                self.look()
                failures = 0
            except Exception as error:  # whatever it is, those that are there go on
                failures += 1
                if is_worth_logging(failures):
                    log.warning("adapters could not be looked at %d times in a row: %s", failures, error)

    def _place(self, entry: str) -> Place:
        name, equals, where = entry.partition("=")
        if not equals:
            return _folders(Path(entry))
        if where.startswith(REGISTRY):
            line = where.removeprefix(REGISTRY)
            registry = self._stack.enter_context(open_registry(self._settings.registry, line))
            return _line(name, line, registry)
        if not all((Path(where) / file).is_file() for file in (CONFIG, WEIGHTS)):
            raise SettingsError(
                f"worker -> tenants -> adapters: {name}: expected registry:MODEL or a folder with {CONFIG} "
                f"and {WEIGHTS}, got {where!r}"
            )
        return _folder(name, Path(where))


def _folders(root: Path) -> Place:
    """A folder of folders, each an adapter of its name; or one that is an adapter itself."""
    if not root.is_dir():
        raise SettingsError(
            "worker -> tenants -> adapters: expected a folder, NAME=FOLDER or NAME=registry:MODEL, got "
            f"{str(root)!r}"
        )

    def look() -> Iterator[Found]:
        folders = [root] if (root / CONFIG).is_file() else sorted(root.iterdir())
        for folder in folders:
            yield from _folder(folder.resolve().name, folder)()

    return look


def _folder(name: str, folder: Path) -> Place:
    """A folder with PEFT's two files; without one of them there is nothing."""

    def look() -> Iterator[Found]:
        try:
            stats = [(folder / file).stat() for file in (CONFIG, WEIGHTS)]
        except (FileNotFoundError, NotADirectoryError):
            return
        stamp = [(stat.st_mtime_ns, stat.st_size, stat.st_ino) for stat in stats]
        yield name, stamp, lambda: served_adapter(name, _read(folder))

    return look


def _read(folder: Path) -> dict[str, bytes]:
    return {file: (folder / file).read_bytes() for file in (CONFIG, WEIGHTS)}


def _line(name: str, line: str, registry: ModelRegistry) -> Place:
    """The champion of a line of versions; what its encoder has of its own is read, and nothing else."""

    def look() -> Iterator[Found]:
        number = registry.head().champion
        if number is not None:  # until then its texts are dead letters
            yield name, number, lambda: _of_version(name, line, registry, number)

    return look


def _of_version(name: str, line: str, registry: ModelRegistry, number: int) -> ServedAdapter:
    version = registry.version(number)
    found = saved_files(version.files)
    if found is None:
        raise TransformerError(
            f"worker -> tenants -> adapters: {name}: expected a version with an adapter, got {number} of "
            f"{line!r}; learn with [learner.adapter] rank"
        )
    config, weights = (registry.read_file(number, path) for path in found)
    files = read_saved_adapter(config, weights, f"version {number} of {line}").to_files()
    shas = {path: file.sha256 for path, file in version.files.items()}
    return served_adapter(name, files, str(number), weights_beside(shas, found))
