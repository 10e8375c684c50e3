# SPDX-License-Identifier: Apache-2.0
"""New labels for trained heads: nothing that was said changes, and the new is learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from thinc.api import Adam

import engine
from engine import Example, Pipeline
from engine.components import SpanCategorizer, TrainableComponent
from engine.components.growth import path_to_output
from engine.errors import EngineError

from ..gradients import shake
from ..toy import alone, layers_of, model_of, shared, toy_examples, toy_pipeline

GROWING = (
    "ner",
    "tagger",
    "morphologizer",
    "textcat",
    "textcat_multilabel",
    "spancat",
    "spancat_singlelabel",
)
NEW = {"morphologizer": "POS=NEW", "default": "NEW"}


def new_label(factory: str) -> str:
    """A label that no head of the toys has."""
    return NEW.get(factory, NEW["default"])


def head(nlp: Pipeline, name: str) -> TrainableComponent:
    """A trained head."""
    component = nlp.component(name)
    assert isinstance(component, TrainableComponent)
    return component


def random_texts(n: int = 200, seed: int = 0) -> list[str]:
    """Words of the toys and others, at random."""
    words = [
        "Ada",
        "Grace",
        "New",
        "York",
        "City",
        "Kigali",
        "fell",
        "Rain",
        "met",
        "?",
        ".",
        "\n",
        "zzz",
        "42",
    ]
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(words, random.integers(0, 12))) for _ in range(n)]


class Said:
    """All that a pipeline says of random texts, without the scores of the new label; scores are equal within
    the rounding of a float32."""

    def __init__(self, nlp: Pipeline, factory: str) -> None:
        docs = list(nlp.pipe(random_texts()))
        self.layers = [layers_of(doc) for doc in docs]
        self.scores = [score for doc in docs for key in doc.spans for score in doc.span_scores(key)]
        for layers, doc in zip(self.layers, docs, strict=True):
            self.scores += [score for label, score in doc.cats.items() if label != new_label(factory)]
            del layers["cats"], layers["span scores"]

    def is_as(self, other: Said) -> bool:
        """Whether both say the same."""
        return self.layers == other.layers and np.allclose(self.scores, other.scores, rtol=0, atol=1e-6)


@pytest.mark.parametrize("factory", GROWING)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_head_that_has_grown_says_what_it_said(factory: str, seed: int) -> None:
    """On random weights and random texts, whatever the label is for."""
    nlp = toy_pipeline(shared(factory), seed)
    shake(nlp)
    before = Said(nlp, factory)
    assert head(nlp, factory).add_label(new_label(factory)) == 1
    assert Said(nlp, factory).is_as(before)
    assert new_label(factory) in nlp.labels[factory]
    assert head(nlp, factory).add_label(new_label(factory)) == 0


@pytest.mark.parametrize("use_upper", [False, True])
@pytest.mark.parametrize("pieces", [1, 2])
@pytest.mark.parametrize("extra", [False, True])
def test_recognisers_of_every_form_grow(use_upper: bool, pieces: int, extra: bool) -> None:
    """Whatever layer the scores come from, in the compiled and in the plain decoder."""
    sections = alone("ner")
    sections["ner"]["model"] |= {"use_upper": use_upper, "maxout_pieces": pieces, "extra_state_tokens": extra}
    nlp = toy_pipeline(sections)
    shake(nlp)
    before = Said(nlp, "ner")
    head(nlp, "ner").add_labels(["NEW", "OTHER"])
    assert Said(nlp, "ner").is_as(before)
    batch = nlp.tokenizer.tokenize(random_texts(30))
    plain, fast = nlp.component("ner").predict_plain(batch), nlp.predict(random_texts(30)).spans["ents"]
    assert plain.starts.tolist() == fast.starts.tolist()


@pytest.mark.parametrize("name", ["cnn", "attention", "reduce", "words"])
@pytest.mark.parametrize("exclusive", [False, True])
def test_categorizers_of_every_form_grow(name: str, exclusive: bool) -> None:
    """The old categories keep their scores; the new one has next to none, whatever the text."""
    factory = "textcat" if exclusive else "textcat_multilabel"
    nlp = toy_pipeline({factory: {"factory": factory, "model": categorizer_model(name, exclusive)}})
    shake(nlp)
    before = Said(nlp, factory)
    head(nlp, factory).add_label("NEW")
    assert Said(nlp, factory).is_as(before)
    highest = max(doc.cats["NEW"] for doc in nlp.pipe(random_texts()))
    assert highest < (1e-6 if exclusive else 0.02)


def categorizer_model(name: str, exclusive: bool) -> dict[str, Any]:
    """The model block of a categorizer."""
    tok2vec = model_of("tok2vec", {})
    if name == "words":
        return {**model_of("textcat", tok2vec)["linear_model"], "exclusive_classes": exclusive}
    names = {"cnn": "CNN.v2", "attention": "ParametricAttention.v1", "reduce": "Reduce.v1"}
    more = {"use_reduce_mean": True} if name == "reduce" else {}
    shape = {"exclusive_classes": exclusive, "nO": 2, "tok2vec": tok2vec, **more}
    return {"@architectures": f"spacy.TextCat{names[name]}", **shape}


@pytest.mark.parametrize("factory", GROWING)
def test_a_grown_head_is_kept(factory: str, tmp_path: Path) -> None:
    """Saved and loaded it is the same, to the last byte."""
    nlp = toy_pipeline(shared(factory))
    head(nlp, factory).add_label(new_label(factory))
    nlp.weights_changed()
    nlp.to_disk(tmp_path)
    loaded = engine.load(tmp_path)
    assert loaded.labels == nlp.labels
    assert loaded.digest == nlp.digest
    assert Said(loaded, factory).is_as(Said(nlp, factory))


@pytest.mark.parametrize("factory", ["senter", "parser", "trainable_lemmatizer"])
def test_heads_whose_classes_are_fixed_say_so(factory: str) -> None:
    """Sentence starts are two classes; arcs and edit trees are chosen by how often they are seen."""
    nlp = toy_pipeline(shared(factory))
    with pytest.raises(EngineError, match="whose classes are fixed once it is trained"):
        head(nlp, factory).add_label("NEW")


def test_an_untrained_head_is_given_its_labels_by_the_config() -> None:
    """Before there are weights there is nothing to grow."""
    nlp = engine.build(toy_pipeline(shared("ner")).config)
    with pytest.raises(EngineError, match="to have weights"):
        head(nlp, "ner").add_labels(["NEW"])


def test_the_old_table_of_counted_words_cannot_grow() -> None:
    """Its classes share weights, so that a new one would begin with others' words."""
    model = {**categorizer_model("words", True), "@architectures": "spacy.TextCatBOW.v1"}
    model.pop("length")
    nlp = toy_pipeline({"textcat": {"factory": "textcat", "model": model}})
    with pytest.raises(EngineError, match="to come from a layer of"):
        head(nlp, "textcat").add_label("NEW")


def test_no_label_stays_the_last_class() -> None:
    """Where span labels exclude each other, a new one stands before "no label"."""
    nlp = toy_pipeline(shared("spancat_singlelabel"))
    shake(nlp)
    component = nlp.component("spancat_singlelabel")
    assert isinstance(component, SpanCategorizer)
    *_, output = path_to_output(component.model)
    last = output.get_param("W")[-1].copy()
    component.add_label("NEW")
    assert component.class_names[-2:] == ("NEW", None)
    assert np.array_equal(output.get_param("W")[-1], last)


@pytest.mark.parametrize("factory", GROWING)
def test_a_new_label_is_learned(factory: str) -> None:
    """From one document that has it, beside one that has the others, which stay."""
    nlp = toy_pipeline(shared(factory))
    optimizer = Adam(0.01)
    examples = toy_examples(nlp)
    for _ in range(40):
        nlp.update(examples, optimizer=optimizer)
    examples[1] = with_new_label(nlp, factory)
    head(nlp, factory).add_labels(head(nlp, factory).unknown_labels(examples))
    assert new_label(factory) in nlp.labels[factory]
    fresh = Adam(0.01)
    for _ in range(60):
        nlp.update(examples, optimizer=fresh)
    for example in examples:
        assert answer(nlp, factory, example.text) == gold_answer(factory, example)


def with_new_label(nlp: Pipeline, factory: str) -> Example:
    """The second toy document, in which a city is something new."""
    gold = toy_examples(nlp)[1].reference
    ents = [(e.start, e.end, "NEW") for e in gold.ents]
    gold.set_ents(ents)
    gold.set_spans("sc", ents)
    gold.set_cats({"people": 0.0, "nature": 0.0, "NEW": 1.0})
    gold.set_tags(["NEW" if tag == "NN" else tag for tag in gold.tags])
    gold.set_pos(["NEW" if pos == "VERB" else pos for pos in gold.pos_tags])
    gold.set_morphs(
        ["" if pos == "NEW" else morph for pos, morph in zip(gold.pos_tags, gold.morphs, strict=True)]
    )
    return Example(nlp.tokenizer(gold.text), gold)


def answer(nlp: Pipeline, factory: str, text: str) -> Any:
    """What a pipeline says in the layer of a head."""
    return layer_of(factory, nlp(text))


def gold_answer(factory: str, example: Example) -> Any:
    """What people say there."""
    return layer_of(factory, example.reference)


def layer_of(factory: str, doc: Any) -> Any:
    """The layer of a head, as plain values."""
    layers = layers_of(doc)
    if factory.startswith("textcat"):
        return {label for label, score in layers["cats"].items() if score > 0.5}
    if factory.startswith("spancat"):
        return sorted(layers["spans"]["sc"])
    keys = {"ner": "ents", "tagger": "tags", "morphologizer": "pos"}
    return layers[keys[factory]]
