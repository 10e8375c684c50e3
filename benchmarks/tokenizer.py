# SPDX-License-Identifier: Apache-2.0
"""Tokenizer speed beside spaCy's: `python -m benchmarks.tokenizer CONLLU --spacy-python PY [--repeats 5]`.

One thread each, alternating in one run, medians of CPU seconds (the machine may be shared). Ours gives a
batch of arrays with lexeme ids, offsets and blanks; spaCy's gives Doc objects. `warm`: texts of ten sentences
seen before. `cold`: the same texts, new tokenizer. `unseen`: every distinct chunk of the corpus once, new
tokenizer, so that no cache helps either side.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from engine.tokenizers import tokenizer_for

BATCH = 64
KINDS = ("warm", "cold", "unseen")

SPACY_SIDE = """
import json, sys, time, spacy
texts = json.loads(sys.stdin.readline())
warm = spacy.blank("en").tokenizer
for text in texts["warm"]: warm(text)
for line in sys.stdin:
    kind = line.strip()
    tokenize = warm if kind == "warm" else spacy.blank("en").tokenizer
    started = time.process_time()
    n = sum(len(tokenize(text)) for text in texts[kind])
    print(n, time.process_time() - started, flush=True)
"""


def main() -> None:
    """Print tokens per second of both sides and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("conllu", type=Path)
    parser.add_argument("--spacy-python", required=True, help="interpreter that has spaCy")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    texts = corpus(options.conllu)
    warm = tokenizer_for("en")
    run(warm.tokenize, texts["warm"])
    with subprocess.Popen(
        [options.spacy_python, "-c", SPACY_SIDE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as spacy:
        ask(spacy, json.dumps(texts))
        for kind in KINDS:
            sides: tuple[list[float], list[float]] = ([], [])
            for _ in range(options.repeats):
                tokenizer = warm if kind == "warm" else tokenizer_for("en")
                sides[0].append(run(tokenizer.tokenize, texts[kind]))
                sides[1].append(rate(ask(spacy, kind, answer=True)))
            ours, theirs = map(statistics.median, sides)
            print(
                f"{kind:7} freshet {ours / 1e6:6.2f} M tokens/s   spaCy {theirs / 1e6:5.2f} M tokens/s   "
                f"ratio {ours / theirs:5.1f}"
            )
        assert spacy.stdin is not None
        spacy.stdin.close()


def corpus(path: Path) -> dict[str, list[str]]:
    """Texts of ten sentences, and texts of a hundred distinct chunks."""
    prefix = "# text = "
    sentences = [
        line.removeprefix(prefix).rstrip("\n")
        for line in path.open(encoding="utf-8")
        if line.startswith(prefix)
    ]
    tens = [" ".join(sentences[i:j]) for i, j in pairwise([*range(0, len(sentences), 10), len(sentences)])]
    chunks = list(dict.fromkeys(chunk for sentence in sentences for chunk in sentence.split()))
    unseen = [" ".join(chunks[i : i + 100]) for i in range(0, len(chunks), 100)]
    return {"warm": tens, "cold": tens, "unseen": unseen}


def run(tokenize: Callable[[list[str]], object], texts: list[str]) -> float:
    """Tokens per CPU second of our side."""
    started = time.process_time()
    n = sum(tokenize(texts[i : i + BATCH]).n_tokens for i in range(0, len(texts), BATCH))  # type: ignore[attr-defined]
    return n / (time.process_time() - started)


def ask(spacy: subprocess.Popen[str], line: str, *, answer: bool = False) -> str:
    """Send a line to spaCy; its answer, if one is expected."""
    assert spacy.stdin is not None
    assert spacy.stdout is not None
    spacy.stdin.write(line + "\n")
    spacy.stdin.flush()
    return spacy.stdout.readline() if answer else ""


def rate(line: str) -> float:
    """Tokens per CPU second of a line "tokens seconds"."""
    n, seconds = line.split()
    return int(n) / float(seconds)


if __name__ == "__main__":
    main()
