# SPDX-License-Identifier: Apache-2.0
"""Matchers beside spaCy's on random patterns: `FRESHET_SPACY_PYTHON=PY python -m
benchmarks.matcher_differential`.

Random documents with all layers, random patterns over all attributes, operators and predicates; both sides
must give the same matches in the same order, with the same alignments, or both refuse the document. Prints
each difference, and exits with 1 if there was one. spaCy runs in its own interpreter, `--spacy-python` or the
environment's FRESHET_SPACY_PYTHON.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.vocab import flags as engine_flags
from tests.engine.matching.cases import answer

from .spacy_python import asked, given_python

SPACY_SIDE = r"""
import json, sys, warnings, spacy
from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc, Span
warnings.simplefilter("ignore")
nlp = spacy.blank("en")
strings = nlp.vocab.strings

def make(case):
    keys = ("words", "spaces", "tags", "pos", "morphs", "lemmas", "heads", "deps", "sent_starts")
    doc = Doc(nlp.vocab, **{key: case[key] for key in keys if key in case})
    if "ents" in case:
        doc.ents = [Span(doc, s, e, label=label, kb_id=kb, span_id=i) for s, e, label, kb, i in case["ents"]]
    return doc

def answer(case):
    doc = make(case["doc"])
    where = doc if case["span"] is None else doc[case["span"][0] : case["span"][1]]
    try:
        if case["kind"] == "phrases":
            matcher = PhraseMatcher(nlp.vocab, attr=case["attr"])
            for key, phrases in case["rules"]:
                matcher.add(key, [make(phrase) for phrase in phrases])
            return [[strings[k], s, e] for k, s, e in matcher(where)]
        matcher = Matcher(nlp.vocab)
        for key, patterns, greedy in case["rules"]:
            matcher.add(key, patterns, greedy=greedy)
        found = matcher(where, with_alignments=case["aligned"], allow_missing=case["allow_missing"])
        return [[strings[m[0]], *m[1:]] for m in found]
    except ValueError as error:
        if "E155" not in str(error):
            raise
        return "refused"

for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
"""

WORDS = [
    *(
        "the",
        "The",
        "a",
        "dogs",
        "dog's",
        "cats",
        "ran",
        "runs",
        "run",
        "12",
        "twelve",
        "3.5",
        ",",
        ".",
        "!",
        "(",
        ")",
        "$",
        "www.x.org",
    ),
    *(
        "a@b.com",
        "na\u00efve",
        "Stra\u00dfe",
        "ABC",
        "iPhone",
        "\u2019s",
        "--",
        "\u4e2d\u6587",
        "abc",
        "abd",
        "xyz",
        "root",
        "number",
    ),
]
TAGS = ["DT", "NN", "NNS", "VBD", "CD", ""]
POS = ["DET", "NOUN", "VERB", "NUM", "PUNCT", ""]
MORPHS = [
    "",
    "Number=Sing",
    "Number=Plur",
    "Case=Nom|Number=Plur",
    "Case=Nom|Number=Sing|Person=3",
    "Tense=Past",
]
LEMMAS = ["the", "dog", "cat", "run", "be", ""]
DEPS = ["det", "nsubj", "ROOT", "obj", "punct"]
LABELS = ["PER", "ORG", "LOC"]
IDS = ["", "Q1", "Q2"]
FLAGS = [*engine_flags.FLAGS, "IS_SENT_START", "SENT_START", "SPACY"]
SHAPES = ["xxx", "Xxx", "xxxx", "dd", ","]
TEXTS = {
    "ORTH": WORDS,
    "TEXT": WORDS,
    "LOWER": [word.lower() for word in WORDS],
    "NORM": [*WORDS, "'s", "-"],
    "SHAPE": SHAPES,
    "TAG": TAGS,
    "POS": POS,
    "MORPH": MORPHS,
    "LEMMA": LEMMAS,
    "DEP": DEPS,
    "ENT_TYPE": ["", *LABELS],
    "ENT_ID": IDS,
    "ENT_KB_ID": IDS,
}
PHRASE_ATTRS = [
    "ORTH",
    "LOWER",
    "LOWER",
    "NORM",
    "TAG",
    "POS",
    "MORPH",
    "LEMMA",
    "DEP",
    "SHAPE",
    "LENGTH",
    "IS_ALPHA",
    "TEXT",
]
OPERATORS = ["!", "?", "*", "+", "{0}", "{1}", "{2}", "{0,1}", "{1,2}", "{2,3}", "{1,}", "{,2}", "{0,}"]
REGEXES = ["^[a-d]", "s$", "o.", "^$", "[0-9]+", "(a|b)", r"\w{3}", "=Plur", "N", "."]
FEATURES = ["Number=Sing", "Number=Plur", "Case=Nom", "Tense=Past", "Person=3"]


def main() -> None:
    """Compare both sides on random cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spacy-python", default=given_python(), help="interpreter that has spaCy")
    parser.add_argument(
        "--cases", type=int, default=20_000, help="pairs of patterns and document, for each matcher"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--golden", type=Path, help="write the cases with spaCy's answers to this folder instead"
    )
    parser.add_argument("--kind", choices=["tokens", "phrases"], help="only this matcher")
    options = parser.parse_args()
    if not options.spacy_python:
        parser.error("set FRESHET_SPACY_PYTHON, or give --spacy-python: an interpreter that has spaCy 3.8")
    failed = 0
    with subprocess.Popen(
        [options.spacy_python, "-c", SPACY_SIDE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as spacy:
        for kind in [options.kind] if options.kind else ["tokens", "phrases"]:
            if options.golden:
                write_golden(spacy, cases(kind, options.seed, options.cases), options.golden / f"{kind}.json")
                continue
            counts = compare(spacy, cases(kind, options.seed, options.cases))
            print(
                f"{kind}: {options.cases} pairs, "
                + ", ".join(f"{number} {what}" for what, number in counts.items())
            )
            failed += counts["differ"]
        assert spacy.stdin is not None
        spacy.stdin.close()
    sys.exit(1 if failed else 0)


def compare(spacy: subprocess.Popen[str], all_cases: Iterator[dict[str, Any]]) -> dict[str, int]:
    """How many cases differ, how many had a match, how many were refused, and the number of matches."""
    counts = {"differ": 0, "with matches": 0, "refused": 0, "matches": 0}
    for case in all_cases:
        theirs, ours = asked(spacy, case), answer(case)
        counts["refused"] += ours == "refused"
        counts["with matches"] += bool(ours)
        counts["matches"] += len(ours)
        if ours != theirs:
            counts["differ"] += 1
            if counts["differ"] <= 5:
                print(f"case: {json.dumps(case)}\n  spaCy:   {theirs}\n  freshet: {ours}")
    return counts


def write_golden(spacy: subprocess.Popen[str], all_cases: Iterator[dict[str, Any]], file: Path) -> None:
    """Cases that are short and have some matches, with spaCy's answers, one a line."""
    pairs = ((case, asked(spacy, case)) for case in all_cases)
    lines = (json.dumps({**case, "answer": found}) for case, found in pairs if found and len(found) < 60)
    file.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf8")


def cases(kind: str, seed: int, n: int) -> Iterator[dict[str, Any]]:
    """Random cases, the same for the same seed."""
    rng = random.Random(f"{kind} {seed}")
    for _ in range(n):
        doc = random_doc(rng, rng.randint(0, 12))
        length = len(doc["words"])
        span = sorted((rng.randint(0, length), rng.randint(0, length))) if rng.random() < 0.2 else None
        case: dict[str, Any] = {"kind": kind, "doc": doc, "span": span}
        if kind == "phrases":
            attr = rng.choice(PHRASE_ATTRS)
            rules: list[Any] = [
                [f"K{rng.randint(0, 30)}", random_phrases(rng, doc)] for _ in range(rng.randint(1, 12))
            ]
            yield {**case, "attr": attr, "rules": rules}
            continue
        rules = [
            [
                f"K{rng.randint(0, 3)}",
                [random_pattern(rng) for _ in range(rng.randint(1, 2))],
                rng.choice([None, None, "FIRST", "LONGEST"]),
            ]
            for _ in range(rng.randint(1, 3))
        ]
        yield {**case, "rules": rules, "aligned": rng.random() < 0.5, "allow_missing": rng.random() < 0.8}


def random_doc(rng: random.Random, length: int, share: float = 0.9) -> dict[str, Any]:
    """Words with a blank or none, and each layer with a certain probability."""
    doc: dict[str, Any] = {"words": rng.choices(WORDS[: rng.choice([6, 12, len(WORDS)])], k=length)}
    doc["spaces"] = [rng.random() < 0.7 for _ in range(length)]
    for key, values in (("tags", TAGS), ("pos", POS), ("morphs", MORPHS), ("lemmas", LEMMAS)):
        if rng.random() < share:
            doc[key] = rng.choices(values, k=length)
    if rng.random() < share / 2 and length:
        doc["heads"] = [rng.randint(0, max(0, i - 1)) for i in range(length)]
        doc["deps"] = ["ROOT", *rng.choices(DEPS, k=length - 1)]
    elif rng.random() < 0.5 and length:
        doc["sent_starts"] = [1, *rng.choices([-1, 0, 1], k=length - 1)]
    if rng.random() < share:
        doc["ents"] = random_entities(rng, length)
    return doc


def random_entities(rng: random.Random, length: int) -> list[tuple[int, int, str, str, str]]:
    """Spans that do not overlap, each with a label and two ids."""
    out, at = [], 0
    while (at := at + rng.randint(0, 3)) < length:
        end = min(length, at + rng.randint(1, 3))
        out.append((at, end, rng.choice(LABELS), rng.choice(IDS), rng.choice(IDS)))
        at = end
    return out


def random_phrases(rng: random.Random, doc: dict[str, Any]) -> list[dict[str, Any]]:
    """Phrases, half of them words of the document itself."""
    out = []
    for _ in range(rng.randint(1, 3)):
        phrase = random_doc(rng, rng.randint(1, 3), share=1.0)
        if doc["words"] and rng.random() < 0.5:
            start = rng.randrange(len(doc["words"]))
            end = start + rng.randint(1, 3)
            keys = ("words", "spaces", "tags", "pos", "morphs", "lemmas")
            phrase = {key: doc[key][start:end] for key in keys if key in doc}
        out.append(phrase)
    return out


def random_pattern(rng: random.Random) -> list[dict[str, Any]]:
    """One to five tokens, most of them with one condition."""
    return [random_token(rng) for _ in range(rng.choice([1, 2, 2, 3, 4, 5]))]


def random_token(rng: random.Random) -> dict[str, Any]:
    """Conditions and perhaps an operator."""
    token: dict[str, Any] = {}
    for _ in range(rng.choice([0, 1, 1, 1, 1, 2])):
        name = rng.choice(["LENGTH", "ENT_IOB", rng.choice(FLAGS), *TEXTS, "ORTH", "LOWER"])
        if {"ORTH": "TEXT", "TEXT": "ORTH"}.get(name) not in token:
            token[name] = random_value(rng, name)
    if rng.random() < 0.5:
        token["OP"] = rng.choice(OPERATORS)
    return token


def random_value(rng: random.Random, name: str) -> Any:
    """A value of an attribute, or predicates."""
    if name in FLAGS:
        return rng.random() < 0.6
    if name == "ENT_IOB":
        return rng.choice(["", "I", "O", "B", 0, 1, 2, 3])
    if name == "LENGTH":
        return (
            rng.randint(1, 5)
            if rng.random() < 0.3
            else dict([random_number_predicate(rng) for _ in range(rng.randint(1, 2))])
        )
    if rng.random() < 0.5:
        return rng.choice(TEXTS[name]) or "NN"
    return dict([random_predicate(rng, name) for _ in range(rng.choice([1, 1, 2]))])


def random_number_predicate(rng: random.Random) -> tuple[str, Any]:
    """A comparison or a set."""
    if rng.random() < 0.6:
        return rng.choice(["==", "!=", ">=", "<=", ">", "<"]), rng.choice([1, 2, 3, 4, 2.5])
    return rng.choice(["IN", "NOT_IN", "IS_SUBSET", "IS_SUPERSET", "INTERSECTS"]), rng.choices(
        range(6), k=rng.randint(0, 3)
    )


def random_predicate(rng: random.Random, name: str) -> tuple[str, Any]:
    """A set, a regular expression or a fuzzy text, alone or in a set."""
    values = TEXTS[name]
    if name == "MORPH" and rng.random() < 0.5:
        return rng.choice(["IS_SUBSET", "IS_SUPERSET", "INTERSECTS"]), rng.choices(
            FEATURES, k=rng.randint(0, 3)
        )
    kind = rng.choice(["set", "set", "regex", "fuzzy"])
    if kind == "set":
        sets = (
            ["IN", "NOT_IN"]
            if name == "MORPH"
            else ["IN", "NOT_IN", "IS_SUBSET", "IS_SUPERSET", "INTERSECTS"]
        )
        return rng.choice(sets), rng.choices(values, k=rng.randint(0, 3))
    texts = REGEXES if kind == "regex" else [garbled(rng, value) for value in values]
    predicate = (
        "REGEX" if kind == "regex" else rng.choice(["FUZZY", "FUZZY", *(f"FUZZY{n}" for n in range(1, 10))])
    )
    if rng.random() < 0.3 and name != "MORPH":
        return predicate, {rng.choice(["IN", "NOT_IN"]): rng.choices(texts, k=rng.randint(0, 3))}
    return predicate, rng.choice(texts)


def garbled(rng: random.Random, text: str) -> str:
    """A text with a few characters changed."""
    chars = list(text)
    for _ in range(rng.randint(0, 3)):
        at = rng.randint(0, len(chars))
        chars[at : at + rng.randint(0, 1)] = rng.choice(["", "x", "s", "ß"])
    return "".join(chars)


if __name__ == "__main__":
    main()
