# SPDX-License-Identifier: Apache-2.0
"""What `[initialize] lookups` gives: tables of the vocabulary, and norms of words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config.config import ConfigError
from ..vocab import Lookups
from ..vocab.lookups import lookups_of
from ..vocab.strings import string_id

NORMS = "lexeme_norm"
"""The table that gives words their norms."""


def take_lookups(pipeline: Any, given: Any) -> None:
    """Put look-up tables into the pipeline's vocabulary; words have the norms of the table `lexeme_norm` from
    then on.

    Raises: ConfigError where it is something else, or the tokenizer takes no norms.
    """
    path = ("initialize", "lookups")
    if not isinstance(given, Lookups | Mapping):
        raise ConfigError(path, f"expected look-up tables by name, got {type(given).__name__}")
    lookups = given if isinstance(given, Lookups) else lookups_of(given)
    for name in lookups.tables:
        pipeline.vocab.lookups.set_table(name, lookups.get_table(name))
    if not lookups.has_table(NORMS):
        return
    table = lookups.get_table(NORMS).items()
    norms = {string_id(key) if isinstance(key, str) else int(key): str(norm) for key, norm in table}
    if not hasattr(pipeline.tokenizer, "add_norms"):
        kind = type(pipeline.tokenizer).__name__
        raise ConfigError(path, f"expected a tokenizer of rules to take the norms of {NORMS}, got {kind}")
    pipeline.tokenizer.add_norms(norms)
