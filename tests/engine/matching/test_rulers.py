# SPDX-License-Identifier: Apache-2.0
"""Components that follow rules: what they write, how they are saved, and that they do as spaCy's do."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgpack
import pytest

import engine
from engine import Doc, EngineError, ModelFileError, Pipeline
from engine.components import AttributeRuler, EntityRuler, SpanRuler

RULES = Path(__file__).parent / "golden" / "rules"
EXPECTED = [json.loads(line) for line in (RULES / "expected.jsonl").read_text(encoding="utf8").splitlines()]
TEXTS = [case["text"] for case in EXPECTED]


def answer(doc: Doc) -> dict[str, Any]:
    """A document in the form of the golden answers."""
    columns = (
        doc.words,
        doc.tags,
        doc.pos_tags,
        doc.morphs,
        doc.lemmas,
        doc.norms,
        doc.deps,
        [token.is_sent_start for token in doc],
    )
    return {
        "text": doc.text,
        "tokens": [list(row) for row in zip(*columns, strict=True)],
        "ents": [[span.start, span.end, span.label, span.id] for span in doc.ents],
        "spans": {
            key: [[span.start, span.end, span.label, span.id] for span in group]
            for key, group in doc.spans.items()
        },
    }


def pipeline_of(factory: str, patterns: list[dict[str, Any]], **settings: Any) -> Pipeline:
    """A pipeline of one ruler with patterns, from a config alone."""
    config = {
        "nlp": {"lang": "en", "pipeline": ["ruler"]},
        "components": {"ruler": {"factory": factory, **settings}},
        "initialize": {"components": {"ruler": {"patterns": patterns}}},
    }
    pipeline = engine.build(engine.fill_config(engine.Config(config)))
    pipeline.initialize()
    return pipeline


def test_rulers_do_as_those_of_spacy() -> None:
    """A pipeline of seven rulers that spaCy saved annotates as spaCy did: alone, in a batch, and saved in our
    form."""
    pipeline = engine.load(RULES)
    assert [answer(pipeline(text)) for text in TEXTS] == EXPECTED
    assert [answer(doc) for doc in pipeline.pipe(TEXTS)] == EXPECTED


def test_rulers_survive_saving(tmp_path: Path) -> None:
    """Saved natively and loaded, rulers have the same digest and find the same."""
    pipeline = engine.load(RULES)
    pipeline.to_disk(tmp_path)
    again = engine.load(tmp_path)
    assert again.digest == pipeline.digest
    assert [answer(doc) for doc in again.pipe(TEXTS)] == EXPECTED


def test_rulers_are_safe_from_several_threads() -> None:
    """Threads that share a pipeline, from its first batch on, find what one finds."""
    pipeline = engine.load(RULES)
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(pipeline.predict, [TEXTS] * 40))
    assert all([answer(Doc(batch, i)) for i in range(batch.n_docs)] == EXPECTED for batch in batches)


def test_a_config_alone_makes_a_ruler(tmp_path: Path) -> None:
    """Patterns come from a file that the config names, read by what spaCy's configs call it."""
    file = tmp_path / "patterns.jsonl"
    file.write_text(
        '{"label": "CITY", "pattern": "Rome"}\n\n{"label": "CITY", "pattern": [{"LOWER": "oslo"}], '
        '"id": "no"}\n'
    )
    pipeline = pipeline_of("entity_ruler", {"@readers": "srsly.read_jsonl.v1", "path": str(file)})  # type: ignore[arg-type]
    assert [(ent.text, ent.label, ent.id) for ent in pipeline("From Rome to OSLO.").ents] == [
        ("Rome", "CITY", ""),
        ("OSLO", "CITY", "no"),
    ]


@pytest.mark.parametrize(
    ("overwrite", "expected"),
    [(False, [("York", "OLD"), ("Hall", "C")]), (True, [("New", "OLD"), ("York City Hall", "B")])],
)
def test_the_longest_entity_wins_and_old_ones_stay(overwrite: bool, expected: list[Any]) -> None:
    """Of overlapping matches the longest is taken; entities from before stay, unless those that overlap are
    to be overwritten."""
    patterns = [
        {"label": "A", "pattern": "New York"},
        {"label": "B", "pattern": "York City Hall"},
        {"label": "C", "pattern": "Hall"},
    ]
    pipeline = pipeline_of("entity_ruler", patterns, overwrite_ents=overwrite)
    batch = pipeline.tokenizer.tokenize(["New York City Hall"])
    Doc(batch, 0).set_ents([(0, 1, "OLD")] if overwrite else [(1, 2, "OLD")])
    assert [(ent.text, ent.label) for ent in Doc(pipeline.predict_batch(batch), 0).ents] == expected


def test_span_rulers_write_groups_and_entities() -> None:
    """All matches are a group, overlapping ones too; as entities, the longest stay."""
    patterns = [
        {"label": "A", "pattern": "New York", "id": "ny"},
        {"label": "B", "pattern": "York City Hall"},
    ]
    doc = pipeline_of("span_ruler", patterns, spans_key="places", annotate_ents=True)("New York City Hall")
    assert [(span.text, span.label, span.id) for span in doc.spans["places"]] == [
        ("New York", "A", "ny"),
        ("York City Hall", "B", ""),
    ]
    assert [ent.text for ent in doc.ents] == ["York City Hall"]


def test_attribute_rules_see_what_was_there_before_any_of_them() -> None:
    """All rules match first; then later ones win over earlier ones, each at the token that its index
    names."""
    rules: list[dict[str, Any]] = [
        {"patterns": [[{"ORTH": "can"}, {"ORTH": "opener"}]], "attrs": {"TAG": "NN", "LEMMA": "tin"}},
        {"patterns": [[{"TAG": "NN"}]], "attrs": {"POS": "NOUN"}},
        {
            "patterns": [[{"ORTH": "can"}, {"ORTH": "opener"}]],
            "attrs": {"LEMMA": "opener", "MORPH": "B=2|A=1"},
            "index": -1,
        },
        {"patterns": [[{"ORTH": "can"}]], "attrs": {"LEMMA": "can"}},
    ]
    doc = pipeline_of("attribute_ruler", rules)("can opener")
    assert list(zip(doc.tags, doc.pos_tags, doc.lemmas, doc.morphs, strict=True)) == [
        ("NN", "", "can", ""),
        ("", "", "opener", "A=1|B=2"),
    ]


def test_tag_maps_and_exceptions_become_rules() -> None:
    """A tag map gives parts of speech and features; words with tags give exceptions."""
    ruler = AttributeRuler("ruler", None)
    ruler.load_from_tag_map({"NNS": {"POS": "NOUN", "Number": "Plur"}, "IN": {"POS": "ADP"}})
    ruler.load_from_morph_rules({"PRP": {"I": {"POS": "PRON", "Person": "1", "LEMMA": "i"}}})
    assert [(rule["patterns"], rule["attrs"]) for rule in ruler.patterns] == [
        ([[{"TAG": "NNS"}]], {"MORPH": "Number=Plur", "POS": "NOUN"}),
        ([[{"TAG": "IN"}]], {"MORPH": "_", "POS": "ADP"}),
        ([[{"ORTH": "I", "TAG": "PRP"}]], {"POS": "PRON", "LEMMA": "i", "MORPH": "Person=1"}),
    ]


@pytest.mark.parametrize(
    ("attrs", "index", "message"),
    [
        ({"FOO": "x"}, 0, "there are: TAG, POS"),
        ({"POS": "FOO"}, 0, "a universal part of speech"),
        ({"MORPH": "foo"}, 0, "Name=Value"),
        ({"TAG": 5}, 0, "a text for TAG"),
        ({"SENT_START": "yes"}, 0, "true, false or -1"),
        ({"TAG": "X"}, "first", "as index"),
        ("TAG", 0, "attributes as a map"),
    ],
)
def test_a_bad_attribute_rule_says_what_exists(attrs: Any, index: Any, message: str) -> None:
    """The error names the rule and what can be set."""
    with pytest.raises(EngineError, match=message):
        AttributeRuler("ruler", None).add([[{"ORTH": "a"}]], attrs, index)


def test_an_index_outside_of_a_match_is_an_error() -> None:
    """A rule whose index no match has is told when it matches."""
    with pytest.raises(EngineError, match="an index within every match, got 1"):
        pipeline_of("attribute_ruler", [{"patterns": [[{"ORTH": "a"}]], "attrs": {"TAG": "X"}, "index": 1}])(
            "a"
        )


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"label": "A"}], "pattern 0: expected .* without 'pattern'"),
        ([{"pattern": "x"}], "without 'label'"),
        ([{"label": "A", "pattern": 5}], "a text or a list"),
        ([{"label": 5, "pattern": "x"}], "texts as 'label' and 'id'"),
        (["x"], "a map with 'label' and 'pattern'"),
        ({"label": "A", "pattern": "x"}, "put a single one in a list"),
        ([{"label": "A", "pattern": "x"}, {"label": "A", "pattern": [{"FOO": "x"}]}], "there are: .*LOWER"),
    ],
)
def test_a_bad_pattern_of_a_ruler_says_which(entries: Any, message: str) -> None:
    """The error names the entry; no pattern of the call is added."""
    ruler = pipeline_of("span_ruler", []).component("ruler")
    assert isinstance(ruler, SpanRuler)
    with pytest.raises(EngineError, match=message):
        ruler.add_patterns(entries)
    assert len(ruler.patterns) == 0


def test_patterns_can_be_taken_away() -> None:
    """By label or by id; what is not there is an error that lists what is."""
    pipeline = pipeline_of(
        "entity_ruler",
        [{"label": "A", "pattern": "x"}, {"label": "B", "pattern": [{"ORTH": "y"}], "id": "why"}],
    )
    ruler = pipeline.component("ruler")
    assert isinstance(ruler, EntityRuler)
    ruler.remove("why")
    assert [ent.label for ent in pipeline("x y").ents] == ["A"]
    assert (ruler.labels, ruler.ids) == (("A",), ())
    with pytest.raises(EngineError, match="labels A; ids none"):
        ruler.labelled.remove(label="Z")


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("attribute_ruler/patterns", b"\xc1\xc1"),
        ("attribute_ruler/patterns", msgpack.packb({"a": 1})),
        ("attribute_ruler/patterns", msgpack.packb([{"patterns": 5, "attrs": {}}])),
        ("attribute_ruler/patterns", msgpack.packb([5])),
        ("entity_ruler/patterns.jsonl", b'{"label": "A"}\n'),
        ("entity_ruler/patterns.jsonl", b"{\n"),
        ("entity_ruler/cfg", b"[]"),
        ("span_ruler/patterns", b"\xff\n"),
        ("span_ruler/patterns", b'{"label": "A", "pattern": [{"ORTH": {"REGEX": "("}}]}\n'),
    ],
)
def test_a_damaged_file_of_rules_is_refused_with_its_name(file: str, data: bytes, tmp_path: Path) -> None:
    """Bad msgpack, bad JSON, and values that are no rules."""
    folder = tmp_path / "rules"
    shutil.copytree(RULES, folder)
    (folder / file).write_bytes(data)
    with pytest.raises(ModelFileError, match=file.rpartition("/")[0]):
        engine.load(folder)
