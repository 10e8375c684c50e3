# SPDX-License-Identifier: Apache-2.0
"""Rulers beside spaCy's on real text: `python -m benchmarks.rulers_differential PIPELINE --data DIR
--spacy-python PY`.

PIPELINE is a directory saved by spaCy with tagger, morphologizer and parser; the texts are the dev part of UD
English EWT. In each round spaCy adds an attribute ruler, two entity rulers, two span rulers and a future
entity ruler with random rules drawn from the texts, saves all of it, loads it and annotates; Freshet does,
too. Compares tags, parts of speech, features, lemmas, norms, sentence starts, entities and groups of spans
with labels and ids; prints each difference, and exits with 1 if there was one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import engine
from benchmarks.spacy_python import given_python
from benchmarks.texts import grouped, sentences
from engine.doc.doc import Doc

SPACY_SIDE = r"""
import json, sys, warnings, spacy
from spacy.tokens import Doc
warnings.simplefilter("ignore")
base, texts, out = sys.argv[1], json.loads(sys.stdin.readline()), sys.argv[2]
nlp = spacy.load(base)
kept = list(nlp.pipe_names)
annotated = [doc.to_bytes() for doc in nlp.pipe(texts)]

def answer(doc):
    return {
        "tags": [t.tag_ for t in doc], "pos": [t.pos_ for t in doc], "morphs": [str(t.morph) for t in doc],
        "lemmas": [t.lemma_ for t in doc], "norms": [t.norm_ for t in doc],
        "starts": [t.is_sent_start for t in doc],
        "deps": [t.dep_ for t in doc],
        "ents": [[e.start, e.end, e.label_, e.id_] for e in doc.ents],
        "spans": {
            key: [[s.start, s.end, s.label_, s.id_] for s in group] for key, group in doc.spans.items()
        },
    }

for line in sys.stdin:
    for name in [name for name in nlp.pipe_names if name not in kept]:
        nlp.remove_pipe(name)
    for name, factory, config, patterns in json.loads(line):
        nlp.add_pipe(factory, name=name, config=config).add_patterns(patterns)
    nlp.to_disk(out)
    # Rulers keep their patterns in another order than they were given, which decides between equals.
    loaded = spacy.load(out)
    docs = [Doc(loaded.vocab).from_bytes(data) for data in annotated]
    for name, component in loaded.pipeline:
        docs = [component(doc) for doc in docs] if name not in kept else docs
    print(json.dumps([answer(doc) for doc in docs]), flush=True)
"""

LABELS = ["ORG", "GPE", "X", "Y", "Z"]
IDS = ["", "", "one", "two"]
FLAGS = ["IS_ALPHA", "IS_PUNCT", "IS_TITLE", "IS_LOWER", "IS_STOP", "LIKE_NUM", "IS_SENT_START"]
OPERATORS = ["?", "*", "+", "!", "{1,2}", "{2}"]
FILTERS = [
    None,
    *(
        {"@misc": f"spacy.{name}.v1"}
        for name in (
            "first_longest_spans_filter",
            "prioritize_new_ents_filter",
            "prioritize_existing_ents_filter",
        )
    ),
]
PHRASE_ATTRS = [None, "LOWER", "NORM", "POS", "TAG", "SHAPE"]
COMPARED = {
    "tags": "tags",
    "pos": "pos_tags",
    "morphs": "morphs",
    "lemmas": "lemmas",
    "norms": "norms",
    "deps": "deps",
}


def main() -> None:
    """Compare both sides in some rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pipeline", type=Path)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FRESHET_DATA", "data")))
    parser.add_argument("--spacy-python", default=given_python(), help="interpreter that has spaCy")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--docs", type=int, default=100, help="documents of ten sentences")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not options.spacy_python:
        parser.error("set FRESHET_SPACY_PYTHON, or give --spacy-python: an interpreter that has spaCy 3.8")
    texts = grouped(sentences(options.data, "dev"))[: options.docs]
    docs = list(engine.load(options.pipeline).pipe(texts))
    rng = random.Random(options.seed)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        command = [options.spacy_python, "-c", SPACY_SIDE, str(options.pipeline), folder]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as spacy:
            assert spacy.stdin is not None
            assert spacy.stdout is not None
            spacy.stdin.write(json.dumps(texts) + "\n")
            for number in range(options.rounds):
                rulers = random_rulers(rng, docs)
                spacy.stdin.write(json.dumps(rulers) + "\n")
                spacy.stdin.flush()
                theirs = json.loads(spacy.stdout.readline())
                ours = [answer(doc) for doc in engine.load(folder).pipe(texts)]
                failed += report(number, rulers, ours, theirs)
            spacy.stdin.close()
    sys.exit(1 if failed else 0)


def report(number: int, rulers: list[Any], ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> int:
    """Print what differs in a round, and how many documents do."""
    different = [
        (i, key)
        for i, (one, other) in enumerate(zip(ours, theirs, strict=True))
        for key in other
        if one[key] != other[key]
    ]
    counts = {key: sum(len(doc[key]) for doc in theirs) for key in ("tags", "ents")}
    n_spans = sum(len(group) for doc in theirs for group in doc["spans"].values())
    print(
        f"round {number}: {counts['tags']} tokens, {counts['ents']} entities, {n_spans} spans, "
        f"{len(different)} layers of documents differ"
    )
    for i, key in different[:2]:
        one, other = (flat(answers[i][key]) for answers in (ours, theirs))
        missed, wrong = [x for x in other if x not in one][:3], [x for x in one if x not in other][:3]
        print(f"  document {i}, {key}: only spaCy {missed}, only freshet {wrong}")
        print(f"    with {json.dumps([ruler[:3] for ruler in rulers])}")
    return len(different)


def flat(layer: Any) -> list[Any]:
    """Values of a layer with their positions or groups."""
    if isinstance(layer, dict):
        return [(key, span) for key, group in layer.items() for span in group]
    return layer if layer and isinstance(layer[0], list) else list(enumerate(layer))


def answer(doc: Doc) -> dict[str, Any]:
    """What Freshet says of a document, in the form of spaCy's answer."""
    return {
        **{key: getattr(doc, name) for key, name in COMPARED.items()},
        "starts": [token.is_sent_start for token in doc],
        "ents": [[span.start, span.end, span.label, span.id] for span in doc.ents],
        "spans": {
            key: [[span.start, span.end, span.label, span.id] for span in group]
            for key, group in doc.spans.items()
        },
    }


def random_rulers(rng: random.Random, docs: list[Doc]) -> list[Any]:
    """Name, factory, settings and patterns of every ruler of a round, in random order."""
    rulers: list[Any] = [
        ["attribute_ruler", "attribute_ruler", {}, [random_rule(rng, docs) for _ in range(30)]]
    ]
    for name, factory in (
        ("entity_ruler", "entity_ruler"),
        ("er2", "entity_ruler"),
        ("fer", "future_entity_ruler"),
    ):
        settings: dict[str, Any] = {
            "overwrite_ents": rng.random() < 0.5,
            "phrase_matcher_attr": rng.choice(PHRASE_ATTRS),
        }
        rulers.append([name, factory, settings, random_entries(rng, docs)])
    for name in ("span_ruler", "sr2"):
        settings = {
            "spans_key": rng.choice(["ruler", "ruler", "other", None]),
            "spans_filter": rng.choice(FILTERS),
            "annotate_ents": rng.random() < 0.5,
            "overwrite": rng.random() < 0.5,
            "phrase_matcher_attr": rng.choice(PHRASE_ATTRS),
            "ents_filter": rng.choice(FILTERS[1:]),
        }
        rulers.append([name, "span_ruler", settings, random_entries(rng, docs)])
    rng.shuffle(rulers)
    return rulers


def random_rule(rng: random.Random, docs: list[Doc]) -> dict[str, Any]:
    """A rule of an attribute ruler."""
    values: dict[str, list[Any]] = {
        "TAG": ["NN", "XX", "FOO"],
        "POS": ["NOUN", "X", "INTJ"],
        "MORPH": ["Number=Sing", "B=2|A=1,0", "_"],
        "LEMMA": ["be", "lemma"],
        "NORM": ["norm", "the"],
        "SENT_START": [True],
    }
    attrs = {name: rng.choice(values[name]) for name in rng.sample(sorted(values), rng.randint(1, 3))}
    pattern = random_pattern(rng, docs, operators=False)
    return {"patterns": [pattern], "attrs": attrs, "index": rng.choice([0, -1, len(pattern) - 1])}


def random_entries(rng: random.Random, docs: list[Doc]) -> list[dict[str, Any]]:
    """Patterns of tokens and phrases with labels and ids."""
    out = []
    for _ in range(rng.choice([5, 40, 120])):
        start, part = random_tokens(rng, docs)
        phrase = docs[start[0]][start[1] : start[1] + part].text
        entry: dict[str, Any] = {
            "label": rng.choice(LABELS),
            "pattern": phrase if rng.random() < 0.5 else random_pattern(rng, docs),
        }
        rule_id = rng.choice(IDS)
        out.append({**entry, "id": rule_id} if rule_id else entry)
    return out


def random_tokens(rng: random.Random, docs: list[Doc]) -> tuple[tuple[int, int], int]:
    """Document, position and number of some tokens."""
    doc = rng.randrange(len(docs))
    return (doc, rng.randrange(max(1, len(docs[doc]) - 4))), rng.randint(1, 4)


def random_pattern(rng: random.Random, docs: list[Doc], *, operators: bool = True) -> list[dict[str, Any]]:
    """A pattern that some tokens of the texts match."""
    (doc, start), n = random_tokens(rng, docs)
    pattern = []
    for token in docs[doc][start : start + n]:
        conditions: dict[str, Any] = {
            "TEXT": token.text,
            "LOWER": token.lower,
            "NORM": token.norm,
            "SHAPE": token.shape,
            "TAG": token.tag,
            "POS": token.pos,
            "DEP": token.dep,
            "LENGTH": {">=": len(token)},
            rng.choice(FLAGS): rng.random() < 0.7,
            "MORPH": token.morph or "_",
        }
        if token.morph:
            conditions["MORPH"] = {"IS_SUPERSET": rng.sample(token.morph.split("|"), 1)}
        if rng.random() < 0.1:
            conditions = {
                "LOWER": rng.choice(
                    [
                        {"REGEX": "^" + token.lower[0] if token.lower[0].isalpha() else "."},
                        {"FUZZY1": token.lower},
                    ]
                )
            }
        name = rng.choice(["LOWER", "TEXT", *conditions])
        name = name if name in conditions else next(iter(conditions))
        made = {name: conditions[name]}
        pattern.append({**made, "OP": rng.choice(OPERATORS)} if operators and rng.random() < 0.2 else made)
    if all(part.get("OP") in ("?", "*", "!") for part in pattern):
        pattern[0].pop("OP", None)
    return pattern


if __name__ == "__main__":
    main()
