# SPDX-License-Identifier: Apache-2.0
"""What the stream itself says of champion and student: each correction is answered by both before the student
learns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine import Example, Pipeline
from engine.scoring.units import Counts

from .answers import Answers, answers_of, count_layers
from .authors import AuthorShares, author_of
from .differences import ANSWER
from .restarted_process import RestartedProcess

WARM_UP = 5
"""Documents of a layer that are looked at before any is bet on: they say how large its differences are."""

LayerCounts = Mapping[str, Counts]
"""Of one document, by layer."""


@dataclass(slots=True)
class LayerSums:
    """What a layer's documents so far say about its size: F of the champion and answers a document."""

    documents: int = 0
    right: float = 0.0
    champion: float = 0.0
    student: float = 0.0

    def add(self, before: Counts, after: Counts) -> None:
        """One document more."""
        self.documents += 1
        self.right += before.tp
        self.champion += before.size
        self.student += after.size


@dataclass(slots=True)
class StreamEvidence:
    """A bet, correction by correction, that the student knows better than the champion `rival`.

    Every correction judges before it teaches, so that all of them count and none is used twice: the bet on
    one document follows from those before it alone. It begins anew with each champion.
    Source: A. P. Dawid, Present position and potential developments: the prequential approach, 1984.
    """

    share: float = 1.0
    rival: int = 0
    process: RestartedProcess = field(default_factory=RestartedProcess)
    sums: dict[str, LayerSums] = field(default_factory=dict)
    authors: AuthorShares = field(init=False)

    def __post_init__(self) -> None:
        self.authors = AuthorShares(self.share)

    def face(self, rival: int) -> None:
        """Compare with this version from here on; anew, if it is another one."""
        if rival != self.rival:
            self.rival, self.process, self.sums = rival, RestartedProcess(), {}

    def score(self, champion: Pipeline, examples: Sequence[Example], answered: Answers) -> None:
        """Let the champion answer what the student is about to learn, and has `answered`."""
        rows = zip(examples, answers_of(champion, examples), answered, strict=True)
        self.weigh(
            [
                (count_layers(before), count_layers(after))
                for example, before, after in rows
                # What takes an earlier correction's place, the student may have learned already.
                if getattr(example, "supersedes", None) is None and self.authors.takes(author_of(example))
            ]
        )

    def weigh(self, answered: Sequence[tuple[LayerCounts, LayerCounts]]) -> None:
        """The same by counts of each layer, champion's and student's, document by document."""
        found = [self._difference(before, after) for before, after in answered]
        self.process = self.process.after(np.array(found, dtype=np.float64))

    def state(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "rival": self.rival,
            **self.process.state(),
            "sums": {k: [s.documents, s.right, s.champion, s.student] for k, s in self.sums.items()},
            "authors": dict(self.authors.taken),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave."""
        self.rival = state["rival"]
        self.process = RestartedProcess.from_state(state)
        self.sums = {layer: LayerSums(*row) for layer, row in state["sums"].items()}
        self.authors.taken = dict(state["authors"])

    def _difference(self, before: LayerCounts, after: LayerCounts) -> float:
        """What one document says, from -1 to 1; see `differences`."""
        shares = self._shares()
        gained = 0.0
        for layer, champion in before.items():
            student = after[layer]
            sums = self.sums.setdefault(layer, LayerSums())
            f = 2 * sums.right / max(sums.champion, 1.0)
            moved = 2 * (student.tp - champion.tp) - f * (student.size - champion.size)
            gained += shares.get(layer, 0.0) * moved
            sums.add(champion, student)
        unit = ANSWER * max(shares.values(), default=1.0)
        return min(max(gained / unit, -1.0), 1.0)

    def _shares(self) -> dict[str, float]:
        """What an answer of each layer weighs, so that all layers weigh the same."""
        known = {k: s for k, s in self.sums.items() if s.documents >= WARM_UP and s.student}
        return {layer: 1 / (sums.student * len(known)) for layer, sums in known.items()}
