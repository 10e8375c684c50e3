# SPDX-License-Identifier: Apache-2.0
"""The champion on this worker's own disk, so that a worker can start while the registry is away."""

from __future__ import annotations

import logging
import shutil
import weakref
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import orjson

from ..model_registry import Lineage, Version, VersionState

log = logging.getLogger(__name__)

CHAMPION = "champion.json"
KEPT = "kept"


class ModelCache:
    """A folder with the files of versions, and which of them was champion last. Without a folder nothing is
    kept.

    What comes out of the registry is verified into it; what is started from it is trusted as this disk is, so
    keep it private.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder) if folder else None
        self._scratch: Path | None = None

    @contextmanager
    def place(self, version: Version) -> Iterator[Path]:
        """Where a version's files may be put; gone after the block unless they are kept. Without a folder the
        last ones lie there until the next ones come, which need not fetch again what is the same."""
        if self._folder is None:
            if self._scratch is None:
                self._scratch = Path(mkdtemp(prefix="freshet-version-"))
                weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)
            place = self._scratch / str(version.number)
            try:
                yield place
            finally:
                _keep_beside(place)
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield self._folder / _name(version.number, version.manifest_digest)

    def note_champion(self, version: Version, keep: Collection[int]) -> None:
        """Remember the champion, and drop the files of versions that are not in `keep`. An error is no reason
        to stop."""
        if self._folder is None:
            return
        champion = {
            "number": version.number,
            "digest": version.manifest_digest,
            "corrections": dict(version.corrections),
            "verdict": version.verdict,
        }
        part = self._folder / f"{CHAMPION}.part"
        try:
            part.write_bytes(orjson.dumps(champion))
            part.replace(self._folder / CHAMPION)
            for path in self._folder.iterdir():
                number = path.name.partition("-")[0]
                if path.is_dir() and number.isdecimal() and int(number) not in keep:
                    shutil.rmtree(path)
        except OSError as error:
            log.warning("the champion could not be kept in %s: %s", self._folder, error)

    def champion(self) -> tuple[Version, Path] | None:
        """The last champion and its files; None where there is none."""
        if self._folder is None:
            return None
        try:
            champion = orjson.loads((self._folder / CHAMPION).read_bytes())
            number, digest, corrections, verdict = (
                int(champion["number"]),
                str(champion["digest"]),
                dict(champion["corrections"]),
                champion.get("verdict"),
            )
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return None
        folder = self._folder / _name(number, digest)
        state, actor = VersionState.CHAMPION, "cache"
        version = Version(number, state, None, digest, Lineage(), corrections, {}, verdict, "", actor, {})
        return (version, folder) if folder.is_dir() else None


def _name(number: int, digest: str) -> str:
    return f"{number}-{digest[:16]}"


def _keep_beside(place: Path) -> None:
    """Let a version's files lie beside where the next one comes to, in place of those that lay there."""
    kept = place.with_name(KEPT)
    if place.is_dir():
        shutil.rmtree(kept, ignore_errors=True)
        place.rename(kept)
