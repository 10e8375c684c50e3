# SPDX-License-Identifier: Apache-2.0
"""Differential test of the tokenizer: a saved pipeline's rules in our tokenizer and in spaCy's, on arbitrary
strings.

    python benchmarks/tokenizer_fuzz.py --spacy .spacy/bin/python --pipeline DIR [--strings 100000] [--seed 0]

Strings are of four kinds: arbitrary code points, code points that rules care about, pieces of the rules' own
exceptions glued together, and real text with something changed. Exit code 1 if any string differs; the first
differences are printed.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import engine

SPACY_SIDE = r"""
import json, sys
import spacy
nlp = spacy.load(sys.argv[1])
make = nlp.tokenizer
for line in sys.stdin:
    doc = make(json.loads(line))
    print(json.dumps([[token.text, token.norm_, bool(token.whitespace_)] for token in doc]))
"""

MARKS = "'\"().,;:!?-/\\[]{}<>@#$%&*_+=~^`|\u2019\u2018\u201c\u201d\u2013\u2014\u2026\u20ac\u00a3"
SPACES = " \t\n\r\u00a0\u2003\u3000\x1c\x85\u200b"
LETTERS = "aAbBsStTnNmMdDeEiIlLvVkK019\u00e9\u00df\u0130\u4f60\u0e44\u0627\u05d0\U0001f600"


def strings(n: int, seed: int, rules: list[str], texts: list[str]) -> Iterator[str]:
    """`n` strings, the same for the same seed."""
    draw = random.Random(seed)
    kinds = (arbitrary, cared_for, glued, changed)
    for i in range(n):
        kind = repeated if i % 100 == 99 else kinds[i % len(kinds)]
        text = kind(draw, rules, texts)
        yield "".join(char for char in text if unicodedata.category(char) != "Cs")


def arbitrary(draw: random.Random, rules: list[str], texts: list[str]) -> str:
    planes = (0x80, 0x250, 0x3000, 0x10000, 0x20000)
    return "".join(
        draw.choice(SPACES) if draw.random() < 0.15 else chr(draw.randrange(draw.choice(planes)))
        for _ in range(draw.randrange(30))
    )


def cared_for(draw: random.Random, rules: list[str], texts: list[str]) -> str:
    return "".join(
        draw.choice(draw.choice((MARKS, MARKS, LETTERS, LETTERS, LETTERS, SPACES[:2])))
        for _ in range(draw.randrange(40))
    )


def glued(draw: random.Random, rules: list[str], texts: list[str]) -> str:
    parts = (
        draw.choice((rules, rules, list(MARKS), list(" "), ["http://a.b/c", "x@y.z", "12.50", "-"]))
        for _ in range(draw.randrange(1, 9))
    )
    return "".join(draw.choice(part) for part in parts)


def changed(draw: random.Random, rules: list[str], texts: list[str]) -> str:
    text = draw.choice(texts)
    start = draw.randrange(len(text) + 1)
    part = text[start : start + draw.randrange(10, 120)]
    for _ in range(draw.randrange(3)):
        at = draw.randrange(len(part) + 1)
        part = part[:at] + draw.choice(MARKS + SPACES + LETTERS) + part[at + draw.randrange(2) :]
    return part


def repeated(draw: random.Random, rules: list[str], texts: list[str]) -> str:
    """Long runs, as lines of dashes in plain text."""
    runs = (
        draw.choice(MARKS + LETTERS + " ") * draw.choice((3, 30, 80, 120, 200, 400, 900))
        for _ in range(draw.randrange(1, 3))
    )
    return "".join(runs)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spacy", type=Path, required=True, help="Python that has spaCy")
    parser.add_argument("--pipeline", type=Path, required=True)
    parser.add_argument("--texts", type=Path, help="JSONL with a field text")
    parser.add_argument("--strings", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    tokenizer = engine.load(args.pipeline).tokenizer
    texts = (
        [json.loads(line)["text"] for line in args.texts.open(encoding="utf8")]
        if args.texts
        else ["Water isn't cheap (in the U.S.)."]
    )
    values = list(strings(args.strings, args.seed, list(tokenizer.rule_set.exceptions), texts))
    started = time.perf_counter()
    batch = tokenizer.tokenize(values)
    ours = [
        list(map(list, zip(doc.words, doc.norms, doc.spaces, strict=True)))
        for doc in (engine.Doc(batch, i) for i in range(len(values)))
    ]
    seconds = time.perf_counter() - started
    lines = "".join(json.dumps(value) + "\n" for value in values)
    command = [str(args.spacy), "-c", SPACY_SIDE, str(args.pipeline)]
    theirs = [
        json.loads(line)
        for line in subprocess.run(
            command, input=lines, text=True, capture_output=True, check=True
        ).stdout.splitlines()
    ]
    different = [
        (value, mine, other) for value, mine, other in zip(values, ours, theirs, strict=True) if mine != other
    ]
    for value, mine, other in different[:10]:
        print(f"{value!r}\n  ours {mine}\n  spacy {other}")
    n_tokens = sum(map(len, ours))
    print(
        f"{len(different)} of {len(values):,} strings differ ({n_tokens:,} tokens, ours in {seconds:.1f} s)"
    )
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())
