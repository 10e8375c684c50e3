# SPDX-License-Identifier: Apache-2.0
"""A pipeline of nothing but word vectors, from a file of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import EngineError
from ..pipeline.build import blank
from ..pipeline.pipeline import Pipeline
from ..pipeline.vocab_data import read_vocab_data
from ..vectors import Mode, Vectors
from ..vectors.keyed import ATTRIBUTES
from ..vectors.text_vectors import read_floret_vectors, read_word_vectors


@dataclass(frozen=True, slots=True)
class VectorChoice:
    """What of a file is wanted. `prune`: rows to keep, -1 for all; `truncate`: words to read, 0 for all."""

    prune: int = -1
    truncate: int = 0
    mode: str = Mode.default
    name: str | None = None
    attr: str = "ORTH"
    lexemes: Path | None = None

    def check(self) -> None:
        """Raises: EngineError where something is no value."""
        if self.mode not in tuple(Mode):
            raise EngineError(f"expected a mode among {', '.join(Mode)}, got {self.mode!r}")
        if self.attr.upper() not in ATTRIBUTES:
            raise EngineError(f"expected an attribute among {', '.join(ATTRIBUTES)}, got {self.attr!r}")
        if self.mode == Mode.floret and self.truncate > 0:
            raise EngineError(
                "expected a whole floret table, got --truncate: every row is part of every word"
            )
        if self.prune == 0 or self.truncate < 0:
            raise EngineError(
                "expected --prune of at least 1 (-1: keep all) and --truncate of at least 0, got "
                f"{self.prune} and {self.truncate}"
            )


def init_vectors(lang: str, file: Path, choice: VectorChoice) -> Pipeline:
    """A pipeline without components that holds the vectors of a file, for `[initialize] vectors`.

    Raises: EngineError where file or choice do not fit.
    """
    choice.check()
    nlp = blank(lang)
    if choice.lexemes is not None:
        read_vocab_data(nlp.vocab, choice.lexemes)
    name = choice.name or f"{nlp.lang}_{nlp.meta['name']}.vectors"
    if choice.mode == Mode.floret:
        nlp.use_vectors(read_floret_vectors(file, attr=choice.attr, name=name))
        return nlp
    table = read_word_vectors(file, truncate=choice.truncate, attr=choice.attr, name=name)
    nlp.use_vectors(table)
    nlp.vocab.deduplicate_vectors()
    if choice.prune > 0:
        nlp.vocab.prune_vectors(choice.prune)
    assert isinstance(nlp.vocab.vectors, Vectors), "it was just made; this is a bug in Freshet"
    return nlp
