# SPDX-License-Identifier: Apache-2.0
"""A table of vectors that a function of `[nlp.vectors]` makes."""

from __future__ import annotations

from typing import Any

from ..config.config import ConfigError

NEEDED = ("width", "rows", "rows_or_last", "has")


def use_made_vectors(pipeline: Any, made: Any) -> None:
    """Give a pipeline what the function of `[nlp.vectors]` made: a table, or a function of the vocabulary
    that makes one (which ours, of an empty table, does when somebody asks); nothing where it made none.

    Raises: ConfigError where it is something else.
    """
    if getattr(made, "when_asked", False):
        pipeline.vocab.make_vectors_with(made)
        return
    table = made(pipeline.vocab) if callable(made) and not hasattr(made, "rows") else made
    if table is None:
        return
    missing = [name for name in NEEDED if not hasattr(table, name)]
    if missing:
        raise ConfigError(
            ("nlp", "vectors"),
            f"expected the function to make a table of vectors, got {type(table).__name__} without "
            f"{', '.join(missing)}; inherit from engine.vectors.BaseVectors",
        )
    pipeline.use_vectors(table)
