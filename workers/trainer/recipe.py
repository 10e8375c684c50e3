# SPDX-License-Identifier: Apache-2.0
"""What it takes to learn a version again, kept beside its files: config, topic, journal, and the digest that
must come out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..errors import WorkerError
from .journal import Journal

FOLDER, JOURNAL, CONFIG = "learning", "journal.json", "learn.cfg"


@dataclass(frozen=True, slots=True)
class Mix:
    """So much of a version's weights, and the rest of the learner's."""

    version: int = 0
    share: float = 0.0


UNMIXED = Mix()


@dataclass(frozen=True, slots=True)
class Recipe:
    """`digest` is that of the pipeline's own files; `config` the config's text; `mix` the version that was
    champion, and the share of its weights that is in it."""

    config: str
    topic: str
    journal: Journal
    digest: str
    mix: Mix = UNMIXED

    def write(self, folder: Path) -> None:
        """Lay it beside a saved pipeline."""
        values = {**self.journal.saved(), "topic": self.topic, "digest": self.digest}
        if self.mix.share:
            values["mix"] = [self.mix.version, self.mix.share]
        (folder / FOLDER).mkdir(exist_ok=True)
        (folder / FOLDER / JOURNAL).write_text(json.dumps(values, sort_keys=True), encoding="utf8")
        (folder / FOLDER / CONFIG).write_text(self.config, encoding="utf8")


def read_recipe(folder: Path, number: int) -> Recipe:
    """The recipe in the files of a version. Raises: WorkerError where it has none."""
    file = folder / FOLDER / JOURNAL
    if not file.is_file():
        raise WorkerError(
            f"expected version {number} to be one that `freshet learn` made; it has no {FOLDER}/{JOURNAL} to "
            "learn it again from"
        )
    values = json.loads(file.read_bytes())
    journal = Journal.from_saved(values["start"], values["first"], values["entries"])
    config = (folder / FOLDER / CONFIG).read_text(encoding="utf8")
    return Recipe(config, values["topic"], journal, values["digest"], Mix(*values.get("mix", (0, 0.0))))


def pipeline_digest(folder: Path) -> str:
    """The digest of a saved pipeline's own files."""
    return str(json.loads((folder / "meta.json").read_bytes())["digest"])
