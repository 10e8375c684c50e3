# SPDX-License-Identifier: Apache-2.0
"""What is wrong with training data is told: file, line, what was expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.errors import EngineError
from engine.spacy_files.docbin import DocBinWriter
from engine.training.conllu import parse_conllu
from engine.training.corpus import read_corpus
from engine.training.entity_columns import parse_entities
from engine.training.loop import Progress, check_finite

TOKENS = [{"id": 0, "start": 0, "end": 3}, {"id": 1, "start": 4, "end": 8}]
ROWS: dict[str, dict[str, Any]] = {
    "'ents' to be a list of spans, got None": {"ents": None},
    "'cats' to be a map": {"cats": None},
    "a span within the text of 8 characters, got 0:9": {"ents": [[0, 9, "X"]]},
    "more than whitespace, got 3:4": {"ents": [[3, 4, "X"]]},
    "label of the span 0:3 to be text": {"ents": [[0, 3, None]]},
    "a value from 0 to 1 for the category 'A', got 75": {"cats": {"A": 75}},
    "a value from 0 to 1 for the category 'A', got 'yes'": {"cats": {"A": "yes"}},
    "to be one of 2 tokens, got 5": {
        "tokens": [{**TOKENS[0], "head": 5, "dep": "x"}, {**TOKENS[1], "head": 1, "dep": "ROOT"}]
    },
    "lead round in a circle": {
        "tokens": [{**TOKENS[0], "head": 1, "dep": "x"}, {**TOKENS[1], "head": 0, "dep": "y"}]
    },
}


@pytest.mark.parametrize("said", ROWS)
def test_a_wrong_line_is_named_with_its_place(tmp_path: Path, said: str) -> None:
    """Every mistake in a line of JSON has file and line."""
    file = tmp_path / "bad.jsonl"
    file.write_text("\n" + json.dumps({"text": "Ada sees"} | ROWS[said]) + "\n")
    with pytest.raises(EngineError, match=r"bad\.jsonl:2: expected") as told:
        list(read_corpus(engine.blank("en").tokenizer, file))
    assert said in str(told.value)


def test_groups_of_spans_are_read_without_tokens(tmp_path: Path) -> None:
    """They may overlap, and cut tokens."""
    file = tmp_path / "spans.jsonl"
    spans = {"sc": [{"start": 0, "end": 3, "label": "A"}, {"start": 0, "end": 6, "label": "B"}]}
    file.write_text(json.dumps({"text": "Ada sees", "spans": spans}))
    (doc,) = read_corpus(engine.blank("en").tokenizer, file)
    assert [(span.text, span.label) for span in doc.spans["sc"]] == [("Ada", "A"), ("Ada se", "B")]


@pytest.mark.parametrize(
    ("head", "said"), [("3", "one of 2 words as head of word 1"), ("2", "lead round in a circle")]
)
def test_wrong_heads_of_conllu_are_named_with_their_line(head: str, said: str) -> None:
    """A head outside of the sentence, or one that leads back."""
    lines = [f"1\tAda\t_\t_\t_\t_\t{head}\tx\t_\t_", "2\tsees\t_\t_\t_\t_\t1\ty\t_\t_"]
    with pytest.raises(EngineError, match=f"corpus:1: .*{said}"):
        list(parse_conllu(lines, "corpus"))


def test_wrong_trees_of_a_docbin_are_named_with_their_document(tmp_path: Path) -> None:
    """File and document."""
    doc = engine.blank("en").tokenizer.from_words(["Ada", "sees"])
    doc.set_heads([1, 0], ["x", "y"])
    writer = DocBinWriter()
    writer.add(doc.batch)
    writer.write(tmp_path / "bad.spacy")
    with pytest.raises(EngineError, match=r"bad\.spacy"):
        list(read_corpus(engine.blank("en").tokenizer, tmp_path / "bad.spacy"))


def test_a_word_without_a_tag_is_named_with_its_line() -> None:
    """In columns and with bars."""
    for lines in (["Ada B-PER", "sees"], ["Ada|B-PER sees"], ["Ada X-PER"]):
        with pytest.raises(EngineError, match=r"f:\d"):
            list(parse_entities(lines, "f"))


def test_tags_of_every_scheme_become_whole_entities() -> None:
    """IOB, BILUO and IOBES say the same."""
    for tags in ("I-PER I-PER O I-LOC", "B-PER L-PER O U-LOC", "B-PER E-PER O S-LOC"):
        words = [f"w {tag}" for tag in tags.split()]
        (sentence,) = parse_entities(words)
        assert sentence.entities == ("B-PER", "I-PER", "O", "B-LOC")


def test_a_loss_that_is_not_finite_ends_a_training() -> None:
    """The message names the component."""
    with pytest.raises(EngineError, match="component 'ner' is nan at step 3"):
        check_finite(Progress(step=3, losses={"tagger": 1.0, "ner": float("nan")}))
