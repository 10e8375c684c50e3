# SPDX-License-Identifier: Apache-2.0
"""Makes the pipeline `golden/rules` and what spaCy says with it; run with an interpreter that has spaCy 3.8.

Tokenizer rules and patterns are our own: nothing in the folder comes from spaCy but its form.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import spacy
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc

GOLDEN = Path(__file__).parent / "golden" / "rules"
TEXTS = [
    "Ada Lovelace met I. Turing in New York City , near the york minster .",
    "The dogs ran ; the cats run to Acme Corp .",
    "",
    "  Rain  in Rome , rain in rome !",
    "acme acme Acme Corporation and the Rhine",
]
RULERS: list[tuple[str, str, dict[str, Any], list[dict[str, Any]]]] = [
    (
        "attribute_ruler",
        "attribute_ruler",
        {},
        [
            {
                "patterns": [[{"LOWER": "the"}]],
                "attrs": {"TAG": "DT", "POS": "DET", "MORPH": "PronType=Art|Definite=Def"},
                "index": 0,
            },
            {
                "patterns": [[{"LOWER": {"REGEX": "^r[au]n$"}}]],
                "attrs": {"LEMMA": "run", "POS": "VERB"},
                "index": 0,
            },
            {
                "patterns": [[{"TEXT": {"REGEX": "s$"}}], [{"LOWER": "the"}, {}]],
                "attrs": {"TAG": "NNS", "NORM": "thing"},
                "index": -1,
            },
            {"patterns": [[{"TAG": "DT"}]], "attrs": {"TAG": "never"}, "index": 0},
        ],
    ),
    (
        "tags",
        "attribute_ruler",
        {},
        [
            {
                "patterns": [[{"TAG": "DT"}, {"OP": "?"}]],
                "attrs": {"DEP": "det", "SENT_START": True},
                "index": 0,
            }
        ],
    ),
    (
        "entity_ruler",
        "entity_ruler",
        {"phrase_matcher_attr": "LOWER", "ent_id_sep": "##"},
        [
            {"label": "PER", "pattern": [{"IS_TITLE": True}, {"TEXT": {"REGEX": "^[A-Z]"}, "OP": "+"}]},
            {"label": "LOC", "pattern": "New York", "id": "ny"},
            {"label": "LOC", "pattern": "new york city", "id": "nyc"},
            {"label": "ORG", "pattern": "acme", "id": "acme"},
            {
                "label": "ORG",
                "pattern": [{"LOWER": "acme"}, {"LOWER": {"IN": ["corp", "corporation"]}, "OP": "?"}],
                "id": "acme",
            },
            {"label": "CITY", "pattern": "rome"},
            {"label": "TOWN", "pattern": "Rome"},
        ],
    ),
    (
        "again",
        "entity_ruler",
        {"overwrite_ents": True},
        [{"label": "TOWN", "pattern": "York City ,"}, {"label": "RIVER", "pattern": "Rhine"}],
    ),
    (
        "span_ruler",
        "span_ruler",
        {"spans_key": "rules", "annotate_ents": False},
        [
            {"label": "ANIMAL", "pattern": [{"LOWER": {"IN": ["dogs", "cats"]}}], "id": "zoo"},
            {"label": "PHRASE", "pattern": "the cats"},
            {"label": "PHRASE", "pattern": [{"LOWER": "the"}, {"LENGTH": {">": 3}}]},
        ],
    ),
    (
        "more",
        "span_ruler",
        {
            "spans_key": "rules",
            "overwrite": False,
            "annotate_ents": True,
            "spans_filter": {"@misc": "spacy.first_longest_spans_filter.v1"},
            "ents_filter": {"@misc": "spacy.prioritize_existing_ents_filter.v1"},
        },
        [
            {"label": "WEATHER", "pattern": [{"LOWER": {"FUZZY": "rian"}}]},
            {"label": "MET", "pattern": "met I."},
        ],
    ),
    (
        "future",
        "future_entity_ruler",
        {"overwrite_ents": True},
        [{"label": "LATE", "pattern": "minster", "id": "m"}],
    ),
]


def main() -> None:
    """Write the pipeline and what it says of each text."""
    nlp = spacy.blank("en")
    nlp.tokenizer = Tokenizer(nlp.vocab, rules={}, suffix_search=re.compile(r"[!;]$").search)
    for name, factory, config, patterns in RULERS:
        nlp.add_pipe(factory, name=name, config=config).add_patterns(patterns)
    nlp.to_disk(GOLDEN)
    lines = (json.dumps({"text": text, **answer(nlp(text))}) for text in TEXTS)
    (GOLDEN / "expected.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf8")


def answer(doc: Doc) -> dict[str, Any]:
    """What is compared."""
    return {
        "tokens": [
            [t.text, t.tag_, t.pos_, str(t.morph), t.lemma_, t.norm_, t.dep_, t.is_sent_start] for t in doc
        ],
        "ents": [[e.start, e.end, e.label_, e.id_] for e in doc.ents],
        "spans": {
            key: [[s.start, s.end, s.label_, s.id_] for s in group] for key, group in doc.spans.items()
        },
    }


if __name__ == "__main__":
    main()
