# SPDX-License-Identifier: Apache-2.0
"""Components called with documents and examples, as their documentation calls them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from thinc.api import Adam

import engine
from engine import Doc, EngineError, Example, Pipeline
from engine.components import (
    AttributeRuler,
    EntityRuler,
    Lemmatizer,
    Sentencizer,
    SpanRuler,
    Tagger,
    TextCategorizer,
)
from tests.engine.toy import TOK2VEC, alone, layers_of, section_of, shared, toy_examples, toy_pipeline

TEXTS = ["Ada met Grace Hopper. They live in Kigali.", "New York City sleeps!", "Rain?"]
HEADS = ("tagger", "morphologizer", "ner", "parser", "textcat", "spancat", "trainable_lemmatizer", "senter")


def component_of(factory: str) -> tuple[Pipeline, Any]:
    """A pipeline of one component, and it."""
    nlp = toy_pipeline(alone(factory))
    return nlp, nlp.component(factory)


@pytest.mark.parametrize("factory", [*HEADS, "sentencizer", "entity_ruler", "span_ruler", "attribute_ruler"])
def test_a_component_annotates_documents(factory: str) -> None:
    """One by one, as a stream, and in two steps: each time as the pipeline does."""
    nlp, component = component_of(factory)
    wanted = [layers_of(nlp(text)) for text in TEXTS]
    assert [layers_of(component(nlp.make_doc(text))) for text in TEXTS] == wanted
    assert [
        layers_of(doc) for doc in component.pipe([nlp.make_doc(t) for t in TEXTS], batch_size=2)
    ] == wanted
    docs = [nlp.make_doc(text) for text in TEXTS]
    scores = component.predict(docs)
    assert not docs[0].has_annotation("TAG")
    component.set_annotations(docs, scores)
    assert [layers_of(doc) for doc in docs] == wanted


def test_a_document_amid_others_is_annotated_alone() -> None:
    """Its neighbours in the batch stay as they are."""
    nlp, tagger = component_of("tagger")
    batch = nlp.tokenizer.tokenize(TEXTS)
    doc, other = Doc(batch, 1), Doc(batch, 0)
    assert [token.tag_ for token in tagger(doc)] == [token.tag_ for token in nlp(TEXTS[1])]
    assert [token.tag_ for token in other] == [""] * len(other)


@pytest.mark.parametrize("factory", HEADS)
def test_a_component_learns_from_examples(factory: str) -> None:
    """`update` with an optimizer changes the weights and gives the losses; without one it only adds up."""
    nlp, component = component_of(factory)
    before = {name: array.copy() for name, array in component.state().arrays.items()}
    losses = component.update(toy_examples(nlp), losses={"other": 1.0})
    assert losses["other"] == 1.0
    assert losses[factory] > 0
    assert all((component.state().arrays[name] == before[name]).all() for name in before)
    component.update(toy_examples(nlp), sgd=Adam(0.01), drop=0.1)
    assert any((component.state().arrays[name] != before[name]).any() for name in before)


@pytest.mark.parametrize("factory", HEADS)
def test_a_component_is_initialized_with_examples_and_labels(factory: str) -> None:
    """From examples alone, and from another one's `label_data`."""
    nlp, component = component_of(factory)
    other = engine.build(nlp.config).component(factory)
    settings = {} if component.label_data is None else {"labels": component.label_data}
    other.initialize(lambda: toy_examples(nlp), nlp=nlp, **settings)
    assert other.labels == component.labels
    with pytest.raises(EngineError, match="expected a function that gives examples, got list"):
        other.initialize(toy_examples(nlp), nlp=nlp)


@pytest.mark.parametrize("factory", ["tagger", "textcat", "senter", "trainable_lemmatizer"])
def test_loss_and_gradient_of_scores(factory: str) -> None:
    """`get_loss` takes what `predict` or the model gave."""
    nlp, component = component_of(factory)
    examples = toy_examples(nlp)
    loss, gradient = component.get_loss(examples, component.predict([each.predicted for each in examples]))
    assert loss > 0
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("factory", ["tagger", "ner", "entity_ruler", "spancat"])
def test_what_is_kept_comes_back(factory: str, tmp_path: Path) -> None:
    """From a folder and from bytes."""
    nlp, component = component_of(factory)
    component.to_disk(tmp_path / "kept")
    for give in ("disk", "bytes"):
        again: Any = engine.build(nlp.config)
        other = again.component(factory)
        other.from_disk(tmp_path / "kept") if give == "disk" else other.from_bytes(component.to_bytes())
        assert [layers_of(again(text)) for text in TEXTS] == [layers_of(nlp(text)) for text in TEXTS]


def test_settings_can_be_read_and_changed() -> None:
    """`cfg` holds them; a changed one counts, an unknown one is refused."""
    nlp = toy_pipeline({"textcat_multilabel": section_of("textcat_multilabel", TOK2VEC)})
    component = nlp.component("textcat_multilabel")
    assert isinstance(component, TextCategorizer)
    assert component.cfg["threshold"] == 0.5
    assert component.cfg["labels"] == ["people", "nature"]
    component.cfg["threshold"] = 0.9
    assert component.threshold == 0.9
    with pytest.raises(EngineError, match=r"expected a setting of component .*, got 'thrshold'"):
        component.cfg["thrshold"] = 0.1


def test_attributes_of_heads_and_rules() -> None:
    """What is asked of every component."""
    _, tagger = component_of("tagger")
    _, ruler = component_of("entity_ruler")
    assert (tagger.is_trainable, tagger.is_resizable, tagger.hide_labels) == (True, True, False)
    assert (ruler.is_trainable, len(ruler), "PER" in ruler, ruler.ent_ids) == (False, 2, True, ("nyc",))
    assert ruler.patterns[0] == {"label": "PER", "pattern": [{"LOWER": "ada"}]}
    assert tagger.create_optimizer().learn_rate == 0.001


def test_an_error_handler_lets_the_stream_go_on() -> None:
    """What fails is handed over and left out."""
    nlp, _ = component_of("tagger")
    untrained: Any = engine.build(nlp.config).component("tagger")
    seen: list[str] = []
    untrained.set_error_handler(lambda name, proc, docs, error: seen.append(f"{name} {len(docs)}"))
    assert list(untrained.pipe([nlp.make_doc(text) for text in TEXTS], batch_size=2)) == []
    assert seen == ["tagger 2", "tagger 1"]


def test_what_is_no_document_is_refused() -> None:
    """The error says what to make."""
    nlp, tagger = component_of("tagger")
    with pytest.raises(EngineError, match="expected documents, got str"):
        tagger.predict(["Ada"])
    with pytest.raises(EngineError, match="expected examples, got Doc"):
        tagger.update([nlp.make_doc("Ada")])
    assert isinstance(toy_examples(nlp)[0], Example)


def test_the_shared_embedding_gives_tensors() -> None:
    """`tok2vec` writes the vectors of its documents, and its listeners read them."""
    nlp = toy_pipeline(shared("tagger"))
    tok2vec: Any = nlp.component("tok2vec")
    tagger: Any = nlp.component("tagger")
    docs = [nlp.make_doc(text) for text in TEXTS]
    vectors = tok2vec.predict(docs)
    tok2vec.set_annotations(docs, vectors)
    assert [doc.tensor.shape for doc in docs] == [(len(doc), 16) for doc in docs]
    assert [doc.tags for doc in tagger.pipe(docs)] == [nlp(text).tags for text in TEXTS]


def test_rules_are_made_by_their_class() -> None:
    """As their documentation makes them: with the pipeline, with its vocabulary, or with nothing."""
    nlp = engine.blank("en")
    assert [sent.text for sent in Sentencizer(punct_chars=["|"])(nlp.make_doc("a | b")).sents] == ["a |", "b"]
    assert len(list(Sentencizer()(nlp.make_doc("Rain. Sun.")).sents)) == 2
    ruler = EntityRuler(nlp, overwrite_ents=True, patterns=[{"label": "LOC", "pattern": "New York"}])
    assert [ent.text for ent in ruler(nlp.make_doc("In New York.")).ents] == ["New York"]
    spans = SpanRuler(nlp, spans_key="places")
    spans.add_patterns([{"label": "LOC", "pattern": [{"LOWER": "lima"}]}])
    assert [span.label_ for span in spans(nlp.make_doc("In Lima.")).spans["places"]] == ["LOC"]
    attributes = AttributeRuler(nlp.vocab)
    attributes.add(patterns=[[{"ORTH": "Lima"}]], attrs={"TAG": "NNP"})
    assert attributes(nlp.make_doc("In Lima"))[1].tag_ == "NNP"
    assert Lemmatizer(nlp.vocab, mode="lookup").mode == "lookup"


def test_a_head_is_made_by_its_class() -> None:
    """With the vocabulary and a model; what is not given has its default."""
    nlp, known = component_of("tagger")
    model = engine.build(nlp.config).component("tagger").model  # type: ignore[attr-defined]
    tagger = Tagger(nlp.vocab, model, name="mine", overwrite=True)
    assert (tagger.name, tagger.overwrite, tagger.neg_prefix, tagger.vocab) == ("mine", True, "!", nlp.vocab)
    assert tagger.scorer is not None
    tagger.initialize(lambda: toy_examples(nlp), nlp=nlp)
    assert tagger.labels == known.labels
    with pytest.raises(EngineError, match="expected settings of 'tagger', got overwrit"):
        Tagger(nlp.vocab, model, overwrit=True)


ADDED = {
    "ner": "GPE",
    "textcat": "mine",
    "tagger": "XX",
    "spancat": "MINE",
    "morphologizer": "POS=SYM",
    "parser": "obl",
}


@pytest.mark.parametrize("factory", sorted(ADDED))
def test_labels_are_added_before_there_are_weights(factory: str) -> None:
    """The head has them once it is initialized, besides those of the examples."""
    known = toy_pipeline(alone(factory))
    nlp = engine.build(known.config)
    component: Any = nlp.component(factory)
    assert (component.add_label(ADDED[factory]), component.add_label(ADDED[factory])) == (1, 0)
    assert component.labels == (ADDED[factory],)
    examples = toy_examples(nlp)
    nlp.initialize(lambda: examples)
    assert set(component.labels) == {ADDED[factory], *known.component(factory).labels}  # type: ignore[attr-defined]
    nlp.update(examples)
    with pytest.raises(EngineError, match="expected a text as label"):
        component.add_label(7)


def test_a_script_that_adds_labels_and_then_begins_to_train() -> None:
    """As many scripts do: no example is given at initialisation."""
    nlp = engine.blank("en")
    textcat: Any = nlp.add_pipe("textcat", last=True)
    textcat.add_label("POSITIVE")
    textcat.add_label("NEGATIVE")
    optimizer = nlp.begin_training()
    example = Example.from_dict(nlp.make_doc("Good."), {"cats": {"POSITIVE": 1.0, "NEGATIVE": 0.0}})
    for _ in range(10):
        nlp.update([example], sgd=optimizer)
    assert nlp("Good.").cats["POSITIVE"] > 0.5


def test_a_head_without_labels_takes_none() -> None:
    """It says so."""
    nlp = engine.build(toy_pipeline(alone("senter")).config)
    with pytest.raises(EngineError, match="classes are fixed"):
        nlp.component("senter").add_label("X")  # type: ignore[attr-defined]


def test_rules_are_written_as_documented(tmp_path: Path) -> None:
    """A ruler to a file of JSON lines, a sentencizer to a JSON file."""
    nlp = engine.blank("en")
    ruler = EntityRuler(nlp, patterns=[{"label": "LOC", "pattern": "New York"}])
    ruler.to_disk(tmp_path / "patterns.jsonl")
    assert EntityRuler(nlp).from_disk(tmp_path / "patterns.jsonl").patterns == ruler.patterns
    Sentencizer(punct_chars=["|"]).to_disk(tmp_path / "sentencizer.json")
    again = Sentencizer().from_disk(tmp_path / "sentencizer.json")
    assert again.punct_chars == frozenset("|")
    with pytest.raises(EngineError, match="expected settings of the sentencizer"):
        again.from_bytes(b"{}")


def test_nothing_listens_in_a_component_of_rules() -> None:
    """It has no model to look through."""
    nlp = engine.blank("en")
    shared = nlp.add_pipe("tok2vec")
    shared.find_listeners(nlp.add_pipe("entity_ruler"))
    assert shared.listener_map == {}
