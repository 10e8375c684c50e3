# SPDX-License-Identifier: Apache-2.0
"""Lemmas by tables beside spaCy's, word by word: `python -m benchmarks.lemmas TABLES --spacy-python PY`.

TABLES is the folder `data` of the package spacy-lookups-data. Words are those of the tables, and forms that
their rules undo; parts of speech and features are drawn.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import subprocess
from pathlib import Path
from typing import Any

from engine.components.language_lemmas import PARTS as KINDS
from engine.components.language_lemmas import RULE_MODE, WAYS
from engine.components.lemma_rules import EXCEPTIONS, INDEX
from engine.vocab.strings import string_id

PARTS = [*(part.upper() for part in KINDS if part != "conj"), "SPACE"]
FEATURES = {
    "Mood": ("Ind", "Sub", "Imp", "Cnd"),
    "Number": ("Sing", "Plur"),
    "Person": ("1", "2", "3"),
    "Tense": ("Pres", "Past", "Imp", "Fut"),
    "VerbForm": ("Fin", "Fin", "Part", "Ger", "Inf"),
    "Gender": ("Masc", "Fem"),
    "PronType": ("Prs", "Dem", "Art"),
}
SPACY_SIDE = """
import json, sys, spacy
from spacy.lookups import Lookups
from spacy.tokens import Doc
lang, mode, tables, words = json.load(sys.stdin)
nlp = spacy.blank(lang)
lemmatizer = nlp.add_pipe("lemmatizer", config={"mode": mode})
lookups = Lookups()
for name, table in tables.items():
    lookups.add_table(name, table)
lemmatizer.initialize(lookups=lookups)
lemmatize = getattr(lemmatizer, f"{mode}_lemmatize")
doc = Doc(nlp.vocab, words=[w[0] for w in words], pos=[w[1] for w in words], morphs=[w[2] for w in words])
print(json.dumps([lemmatize(token)[0] for token in doc]))
"""


def main() -> None:
    """Print, for each language and mode, how many lemmas differ, and some that do."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--spacy-python", required=True, help="interpreter that has spaCy")
    parser.add_argument("--words", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for (lang, mode), way in sorted(WAYS.items()):
        names = dict.fromkeys((*way.needed, *([EXCEPTIONS, INDEX] if mode == RULE_MODE else [])))
        tables = {name: table for name in names if (table := read(options.tables, lang, name)) is not None}
        if set(way.needed) - set(tables):
            print(f"{lang} {mode}: no tables")
            continue
        words = draw(tables, options.words, random.Random(options.seed))
        command = [options.spacy_python, "-c", SPACY_SIDE]
        asked = json.dumps([lang, mode, tables, words])
        run = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
        ours = way.make({name: {string_id(k): v for k, v in t.items()} for name, t in tables.items()})
        rows = zip(words, json.loads(run.stdout), strict=True)
        differ = [(word, ours(*word), theirs) for word, theirs in rows if ours(*word) != theirs]
        print(f"{lang} {mode}: {len(words)} words, {len(differ)} differ {differ[:3]}")


def read(folder: Path, lang: str, name: str) -> dict[str, Any] | None:
    """A table of the package, None where it has none."""
    path = folder / f"{lang}_{name}.json.gz"
    return json.loads(gzip.decompress(path.read_bytes())) if path.exists() else None


def draw(tables: dict[str, Any], count: int, rnd: random.Random) -> list[tuple[str, str, str]]:
    """Words with parts of speech and features."""
    known = sorted({word for name in tables if "lookup" in name for word in tables[name]})
    known += sorted({word for words in tables.get("lemma_index", {}).values() for word in words})
    known += sorted({word for words in tables.get("lemma_exc", {}).values() for word in words})
    rules = [rule for found in tables.get("lemma_rules", {}).values() for rule in found]
    out = []
    for _ in range(count):
        word = rnd.choice(known)
        old, new = rnd.choice(rules) if rules else ("", "")
        if new and word.endswith(new):
            word = word[: len(word) - len(new)] + old
        word = rnd.choice((word, word, word, word.capitalize()))
        features = (f"{name}={rnd.choice(values)}" for name, values in sorted(FEATURES.items()))
        out.append((word or "x", rnd.choice(PARTS), "|".join(f for f in features if rnd.random() < 0.7)))
    return out


if __name__ == "__main__":
    main()
