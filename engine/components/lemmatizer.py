# SPDX-License-Identifier: Apache-2.0
"""The component `lemmatizer`: lemmas by look-up tables, nothing learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import orjson

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch, LabelColumn
from ..doc.doc import Doc
from ..doc.example import Example
from ..errors import ComponentError
from ..vocab.lookups import Lookups
from ..vocab.strings import string_id
from .component import Array, GetExamples, Scorer, Scores
from .label_columns import write_column
from .language_lemmas import LOOKUP_MODE, POS_LOOKUP_MODE, RULE_MODE, WAYS, LemmaOf
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
from .spanish_lemmas import GROUPS

LEMMA = "lemma"

NEEDED: Mapping[str, tuple[str, ...]] = {LOOKUP_MODE: (LOOKUP,), RULE_MODE: (RULES,), POS_LOOKUP_MODE: ()}
"""Mode -> tables that it cannot do without in any language; `language_lemmas` has what some need besides."""

OPTIONAL: Mapping[str, tuple[str, ...]] = {
    LOOKUP_MODE: (),
    RULE_MODE: (EXCEPTIONS, INDEX, LOOKUP, GROUPS),
    POS_LOOKUP_MODE: (LOOKUP,),
}

TABLES_FILE = "lookups.json"

MAX_KNOWN = 1 << 17
"""Words with part of speech and features whose lemmas are kept; when full, the memory starts anew."""

Key = tuple[str, str, str]


class Lemmatizer(OnDocuments):
    """Writes the column `lemma`: by a table of words, by one for each part of speech, or by suffix rules for
    the part of speech found before.

    Without parts of speech, rules give the lower-cased text. Some languages read their tables in a way of
    their own (`language_lemmas`).
    """

    factory = "lemmatizer"
    labels: tuple[str, ...] = ()
    label_data = None
    model = None

    def __init__(self, name: str, mode: str, overwrite: bool, scorer: Scorer | None) -> None:
        if mode not in NEEDED and not self._has_own(mode):
            raise ComponentError(
                f"expected mode of {name!r} to be one of {', '.join(NEEDED)}, got {mode!r}; for another one "
                f"derive a class with a method {mode}_lemmatize(token)"
            )
        self.name = name
        self.mode = mode
        self.overwrite = overwrite
        self.scorer = scorer
        self.tables: dict[str, dict[int, Any]] = {}
        self._words: Mapping[int, str] = {}
        self._rules = RuleTables({})
        self._known: dict[Key, str] = {}
        self._way: tuple[str, LemmaOf] | None = None

    @classmethod
    def of_documented(
        cls,
        vocab: Any,
        model: Any = None,
        name: str = "lemmatizer",
        *,
        mode: str = LOOKUP_MODE,
        overwrite: bool = False,
        scorer: Scorer | None = None,
    ) -> Lemmatizer:
        """A lemmatizer of a class that is derived from this one, by the documented arguments."""
        component: Lemmatizer = type.__call__(cls, name, mode, overwrite, scorer)
        component.vocab = vocab
        return component

    @classmethod
    def _has_own(cls, mode: str) -> bool:
        """Whether a derived class has a way of its own for this mode."""
        name = f"{mode}_lemmatize"
        return hasattr(cls, name) and getattr(cls, name) is not getattr(Lemmatizer, name, None)

    @classmethod
    def get_lookups_config(cls, mode: str, lang: str = "") -> tuple[list[str], list[str]]:
        """Names of the tables that a mode needs in a language, and of those that it can use besides."""
        way = WAYS.get((lang, mode))
        if way is not None:
            return list(way.needed), []
        return list(NEEDED.get(mode, ())), [EXCEPTIONS, INDEX] if mode == RULE_MODE else []

    def initialize(
        self, get_examples: GetExamples, sample: Batch, lookups: Tables | Lookups | None = None
    ) -> None:
        """Take the tables, where the config gives some. Raises: EngineError where one is missing."""
        if isinstance(lookups, Lookups):
            lookups = {name: lookups.get_table(name) for name in lookups.tables}
        if lookups is not None:
            self.use_tables(lookups)

    def use_tables(self, tables: Tables) -> None:
        """Take those of the tables that the mode uses. Raises: EngineError where one is missing or has
        another form."""
        if self.mode not in NEEDED:
            self._take_own(tables)
            return
        self._require(NEEDED[self.mode], tables)
        by_part = [name for name in tables if name.startswith(f"{LOOKUP}_")]
        wanted = (
            *NEEDED[self.mode],
            *OPTIONAL[self.mode],
            *(by_part if self.mode == POS_LOOKUP_MODE else ()),
        )
        self.tables = {name: by_name(tables[name]) for name in wanted if name in tables}
        self._words, self._rules = word_table(self.tables), RuleTables(self.tables)
        self._known, self._way = {}, None

    def _take_own(self, tables: Tables) -> None:
        """Take all tables, for a mode of somebody's own. Raises: EngineError where one that it needs is
        missing."""
        self._require(self.get_lookups_config(self.mode)[0], tables)
        self.tables = {name: by_name(table) for name, table in tables.items()}

    def _require(self, needed: Sequence[str], tables: Tables) -> None:
        missing = [name for name in needed if name not in tables]
        if missing:
            there = ", ".join(tables) or "none"
            raise ComponentError(
                f"expected the table {missing[0]} for {self.name!r} in mode {self.mode!r}; there are: {there}"
            )

    @property
    def lookups(self) -> Lookups:
        """Its tables, by their names."""
        found = Lookups()
        for name, table in self.tables.items():
            found.add_table(name, table)
        return found

    def lemmatize(self, token: Any) -> list[str]:
        """Possible lemmas of a token, the best first, as the mode says."""
        found: list[str] = getattr(self, f"{self.mode}_lemmatize")(token)
        return found

    def lookup_lemmatize(self, token: Any) -> list[str]:
        """The lemma of a token by the table of words; its text where that lacks it."""
        return [self._words.get(string_id(token.text), token.text)]

    def rule_lemmatize(self, token: Any) -> list[str]:
        """The lemma of a token by the rules for its part of speech."""
        return [self._lemma_of(token.doc.batch.lexemes.lang)(token.text, token.pos_, str(token.morph))]

    pos_lookup_lemmatize = rule_lemmatize

    def is_base_form(self, token: Any) -> bool:
        """Whether its features say that a token is a base form already."""
        is_base_form = BASE_FORMS.get(token.doc.batch.lexemes.lang, is_no_base_form)
        return is_base_form(token.pos_.lower(), str(token.morph))

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
        if self._has_own(self.mode):
            self._by_own(batch)
            return
        if not self.tables:
            needed = " and ".join(NEEDED[self.mode])
            what = (
                f"expected {self.name!r} to have tables, got none; give {needed} under "
                f"[initialize.components.{self.name}] lookups"
            )
            raise ComponentError(f"{what}, or load a pipeline that has them")
        of_word = self.mode == LOOKUP_MODE and (batch.lexemes.lang, self.mode) not in WAYS
        column = self._looked_up(batch) if of_word else self._by_rules(batch)
        write_column(batch, LEMMA, column.ids, column.labels, overwrite=self.overwrite)

    def score(self, examples: Sequence[Example]) -> Scores:
        """Scores by the configured scorer."""
        return self.scorer(examples) if self.scorer is not None else {}

    def _by_own(self, batch: Batch) -> None:
        """Write what a derived class says of each token."""
        tokens = [token for doc in range(batch.n_docs) for token in Doc(batch, doc)]
        lemmas = tuple(dict.fromkeys(found := [self.lemmatize(token)[0] for token in tokens]))
        numbers = {lemma: number for number, lemma in enumerate(lemmas)}
        ids = np.array([numbers[lemma] for lemma in found], dtype=np.int64)
        write_column(batch, LEMMA, ids, lemmas, overwrite=self.overwrite)

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
        lemma_of = self._lemma_of(batch.lexemes.lang)
        return LabelColumn(which, tuple(self._lemma(key, lemma_of) for key in parts))

    def _lemma_of(self, lang: str) -> LemmaOf:
        """How this language reads the tables. Raises: EngineError where it needs one that is not there."""
        if self._way is not None and self._way[0] == lang:
            return self._way[1]
        way = WAYS.get((lang, self.mode))
        if way is None and self.mode == POS_LOOKUP_MODE:
            known = ", ".join(lang for lang, mode in WAYS if mode == POS_LOOKUP_MODE)
            raise ComponentError(
                f"expected the mode {self.mode!r} of {self.name!r} in one of {known}, got {lang!r}; take the "
                f"mode {LOOKUP_MODE!r}"
            )
        missing = [name for name in way.needed if name not in self.tables] if way is not None else []
        if missing:
            there = ", ".join(self.tables)
            raise ComponentError(
                f"expected the table {missing[0]} for {self.name!r} in mode {self.mode!r} of the language "
                f"{lang!r}; there are: {there}"
            )
        if way is None:
            is_base_form = BASE_FORMS.get(lang, is_no_base_form)
            lemma_of: LemmaOf = partial(_lemma_by_rules, self._rules, is_base_form)
        else:
            lemma_of = way.make(self.tables)
        self._known, self._way = {}, (lang, lemma_of)
        return lemma_of

    def _lemma(self, key: Key, lemma_of: LemmaOf) -> str:
        known = self._known
        lemma = known.get(key)
        if lemma is None:
            if len(known) >= MAX_KNOWN:
                known = self._known = {}
            lemma = known[key] = lemma_of(*key)
        return lemma


def _lemma_by_rules(
    rules: RuleTables, is_base_form: Callable[[str, str], bool], text: str, pos: str, morph: str
) -> str:
    return rules.lemma(text, pos, morph, is_base_form)


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
    """Lemmas by tables: mode `lookup` by the word alone, `pos_lookup` by its part of speech, `rule` by suffix
    rules for part of speech and features."""
    return Lemmatizer(name, mode, overwrite, scorer)
