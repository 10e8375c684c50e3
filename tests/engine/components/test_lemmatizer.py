# SPDX-License-Identifier: Apache-2.0
"""Lemmas by tables: words, suffix rules, exceptions, base forms."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import msgpack
import pytest

import engine
from engine import EngineError
from engine.components import Lemmatizer
from engine.components.lemma_rules import PosRules, RuleTables, is_english_base_form, is_no_base_form
from engine.vocab.strings import string_id

TABLES: dict[str, dict[str, Any]] = {
    "lemma_rules": {"noun": [["s", ""], ["ies", "y"]], "verb": [["ing", ""], ["ing", "e"], ["ed", "e"]]},
    "lemma_exc": {"noun": {"mice": ["mouse"], "axes": ["axe", "axis"]}},
    "lemma_index": {"noun": ["dog", "city"], "verb": ["make"]},
}


def lemmatizer(mode: str = "rule", overwrite: bool = False) -> Lemmatizer:
    """A component with the tables above."""
    component = Lemmatizer("lemmatizer", mode, overwrite, None)
    component.use_tables({**TABLES, "lemma_lookup": {"mice": "mouse", "ran": ["run", "rin"]}})
    return component


@pytest.mark.parametrize(
    ("text", "pos", "morph", "lemma"),
    [
        ("Dogs", "NOUN", "", "dog"),
        ("cities", "NOUN", "", "city"),
        ("Mice", "NOUN", "", "mouse"),
        ("axes", "NOUN", "", "axis"),
        ("wugs", "NOUN", "", "wug"),
        ("W-2s", "NOUN", "", "w-2"),
        ("s", "NOUN", "", "s"),
        ("Sheep", "NOUN", "", "Sheep"),
        ("making", "VERB", "", "make"),
        ("Glass", "NOUN", "Number=Sing", "glass"),
        ("Is", "AUX", "", "is"),
        ("Ada", "PROPN", "", "Ada"),
        ("Dogs", "", "", "dogs"),
        ("Dogs", "SPACE", "", "dogs"),
    ],
)
def test_rules_give_the_lemma_of_a_word_as_that_part_of_speech(
    text: str, pos: str, morph: str, lemma: str
) -> None:
    """Known forms go before others, exceptions before all, and a base form is its own lemma."""
    assert RuleTables(TABLES).lemma(text, pos, morph, is_english_base_form) == lemma


def test_forms_that_are_no_words_come_last() -> None:
    """A known form is put in front of those found before it; one that is not made of letters goes to the
    end."""
    rules = PosRules([("s", ""), ("1s", "x"), ("", "")], {}, frozenset(["ax"]))
    assert rules.lemmas("a1s") == ["ax", "a1", "a1s"]


@pytest.mark.parametrize(
    ("pos", "morph", "own"),
    [
        ("verb", "Tense=Pres|VerbForm=Fin", True),
        ("verb", "Number=Sing|Tense=Pres|VerbForm=Fin", False),
        ("aux", "VerbForm=Inf", True),
        ("adv", "Degree=Pos", True),
        ("adj", "Degree=Cmp", False),
        ("noun", "Number=Plur", False),
    ],
)
def test_english_features_say_what_is_a_base_form(pos: str, morph: str, own: bool) -> None:
    """Only English has such rules."""
    assert is_english_base_form(pos, morph) is own
    assert not is_no_base_form(pos, morph)


def test_lemmas_follow_parts_of_speech_and_are_kept_unless_overwritten() -> None:
    """The same word has other lemmas as another part of speech; a lemma that is there stays."""
    doc = engine.blank("en")("dogs dogs making cities")
    doc.set_pos(["NOUN", "PROPN", "VERB", "NOUN"])
    lemmatizer().predict(doc.batch)
    assert engine.Doc(doc.batch, 0).lemmas == ["dog", "dogs", "make", "city"]
    doc.set_lemmas(["x", "", "", ""])
    lemmatizer().predict(doc.batch)
    assert engine.Doc(doc.batch, 0).lemmas == ["x", "dogs", "make", "city"]
    lemmatizer(overwrite=True).predict(doc.batch)
    assert engine.Doc(doc.batch, 0).lemmas[0] == "dog"


def test_look_up_takes_the_exact_text() -> None:
    """A word that the table does not have is its own lemma; of several the first is taken."""
    doc = engine.blank("en")("mice Mice ran")
    lemmatizer("lookup").predict(doc.batch)
    assert doc.lemmas == ["mouse", "Mice", "run"]


def test_tables_are_read_from_the_path_that_the_config_gives(tmp_path: Path) -> None:
    """JSON files of a folder, with a language before their name or not, and packed files give the same
    tables."""
    (tmp_path / "lemma_rules.json").write_text(json.dumps(TABLES["lemma_rules"]))
    (tmp_path / "en_lemma_exc.json.gz").write_bytes(gzip.compress(json.dumps(TABLES["lemma_exc"]).encode()))
    by_id = {name: {string_id(pos): value for pos, value in table.items()} for name, table in TABLES.items()}
    (tmp_path / "lookups.bin").write_bytes(msgpack.packb(by_id))
    for path, tables in ((tmp_path, ["lemma_rules", "lemma_exc"]), (tmp_path / "lookups.bin", None)):
        lookups = {"@misc": "freshet.Lookups.v1", "path": str(path), "tables": tables}
        section = {"components": {"lemmatizer": {"lookups": lookups}}}
        nlp = {"lang": "en", "pipeline": ["lemmatizer"]}
        config = {
            "nlp": nlp,
            "components": {"lemmatizer": {"factory": "lemmatizer", "mode": "rule"}},
            "initialize": section,
        }
        pipeline = engine.from_config(engine.fill_config(engine.Config(config)))
        pipeline.initialize()
        component = pipeline.component("lemmatizer")
        assert isinstance(component, Lemmatizer)
        assert component.tables["lemma_exc"] == by_id["lemma_exc"]
        pipeline.to_disk(tmp_path / "saved")
        again = engine.load(tmp_path / "saved").component("lemmatizer")
        assert isinstance(again, Lemmatizer)
        assert again.tables == component.tables


def test_missing_tables_are_named() -> None:
    """Without tables nothing is guessed: the error says which are needed and where they go."""
    component = Lemmatizer("lemmas", "rule", False, None)
    with pytest.raises(EngineError, match=r"lemma_rules under \[initialize.components.lemmas\]"):
        component.predict(engine.blank("en")("a").batch)
    with pytest.raises(EngineError, match=r"lemma_rules .* there are: lemma_exc"):
        component.use_tables({"lemma_exc": {}})
    with pytest.raises(EngineError, match="by part of speech"):
        component.use_tables({"lemma_rules": {"noun": [[1, 2]]}})
    with pytest.raises(EngineError, match="lookup, rule"):
        Lemmatizer("lemmas", "guess", False, None)


def test_unreadable_tables_name_their_file(tmp_path: Path) -> None:
    """A file that is no table is refused with its name."""
    (tmp_path / "lemma_rules.json").write_text("[")
    reader = engine.registry.get("misc", "freshet.Lookups.v1")
    with pytest.raises(EngineError, match=r"lemma_rules\.json"):
        reader(str(tmp_path))
    (tmp_path / "lookups.bin").write_bytes(b"\xc1")
    with pytest.raises(EngineError, match=r"lookups\.bin"):
        reader(str(tmp_path / "lookups.bin"))
    with pytest.raises(EngineError, match="lemma_exc; there are: none"):
        reader(str(tmp_path / "nothing"), ["lemma_exc"])
