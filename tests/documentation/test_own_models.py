# SPDX-License-Identifier: Apache-2.0
"""Models and components of one's own, written against documents, beside ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, List  # noqa: UP035  # as the documentation writes it

import numpy as np
import pytest
from thinc.api import (
    Adam,
    Model,
    PyTorchWrapper,
    Relu,
    Softmax,
    chain,
    list2ragged,
    reduce_mean,
    with_array,
)
from thinc.types import Floats2d

import engine
from engine import Doc, Example, Language, TrainablePipe, registry
from engine.extras import TORCH
from tests.documentation.rows import row
from tests.engine.toy import LISTENER, TOK2VEC, shared, toy_config, toy_examples

EMBED = TOK2VEC["embed"]


def letters(doc: Doc) -> np.ndarray[Any, Any]:
    """What a model written against documents sees: a row a token."""
    return np.array(
        [[len(token.text), token.i, token.is_punct, token.is_title] for token in doc], dtype=np.float32
    ).reshape(len(doc), 4)


@registry.architectures("test_own.letters.v1")
def create_letters() -> Model[List[Doc], List[Floats2d]]:  # noqa: UP006  # as the documentation writes it
    """A layer that reads documents and gives a list of arrays."""

    def forward(model: Any, docs: Any, is_train: bool) -> tuple[list[Any], Callable[[Any], Any]]:
        assert all(isinstance(doc, Doc) for doc in docs)

        def backprop(d_rows: Any) -> list[Any]:
            assert [len(rows) for rows in d_rows] == [len(doc) for doc in docs]
            return []

        return [letters(doc) for doc in docs], backprop

    return Model("letters", forward, dims={"nO": 4})


@registry.architectures("test_own.tagger.v1")
def create_tagger(tok2vec: Model[Any, Any], nO: int | None = None) -> Model[Any, Any]:
    """A head around vectors that somebody else gives."""
    return chain(tok2vec, with_array(chain(Relu(16), Softmax(nO))))


@registry.architectures("test_own.textcat.v1")
def create_textcat(tok2vec: Model[Any, Any], nO: int | None = None) -> Model[Any, Any]:
    """A head over lists, which gives a row a document."""
    return chain(tok2vec, list2ragged(), reduce_mean(), Softmax(nO))


def learned(config: Any, n_steps: int = 30) -> Language:
    """A pipeline of this config, trained on the toy corpus."""
    nlp = engine.build(engine.fill_config(config))
    examples = toy_examples(nlp)
    nlp.initialize(lambda: examples)
    optimizer = Adam(0.02)
    for _ in range(n_steps):
        nlp.update(examples, sgd=optimizer)
    return nlp


def with_model(heads: dict[str, Any], model: dict[str, Any]) -> Any:
    """A toy config in which the last component has this model."""
    config = toy_config(heads)
    name = list(heads)[-1]
    config["components"][name]["model"] = model
    return config


@row("H21")
@pytest.mark.parametrize(
    ("head", "model", "score"),
    [
        (
            "tagger",
            {"@architectures": "test_own.tagger.v1", "tok2vec": {"@architectures": "test_own.letters.v1"}},
            "tag_acc",
        ),
        (
            "tagger",
            {"@architectures": "spacy.Tagger.v2", "tok2vec": {"@architectures": "test_own.letters.v1"}},
            "tag_acc",
        ),
        ("tagger", {"@architectures": "test_own.tagger.v1", "tok2vec": LISTENER}, "tag_acc"),
        ("textcat", {"@architectures": "test_own.textcat.v1", "tok2vec": LISTENER}, "cats_score"),
        ("textcat", {"@architectures": "test_own.textcat.v1", "tok2vec": TOK2VEC}, "cats_score"),
    ],
)
def test_models_written_against_documents_learn_beside_ours(
    head: str, model: dict[str, Any], score: str, tmp_path: Path
) -> None:
    """As a head around ours, and as the vectors of a head of ours; saved and loaded they say the same."""
    nlp = learned(with_model(shared(head), model))
    examples = toy_examples(nlp)
    assert nlp.evaluate(examples)[score] > 0.6
    nlp.to_disk(tmp_path)
    again = engine.load(tmp_path)
    for example in examples:
        assert again(example.text).to_json() == nlp(example.text).to_json()


@row("H21")
def test_the_shared_embedding_may_be_somebodys_own() -> None:
    """Heads of ours listen to vectors of a model that reads documents."""
    config = toy_config(shared("tagger", "ner"))
    config["components"]["tok2vec"]["model"] = {"@architectures": "test_own.letters.v1"}
    for head in ("tagger", "ner"):
        config["components"][head]["model"]["tok2vec"]["width"] = 4
    nlp = learned(config)
    assert nlp.evaluate(toy_examples(nlp))["tag_acc"] > 0.6


@pytest.mark.skipif(not TORCH.is_installed, reason="needs torch")
@row("H22", "T3")
def test_a_pytorch_module_is_the_whole_model_of_a_head(tmp_path: Path) -> None:
    """It has all its weights before it is initialized; its labels are found, and it is kept without a
    pickle."""
    from torch import nn

    @registry.architectures("test_own.torch_tagger.v1")
    def create(width: int, nO: int) -> Model[Any, Any]:
        module = nn.Sequential(nn.Linear(width, 12), nn.ReLU(), nn.Linear(12, nO), nn.Softmax(dim=1))
        embed = registry.get("architectures", "spacy.MultiHashEmbed.v2")(
            width=width, attrs=["NORM"], rows=[100], include_static_vectors=False
        )
        return chain(embed, with_array(PyTorchWrapper(module)))

    n_tags = len({tag for e in toy_examples(engine.blank("en")) for tag in e.gold_labels("tag") if tag})
    model = {"@architectures": "test_own.torch_tagger.v1", "width": 8, "nO": n_tags}
    nlp = learned(with_model(shared("tagger"), model))
    assert nlp.evaluate(toy_examples(nlp))["tag_acc"] > 0.6
    nlp.to_disk(tmp_path)
    again = engine.load(tmp_path)
    text = toy_examples(nlp)[0].text
    assert again(text).tags == nlp(text).tags


class FirstLetters(TrainablePipe):
    """Says of each document by which letter it begins, as far as it has learned it."""

    def __init__(self, vocab: Any, model: Model[Any, Any], name: str = "letters", *, lower: bool) -> None:
        self.vocab, self.model, self.name = vocab, model, name
        self.cfg: dict[str, Any] = {"labels": [], "lower": lower}

    @property
    def labels(self) -> tuple[str, ...]:  # type: ignore[override]  # as components of the ecosystem have it
        """Letters."""
        return tuple(self.cfg["labels"])

    def add_label(self, label: str) -> int:
        """One more letter."""
        if label in self.labels:
            return 0
        self.cfg["labels"].append(label)
        return 1

    def initialize(self, get_examples: Any, *, nlp: Language | None = None, **settings: Any) -> None:
        """Find the letters."""
        examples = list(get_examples())
        for example in examples:
            self.add_label(example.reference.text[0])
        docs = [example.reference for example in examples]
        self.model.initialize(X=docs, Y=np.zeros((len(docs), len(self.labels)), dtype=np.float32))

    def set_annotations(self, docs: Any, scores: Any) -> None:
        """Write one category a letter."""
        for doc, row_of in zip(docs, scores, strict=True):
            doc.set_cats({label: float(row_of[i]) for i, label in enumerate(self.labels)})

    def get_loss(self, examples: Iterable[Example], scores: Any) -> tuple[float, Any]:
        """Squared distance from the letter."""
        truth = np.array([[e.reference.text[0] == label for label in self.labels] for e in examples])
        gradient = scores - truth.astype(np.float32)
        return float((gradient**2).sum()), gradient


@Language.factory("first_letters", default_config={"lower": True})
def create_first_letters(nlp: Language, name: str, model: Model[Any, Any], lower: bool) -> FirstLetters:
    """The component."""
    return FirstLetters(None, model, name, lower=lower)


@row("M12")
def test_a_trainable_component_of_ones_own_learns_on_the_shared_embedding(tmp_path: Path) -> None:
    """Its gradient reaches the embedding; its weights, labels and settings are kept."""
    config = toy_config(shared("tagger"))
    config["nlp"]["pipeline"].append("letters")
    config["components"]["letters"] = {
        "factory": "first_letters",
        "model": {"@architectures": "test_own.textcat.v1", "tok2vec": LISTENER},
    }
    nlp = learned(config)
    component = nlp.get_pipe("letters")
    assert component.labels == ("A", "N")
    assert max(nlp("Ada met Grace Hopper .").cats, key=nlp("Ada met Grace Hopper .").cats.__getitem__) == "A"
    nlp.to_disk(tmp_path)
    again = engine.load(tmp_path)
    assert again.get_pipe("letters").cfg == component.cfg
    assert again("Rain fell ?").cats == nlp("Rain fell ?").cats


def test_frozen_components_of_ones_own_annotate_for_those_after_them() -> None:
    """A function's tags are features of a head in training."""
    Language.component("lemmas_by_length", func=_tag_by_length)
    config = toy_config(shared("tagger"))
    config["nlp"]["pipeline"].insert(0, "lengths")
    config["components"]["lengths"] = {"factory": "lemmas_by_length"}
    nlp = engine.build(engine.fill_config(config))
    examples = toy_examples(nlp)
    nlp.initialize(lambda: examples)
    seen.clear()
    nlp.update(examples, exclude=["lengths"], annotates=["lengths"])
    assert seen == [len(example) for example in examples]


seen: list[int] = []


def _tag_by_length(doc: Doc) -> Doc:
    seen.append(len(doc))
    doc.set_lemmas([str(len(word)) for word in doc.words])
    return doc


@row("K10.01", "K10.02")
def test_several_heads_on_one_embedding_are_rehearsed() -> None:
    """Having learned something else, a pipeline comes back to what it said before."""
    nlp = learned(toy_config(shared("tagger", "ner")), 40)
    examples = toy_examples(nlp)
    before = nlp.evaluate(examples)["tag_acc"]
    with pytest.raises(engine.EngineError, match=r"expected nlp.resume_training\(\) before"):
        nlp.rehearse(examples)
    optimizer = nlp.resume_training()
    texts = [Example(nlp.make_doc(e.text), nlp.make_doc(e.text)) for e in examples]
    unlearned = [_wrong(nlp, example) for example in examples]
    for _ in range(10):
        nlp.update(unlearned, sgd=Adam(0.02))
    first = nlp.rehearse(texts, sgd=optimizer)
    assert set(first) == {"tok2vec", "tagger", "ner"}
    for _ in range(60):
        last = nlp.rehearse(texts, sgd=Adam(0.01))
    assert last["tagger"] < 0.2 * first["tagger"]
    assert nlp.evaluate(examples)["tag_acc"] >= before - 0.1


def _wrong(nlp: Language, example: Example) -> Example:
    gold = nlp.make_doc(example.text)
    gold.set_tags(["NN"] * len(gold))
    return Example(nlp.make_doc(example.text), gold)
