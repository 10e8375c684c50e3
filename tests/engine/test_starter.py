from __future__ import annotations

import json
from pathlib import Path

import engine

STARTER = Path("models/en_starter")

SPACY = {
    "tag_acc": 0.932,
    "pos_acc": 0.940,
    "morph_acc": 0.943,
    "sents_f": 0.755,
    "ents_f": 0.579,
    "dep_uas": 0.826,
    "dep_las": 0.787,
}
"""spaCy 3.8 on the same data with the same architecture and budget, by the same definitions."""


def test_the_starter_is_small_and_in_half_precision() -> None:
    """All files together stay below 8 MB."""
    assert sum(file.stat().st_size for file in STARTER.rglob("*")) < 8_000_000


def test_the_starter_says_whose_work_it_is() -> None:
    """Licence and attribution stand in the folder and in its meta."""
    assert "Attribution-ShareAlike 4.0" in (STARTER / "LICENSE.txt").read_text(encoding="utf-8")
    readme = (STARTER / "README.md").read_text(encoding="utf-8")
    assert "UD_English-EWT" in readme
    assert "UNER_English-EWT" in readme
    assert json.loads((STARTER / "meta.json").read_text(encoding="utf-8"))["license"] == "CC BY-SA 4.0"


def test_the_starters_scores_are_no_worse_than_those_of_spacy() -> None:
    """The scores on dev that its training wrote down reach spaCy's, to a tenth of a point."""
    scores = json.loads((STARTER / "meta.json").read_text(encoding="utf-8"))["scores"]
    assert {
        name: round(scores[name], 3) for name, score in SPACY.items() if round(scores[name], 3) < score
    } == {}


def test_the_starter_annotates() -> None:
    """Tags, features, lemmas, sentences, trees and entities of a plain text."""
    doc = engine.load(STARTER)("President Obama visited London in May. She stayed at home.")
    assert [token.tag for token in doc][:4] == ["NNP", "NNP", "VBD", "NNP"]
    assert doc[2].pos == "VERB"
    assert "Tense=Past" in doc[2].morph
    assert [sent.text for sent in doc.sents] == [
        "President Obama visited London in May.",
        "She stayed at home.",
    ]
    assert doc.lemmas[:7] == ["President", "Obama", "visit", "London", "in", "May", "."]
    assert [(token.dep, token.head.text) for token in doc[2:5]] == [
        ("ROOT", "visited"),
        ("obj", "visited"),
        ("case", "May"),
    ]
    assert ("London", "LOC") in [(ent.text, ent.label) for ent in doc.ents]


def test_trees_keep_the_senters_sentences() -> None:
    """Sentences are the same with the parser and without it, so that it can be left out where nobody reads
    trees."""
    pipeline, text = engine.load(STARTER), "we went home it rained . Then nothing , or so they say"
    trees = pipeline(text).sent_starts
    pipeline.disable_pipe("parser")
    assert pipeline(text).sent_starts == trees
