# SPDX-License-Identifier: Apache-2.0
"""The component `lemmatizer`: lemmas by look-up tables, nothing learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch, LabelColumn
from ..doc.example import Example
from ..errors import EngineError
from .component import Array, GetExamples, Scorer, Scores
from .label_columns import write_column
from .lemma_rules import (
    BASE_FORMS,
    EXCEPTIONS,
    INDEX,
    LOOKUP,
    RULES,
    RuleTables,
    Tables,
    by_name,
    is_no_base_form,
    word_table,
)
from .on_documents import OnDocuments

LEMMA = "lemma"
LOOKUP_MODE, RULE_MODE = "lookup", "rule"

NEEDED: Mapping[str, tuple[str, ...]] = {LOOKUP_MODE: (LOOKUP,), RULE_MODE: (RULES,)}
"""Mode -> tables that it cannot do without."""

OPTIONAL: Mapping[str, tuple[str, ...]] = {LOOKUP_MODE: (), RULE_MODE: (EXCEPTIONS, INDEX)}

TABLES_FILE = "lookups.json"

MAX_KNOWN = 1 << 17
"""Words with part of speech and features whose lemmas are kept; when full, the memory starts anew."""

Key = tuple[str, str, str]


class Lemmatizer(OnDocuments):
    """Writes the column `lemma`: by a table of words, or by suffix rules for the part of speech found before.

    Without parts of speech, rules give the lower-cased text.
    """

    def __init__(self, name: str, mode: str, overwrite: bool, scorer: Scorer | None) -> None:
        if mode not in NEEDED:
            raise EngineError(f"expected mode of {name!r} to be one of {', '.join(NEEDED)}, got {mode!r}")
        self.name = name
        self.mode = mode
        self.overwrite = overwrite
        self.scorer = scorer
        self.tables: dict[str, dict[int, Any]] = {}
        self._words: Mapping[int, str] = {}
        self._rules = RuleTables({})
        self._known: dict[Key, str] = {}

    def initialize(self, get_examples: GetExamples, sample: Batch, lookups: Tables | None = None) -> None:
        """Take the tables, where the config gives some. Raises: EngineError where one is missing."""
        if lookups is not None:
            self.use_tables(lookups)

    def use_tables(self, tables: Tables) -> None:
        """Take those of the tables that the mode uses. Raises: EngineError where one is missing or has
        another form."""
        missing = [name for name in NEEDED[self.mode] if name not in tables]
        if missing:
            there = ", ".join(tables) or "none"
            raise EngineError(
                f"expected the table {missing[0]} for {self.name!r} in mode {self.mode!r}; there are: {there}"
            )
        wanted = (*NEEDED[self.mode], *OPTIONAL[self.mode])
        self.tables = {name: by_name(tables[name]) for name in wanted if name in tables}
        self._words, self._rules = word_table(self.tables), RuleTables(self.tables)
        self._known = {}

    def files(self) -> dict[str, bytes]:
        """The tables, if there are some."""
        return {TABLES_FILE: orjson.dumps(self.tables, option=orjson.OPT_NON_STR_KEYS)} if self.tables else {}

    def load_files(self, files: Mapping[str, bytes]) -> None:
        """Take over what `files` gave."""
        if TABLES_FILE in files:
            tables = orjson.loads(files[TABLES_FILE])
            self.use_tables(
                {name: {int(key): value for key, value in table.items()} for name, table in tables.items()}
            )

    def predict(self, batch: Batch) -> None:
        """Write the column `lemma`. Raises: EngineError where there are no tables."""
        if not self.tables:
            needed = " and ".join(NEEDED[self.mode])
            what = (
                f"expected {self.name!r} to have tables, got none; give {needed} under "
                f"[initialize.components.{self.name}] lookups"
            )
            raise EngineError(f"{what}, or load a pipeline that has them")
        column = self._looked_up(batch) if self.mode == LOOKUP_MODE else self._by_rules(batch)
        write_column(batch, LEMMA, column.ids, column.labels, overwrite=self.overwrite)

    def score(self, examples: Sequence[Example]) -> Scores:
        """Scores by the configured scorer."""
        return self.scorer(examples) if self.scorer is not None else {}

    def _looked_up(self, batch: Batch) -> LabelColumn:
        ids, which = np.unique(batch.lexeme_ids, return_inverse=True)
        words = zip(batch.lexemes.attribute("ORTH")[ids].tolist(), batch.lexemes.texts(ids), strict=True)
        return LabelColumn(which.reshape(-1), tuple(self._words.get(orth, text) for orth, text in words))

    def _by_rules(self, batch: Batch) -> LabelColumn:
        """The lemma of each different word with part of speech and features, found once."""
        pos, morph = batch.columns.get("pos"), batch.columns.get("morph")
        nothing = np.full(batch.n_tokens, -1, dtype=np.int64)
        pos_ids, morph_ids = (
            nothing if column is None else column.ids.astype(np.int64) for column in (pos, morph)
        )
        rows, which = _distinct(batch.lexeme_ids, pos_ids, morph_ids)
        texts = batch.lexemes.texts(batch.lexeme_ids[rows])
        parts = zip(texts, _strings(pos, pos_ids[rows]), _strings(morph, morph_ids[rows]), strict=True)
        is_base_form = BASE_FORMS.get(batch.lexemes.lang, is_no_base_form)
        return LabelColumn(which, tuple(self._lemma(key, is_base_form) for key in parts))

    def _lemma(self, key: Key, is_base_form: Callable[[str, str], bool]) -> str:
        known = self._known
        lemma = known.get(key)
        if lemma is None:
            if len(known) >= MAX_KNOWN:
                known = self._known = {}
            lemma = known[key] = self._rules.lemma(*key, is_base_form)
        return lemma


def _distinct(lexemes: Array, pos: Array, morph: Array) -> tuple[Array, Array]:
    """One row of each different combination, and for each row which one it has."""
    if not len(lexemes):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    combined = (
        (lexemes.astype(np.int64) * (int(pos.max()) + 2) + pos + 1) * (int(morph.max()) + 2) + morph + 1
    )
    _, rows, which = np.unique(combined, return_index=True, return_inverse=True)
    return rows, which.reshape(-1)


def _strings(column: LabelColumn | None, ids: Array) -> list[str]:
    return [column.labels[i] if column is not None and i >= 0 else "" for i in ids.tolist()]


@with_defaults(scorer={"@scorers": "freshet.lemmatizer_scorer.v1"})
@registry.factories("lemmatizer")
def make_lemmatizer(
    name: str,
    model: None = None,
    mode: str = LOOKUP_MODE,
    overwrite: bool = False,
    scorer: Scorer | None = None,
) -> Lemmatizer:
    """Lemmas by tables: mode `lookup` by the word alone, `rule` by its part of speech and features too."""
    return Lemmatizer(name, mode, overwrite, scorer)
