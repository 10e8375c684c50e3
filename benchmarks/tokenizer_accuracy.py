# SPDX-License-Identifier: Apache-2.0
"""Word F1 of the English rules on UD EWT, beside spaCy's: `python -m benchmarks.tokenizer_accuracy CONLLU
[--spacy-python PY]`.

The score is that of the CoNLL 2018 shared task: raw document text in, words counted as right where their
characters (white space left out) are exactly those of a gold word; the words of a multiword token count with
their own characters.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from engine.doc.doc import Doc
from engine.tokenizers import tokenizer_for

SPACY_SIDE = """
import json, sys, spacy
tokenize = spacy.blank(sys.argv[1]).tokenizer
texts = json.load(sys.stdin)
print(json.dumps([[(t.idx, t.idx + len(t)) for t in tokenize(text) if not t.is_space] for text in texts]))
"""


def main() -> None:
    """Print the scores and the chunks most often cut wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("conllu", type=Path)
    parser.add_argument("--lang", default="en", help="code of the text's language")
    parser.add_argument("--spacy-python", help="interpreter that has spaCy")
    parser.add_argument("--errors", type=int, default=0, help="how many of the most frequent errors to show")
    options = parser.parse_args()
    texts, gold = zip(*documents(options.conllu), strict=True)
    batch = tokenizer_for(options.lang).tokenize(texts)
    docs = [Doc(batch, i) for i in range(batch.n_docs)]
    ours = [
        [span for span, s in zip(zip(d.starts, d.ends, strict=True), d.is_spaces, strict=True) if not s]
        for d in docs
    ]
    report("freshet", ours, list(gold))
    if options.spacy_python:
        command = [options.spacy_python, "-c", SPACY_SIDE, options.lang]
        spacy = json.loads(
            subprocess.run(
                command, input=json.dumps(texts), capture_output=True, text=True, check=True
            ).stdout
        )
        report("spaCy", [[(start, end) for start, end in spans] for spans in spacy], list(gold))
    for line, count in errors(texts, ours, list(gold)).most_common(options.errors):
        print(f"{count:5} {line}")


def documents(path: Path) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Text of each document, its sentences joined by one blank, and the character spans of its gold words."""
    text, spans = "", []
    for block in path.read_text(encoding="utf-8").strip().split("\n\n"):
        lines = block.splitlines()
        if text and any(line.startswith("# newdoc") for line in lines):
            yield text, spans
            text, spans = "", []
        sentence = next(line.removeprefix("# text = ") for line in lines if line.startswith("# text = "))
        base = len(text) + bool(text)
        text += " " * bool(text) + sentence
        spans += [(base + start, base + end) for start, end in words(lines, sentence)]
    yield text, spans


def words(lines: list[str], sentence: str) -> Iterator[tuple[int, int]]:
    """Character spans of the words of a sentence; those of a multiword token follow each other without a
    blank."""
    at = 0
    for line in lines:
        number, form = [*line.split("\t"), ""][:2]
        if number.isdigit():
            at = sentence.index(form, at)
            yield at, at + len(form)
            at += len(form)


def report(name: str, found: list[list[tuple[int, int]]], gold: list[list[tuple[int, int]]]) -> None:
    """Print precision, recall and F1."""
    right = sum(len(set(f) & set(g)) for f, g in zip(found, gold, strict=True))
    n_found, n_gold = sum(map(len, found)), sum(map(len, gold))
    precision, recall = right / n_found, right / n_gold
    f1 = 2 * precision * recall / (precision + recall)
    print(
        f"{name:8} words {n_found:6} gold {n_gold:6}  P {100 * precision:.2f}  R {100 * recall:.2f} "
        f" F1 {100 * f1:.2f}"
    )


def errors(
    texts: tuple[str, ...], found: list[list[tuple[int, int]]], gold: list[list[tuple[int, int]]]
) -> Counter[str]:
    """How often each wrongly cut chunk occurs, as `ours -> gold`."""
    counts: Counter[str] = Counter()
    for text, f, g in zip(texts, found, gold, strict=True):
        at = 0
        for chunk in text.split():
            start = text.index(chunk, at)
            at = start + len(chunk)
            ours, theirs = (" ".join(text[s:e] for s, e in spans if start <= s < at) for spans in (f, g))
            if ours != theirs:
                counts[f"{ours}  ->  {theirs}"] += 1
    return counts


if __name__ == "__main__":
    main()
