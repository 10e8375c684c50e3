# SPDX-License-Identifier: Apache-2.0
"""Excerpts of the documentation that are in no row: what they lean on without saying so."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

import engine
from engine import util
from engine.doc.doc import Doc
from engine.scoring.documented_scores import PRFScore, ROCAUCScore
from engine.spacy_files.docbin import DocBin
from engine.spacy_names.modules import named
from engine.training import Example

WRITTEN_BY_SPACY = (
    "eJzrXF6WWlScmZ+32EDPcGliSUlR8VxHZ08vbx9fP/+As4xHzjIePct4bFlJfnZqXvGRC1re6d82P9VeCqMZyASMBOS3PmjaJdFb"
    "cQNGk2sPIbCsuCAxObX4CBMjw/Kc1Lz0koziIyxMQInlxSVFmXnpxVMWLPRZmLgwaUlyYknxxIalaTmJ6cUTGzdlJBbHl+Zl5+WX"
    "58VDzDi0GkjnxacX5ZcWFE880td4pKN5SV5iburCCkjANi8rTs4vSi1uPcKUl3L4CEtJZUHqYps0kyMs2Zl5KUcYjrAWZyQWpE5k"
    "PMKSkliSeIQF6Az7xeUZ+UtygfoXFp+2fwBx9FKQRUArNNB9M1l1np+6jEYnlAsLZMaJCysAfyV7yQ=="
)


@pytest.fixture
def parsed() -> Doc:
    """A sentence with a tree, tags and punctuation."""
    return Doc(
        engine.blank("en").vocab,
        words=["Credit", "account", "holders", "pay", "."],
        spaces=[True, True, True, False, False],
        heads=[2, 2, 3, 3, 3],
        deps=["nmod", "compound", "nsubj", "ROOT", "punct"],
        pos=["NOUN", "NOUN", "NOUN", "VERB", "PUNCT"],
        tags=["NN", "NN", "NNS", "VBP", "."],
        lemmas=["credit", "account", "holder", "pay", "."],
    )


def test_a_recognizer_that_was_shown_nothing_learns_the_labels_that_it_meets() -> None:
    """`nlp.initialize()` without examples, then `nlp.update` with them, as spaCy 101 has it."""
    nlp = engine.blank("en")
    ner = nlp.add_pipe("ner")
    optimizer = nlp.initialize()
    assert ner.labels == ()
    uber = Example.from_dict(nlp.make_doc("Uber blew through $1 million"), {"entities": [(0, 4, "ORG")]})
    ada = Example.from_dict(nlp.make_doc("Ada went home"), {"entities": [(0, 3, "PER")]})
    nlp.update([uber], sgd=optimizer)
    assert ner.labels == ("ORG",)
    for _ in range(30):
        nlp.update([uber, ada], sgd=optimizer)
    assert ner.labels == ("ORG", "PER")
    assert [(ent.text, ent.label_) for ent in nlp("Ada went home").ents] == [("Ada", "PER")]


def test_a_parser_that_was_shown_nothing_has_the_two_relations_that_are_always_there() -> None:
    """It parses, if badly."""
    nlp = engine.blank("en")
    parser = nlp.add_pipe("parser")
    nlp.initialize()
    assert set(parser.labels) == {"ROOT", "dep"}
    assert nlp("a b c").has_annotation("DEP")


def test_a_corpus_without_entities_is_still_refused() -> None:
    """Examples that were given and say nothing are a mistake in the data."""
    nlp = engine.blank("en")
    nlp.add_pipe("ner")
    with pytest.raises(engine.EngineError, match="expected examples with entities to initialize 'ner'"):
        nlp.initialize(lambda: [Example.from_dict(nlp.make_doc("a b"), {})])


def test_a_token_is_in_its_own_subtree_as_itself(parsed: Doc) -> None:
    """`subject is descendant or subject.is_ancestor(descendant)`."""
    subject = next(iter(parsed[3].lefts))
    assert all(subject is one or subject.is_ancestor(one) for one in subject.subtree)


def test_user_data_of_a_file_come_back_unasked() -> None:
    """`DocBin().from_disk(...)` has what `DocBin(store_user_data=True)` wrote."""
    Doc.set_extension("excerpt_note", default="", force=True)
    nlp = engine.blank("en")
    doc = nlp("one")
    doc._.excerpt_note = "x"
    data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    assert [found._.excerpt_note for found in DocBin().from_bytes(data).get_docs(nlp.vocab)] == ["x"]


def test_numbers_of_attributes_that_follow_from_the_text_change_nothing() -> None:
    """`doc.from_array([LOWER, POS, ENT_TYPE, IS_ALPHA], ...)`."""
    nlp = engine.blank("en")
    doc = Doc(nlp.vocab, words=["Red", "apples"], pos=["ADJ", "NOUN"])
    names = ["LOWER", "POS", "ENT_TYPE", "IS_ALPHA"]
    again = Doc(nlp.vocab, words=["Red", "apples"]).from_array(names, doc.to_array(names))
    assert [token.pos_ for token in again] == ["ADJ", "NOUN"]
    assert again.text == "Red apples "


def test_all_groups_of_spans_go_through_bytes() -> None:
    """`doc.spans.to_bytes()`, `from_bytes`."""
    nlp = engine.blank("en")
    doc, other = nlp("Their goi ng home"), nlp("Their goi ng home")
    doc.spans["errors"] = [doc[0:1], doc[1:3]]
    other.spans["gone"] = [other[0:1]]
    other.spans.from_bytes(doc.spans.to_bytes())
    assert {key: [span.text for span in group] for key, group in other.spans.items()} == {
        "errors": ["Their", "goi ng"]
    }


def test_a_drawing_as_maps_can_be_drawn_by_hand(parsed: Doc) -> None:
    """`displacy.parse_deps`: punctuation goes with its word, unless it is told not to."""
    found = engine.displacy.parse_deps(parsed)
    assert [word["text"] for word in found["words"]] == ["Credit", "account", "holders", "pay."]
    assert {"start": 2, "end": 3, "label": "nsubj", "dir": "left"} in found["arcs"]
    assert found["settings"] == {"lang": "en", "direction": "ltr"}
    assert "pay." in engine.displacy.render(found, style="dep", manual=True)
    fine = engine.displacy.parse_deps(
        parsed, {"fine_grained": True, "add_lemma": True, "collapse_punct": False}
    )
    assert fine["words"][2] == {"text": "holders", "tag": "NNS", "lemma": "holder"}
    assert len(fine["words"]) == 5
    assert "holder NNS" in engine.displacy.render(parsed, options={"fine_grained": True, "add_lemma": True})


def test_entities_and_spans_as_maps() -> None:
    """`displacy.parse_ents` and `parse_spans`, by characters and tokens, with addresses of their ids."""
    doc = engine.blank("en")("Ada sees Kigali.")
    doc.ents = [engine.Span(doc, 2, 3, "LOC", kb_id="Q1")]
    doc.spans["sc"] = [engine.Span(doc, 0, 2, "S")]
    ents = engine.displacy.parse_ents(doc, {"kb_url_template": "https://kb/{}"})
    assert ents["ents"] == [{"start": 9, "end": 15, "label": "LOC", "kb_id": "Q1", "kb_url": "https://kb/Q1"}]
    spans = engine.displacy.parse_spans(doc)
    assert [(span["start_token"], span["end_token"], span["kb_url"]) for span in spans["spans"]] == [
        (0, 2, "#")
    ]
    assert spans["tokens"] == ["Ada", "sees", "Kigali", "."]


def test_counters_of_scores_add_up() -> None:
    """`PRFScore` and `ROCAUCScore`, which people's own scorers use."""
    score = PRFScore()
    score.score_set({1, 2, 3}, {2, 3, 4, 5})
    assert score.to_dict() == pytest.approx({"p": 2 / 3, "r": 0.5, "f": 4 / 7})
    assert len(score + score) == 10
    area = ROCAUCScore()
    for candidate, gold in ((0.9, 1), (0.2, 0), (0.3, 1)):
        area.score_set(candidate, gold)
    assert area.score == 1.0
    with pytest.raises(ValueError, match="expected gold labels 0 and 1"):
        _ = ROCAUCScore().score


def test_the_registry_says_where_a_function_stands() -> None:
    """`registry.find` and `registry.get_registry_names`."""
    found = engine.registry.find("architectures", "spacy.HashEmbedCNN.v2")
    assert str(found["file"]).endswith(".py")
    assert isinstance(found["line_no"], int)
    assert found["docstring"]
    assert {"architectures", "readers"} <= set(engine.registry.get_registry_names())


def test_installed_pipelines_are_listed_by_their_entry_points() -> None:
    """`util.get_installed_models()`."""
    assert isinstance(util.get_installed_models(), list)


def test_rulers_say_what_matches_without_writing_it() -> None:
    """`ruler.match(doc)`."""
    nlp = engine.blank("en")
    ruler = nlp.add_pipe("span_ruler")
    ruler.add_patterns([{"label": "ORG", "pattern": [{"LOWER": "apple"}], "id": "a"}])
    doc = nlp.make_doc("an Apple")
    assert [(span.text, span.label_, span.id_) for span in ruler.match(doc)] == [("Apple", "ORG", "a")]
    assert not doc.spans


def test_rules_and_tables_are_initialized_without_examples() -> None:
    """`lemmatizer.initialize(lookups=...)`."""
    nlp = engine.blank("en")
    lemmatizer = nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
    lookups = engine.Lookups()
    lookups.add_table("lemma_lookup", {"cats": "cat"})
    lemmatizer.initialize(lookups=lookups)
    assert nlp("cats are")[0].lemma_ == "cat"


def test_single_capitals_beside_a_slash_are_words() -> None:
    """`Google I/O` is four tokens, as the matcher's page counts them."""
    assert [token.text for token in engine.blank("en")("Google I/O")] == ["Google", "I", "/", "O"]


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("ml", "CharacterEmbed"),
        ("pipeline.edit_tree_lemmatizer", "EditTreeLemmatizer"),
        ("pipeline.functions", "merge_entities"),
        ("scorer", "PRFScore"),
        ("tokens.morphanalysis", "MorphAnalysis"),
        ("tokens.span_groups", "SpanGroups"),
        ("training", "dont_augment"),
        ("training.augment", "create_lower_casing_augmenter"),
        ("util", "get_installed_models"),
    ],
)
def test_documented_modules_have_their_names(module: str, name: str) -> None:
    """`from spacy.MODULE import NAME` in people's own files."""
    found: Any = named(module, name)
    assert found is not None


def test_a_sentencizer_says_its_marks() -> None:
    """`Sentencizer.default_punct_chars`."""
    assert {".", "!", "?"} <= set(named("pipeline", "Sentencizer").default_punct_chars)


def test_augmenters_made_in_python_change_examples() -> None:
    """`create_lower_casing_augmenter(level=1.0)`."""
    nlp = engine.blank("en")
    augment = named("training.augment", "create_lower_casing_augmenter")(level=1.0)
    example = Example.from_dict(nlp.make_doc("Hello World"), {})
    assert [one.text for one in augment(nlp, example)] == ["hello world"]
    assert list(named("training", "dont_augment")(nlp, example)) == [example]


def test_a_folder_and_its_file_are_no_package(tmp_path: Path) -> None:
    """What is not installed is not in the list."""
    (tmp_path / "xx_my_model").mkdir()
    assert "xx_my_model" not in util.get_installed_models()


def test_candidates_of_a_span_categorizer_can_be_looked_at() -> None:
    """`spancat.set_candidates(docs)`: all that its suggester gives, as a group."""
    nlp = engine.blank("en")
    spancat = nlp.add_pipe("spancat")
    docs = [nlp.make_doc("a b"), nlp.make_doc("c")]
    spancat.set_candidates(docs, candidates_key="seen")
    assert [[span.text for span in doc.spans["seen"]] for doc in docs] == [["a", "b", "a b"], ["c"]]


def test_a_group_that_a_model_wrote_says_how_sure_it_was() -> None:
    """`doc.spans["sc"].attrs["scores"]`, one a span, also after the document was written and read."""
    nlp = engine.blank("en")
    nlp.add_pipe("spancat", config={"threshold": 0.0})
    example = Example.from_dict(nlp.make_doc("Bank of China"), {"spans": {"sc": [(0, 13, "ORG")]}})
    nlp.initialize(lambda: [example])
    doc = nlp("Bank of China")
    group = doc.spans["sc"]
    assert len(group.attrs["scores"]) == len(group) == 6
    read = next(DocBin().from_bytes(DocBin(docs=[doc]).to_bytes()).get_docs(nlp.vocab))
    for other in (doc.copy(), Doc(nlp.vocab).from_bytes(doc.to_bytes()), read):
        assert list(other.spans["sc"].attrs["scores"]) == pytest.approx(list(group.attrs["scores"]))


def test_what_spacy_kept_with_a_group_of_spans_is_read(tmp_path: Path) -> None:
    """A file of spaCy 3.8: `attrs={"scores": array([0.5]), "who": "matt", "s": 0.5}`."""
    (tmp_path / "g.spacy").write_bytes(b64decode(WRITTEN_BY_SPACY))
    doc = next(DocBin().from_disk(tmp_path / "g.spacy").get_docs(engine.blank("en").vocab))
    attrs = doc.spans["x"].attrs
    assert [span.text for span in doc.spans["x"]] == ["a"]
    assert list(attrs.pop("scores")) == [0.5]
    assert attrs == {"who": "matt", "s": 0.5}
