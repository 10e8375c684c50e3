# SPDX-License-Identifier: Apache-2.0
"""Classifiers of Hugging Face as components: the same probabilities as the model alone, for texts of any
length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.components.transformer.entity_tags import TagScheme
from engine.lazy_torch import torch
from engine.transformer import Backend, Classifier, Kind, TransformerError, read_pretrained
from engine.transformer.libraries import transformers

from .tiny import tiny_config
from .tiny_tokenizers import (
    SENTENCES,
    byte_bpe_files,
    sentencepiece_files,
    wordpiece_files,
)

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
TOKENIZERS = {
    "albert": lambda: sentencepiece_files("albert"),
    "bert": wordpiece_files,
    "deberta-v2": wordpiece_files,
    "distilbert": wordpiece_files,
    "electra": wordpiece_files,
    "modernbert": lambda: byte_bpe_files(False),
    "mpnet": byte_bpe_files,
    "nomic_bert": wordpiece_files,
    "roberta": byte_bpe_files,
    "xlm-roberta": sentencepiece_files,
}
AUTO = {Kind.PIECES: "AutoModelForTokenClassification", Kind.TEXTS: "AutoModelForSequenceClassification"}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Any:
    """Threads that wait for each other cost more than these encoders."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made(folder: Path, family: str, kind: Kind, **settings: Any) -> Any:
    """A model with a head in a folder, as its library saves it, and the model."""
    config = {**tiny_config(family), "vocab_size": 700, "id2label": dict(enumerate(TAGS)), **settings}
    config["label2id"] = {label: i for i, label in enumerate(TAGS)}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        library = transformers.AutoConfig.for_model(config.pop("model_type"), **config)
        model = getattr(transformers, AUTO[kind]).from_config(library, attn_implementation="eager").eval()
    model.save_pretrained(folder)
    for name, data in TOKENIZERS[family]().items():
        (folder / name).write_bytes(data)
    return model


def alone(model: Any, classifier: Classifier, text: str) -> Any:
    """The model's logits of one text."""
    ids = torch.as_tensor(classifier.tokenizer.encode_uncached([text]).ids.astype(np.int64))
    with torch.inference_mode():
        return model(input_ids=ids[None]).logits[0]


@pytest.mark.parametrize("family", TOKENIZERS)
@pytest.mark.parametrize("kind", list(Kind))
def test_probabilities_are_those_of_the_model_alone(tmp_path: Path, family: str, kind: Kind) -> None:
    """Whatever head a family has, for several texts together."""
    model = made(tmp_path, family, kind)
    classifier = Classifier(read_pretrained(str(tmp_path)), kind)
    texts = [*SENTENCES, "", "a b"]
    expected = [alone(model, classifier, text).softmax(-1).numpy() for text in texts]
    if kind is Kind.TEXTS:
        np.testing.assert_allclose(classifier.text_scores(texts), expected, rtol=0, atol=1e-5)
    else:
        inside = np.concatenate([each[1:-1] for each in expected])
        np.testing.assert_allclose(classifier.piece_scores(texts).scores, inside, rtol=0, atol=1e-5)


def test_long_texts_are_read_in_windows(tmp_path: Path) -> None:
    """Every piece of a text that is twenty times as long as the encoder can read has probabilities."""
    made(tmp_path, "bert", Kind.PIECES)
    classifier = Classifier(read_pretrained(str(tmp_path)), Kind.PIECES)
    long = " ".join(SENTENCES * 20)
    scores = classifier.piece_scores(["x", long])
    assert len(scores.scores) == len(classifier.tokenizer.encode([long]).ids) - 2 + 1
    np.testing.assert_allclose(scores.scores.sum(axis=1), 1, atol=1e-5)
    short = classifier.piece_scores([long[:100]]).scores
    assert np.abs(scores.scores[1:10] - short[:9]).max() > 0  # the window sees more than the beginning alone


def test_several_labels_may_be_true(tmp_path: Path) -> None:
    """The model's `problem_type` says so: each probability is its own."""
    model = made(tmp_path, "roberta", Kind.TEXTS, problem_type="multi_label_classification")
    classifier = Classifier(read_pretrained(str(tmp_path)), Kind.TEXTS)
    expected = alone(model, classifier, SENTENCES[0]).sigmoid().numpy()
    np.testing.assert_allclose(classifier.text_scores(SENTENCES[:1])[0], expected, rtol=0, atol=1e-5)


def test_a_text_classifier_is_a_component(tmp_path: Path) -> None:
    """Labels renamed, one left out; saved with the pipeline, the folder is not needed any more."""
    made(tmp_path / "model", "bert", Kind.TEXTS)
    nlp = engine.blank("en")
    settings = {"model": str(tmp_path / "model"), "labels": {"O": "", "B-PER": "person"}}
    nlp.add_pipe("hf_text_classifier", config=settings)
    doc = nlp(SENTENCES[0])
    assert list(doc.cats) == ["person", "I-PER", "B-LOC", "I-LOC"]
    nlp.to_disk(tmp_path / "saved")
    (tmp_path / "model").rename(tmp_path / "elsewhere")
    again = engine.load(tmp_path / "saved")(SENTENCES[0])
    assert again.cats == pytest.approx(doc.cats, abs=1e-6)


@pytest.mark.parametrize("aggregation", ["average", "first", "max", "simple"])
@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
def test_a_token_classifier_is_a_component(tmp_path: Path, family: str, aggregation: str) -> None:
    """Entities by every strategy, whole tokens, no two in one place; the same for a batch as one by one."""
    made(tmp_path, family, Kind.PIECES)
    nlp = engine.blank("en")
    nlp.add_pipe(
        "hf_token_classifier",
        config={"model": str(tmp_path), "aggregation_strategy": aggregation, "labels": {"LOC": "PLACE"}},
    )
    texts = [*SENTENCES, "", "  "]
    docs = list(nlp.pipe(texts))
    found = [[(ent.start, ent.end, ent.label_) for ent in doc.ents] for doc in docs]
    assert sum(map(len, found)) > 5
    assert {label for some in found for *_, label in some} <= {"PER", "PLACE"}
    assert found == [[(ent.start, ent.end, ent.label_) for ent in nlp(text).ents] for text in texts]


def test_tags_and_spans_may_be_written(tmp_path: Path) -> None:
    """`annotate` says which layer."""
    made(tmp_path, "bert", Kind.PIECES)
    nlp = engine.blank("en")
    nlp.add_pipe("hf_token_classifier", name="tags", config={"model": str(tmp_path), "annotate": "tag"})
    nlp.add_pipe("hf_token_classifier", name="spans", config={"model": str(tmp_path), "annotate": "found"})
    doc = nlp(SENTENCES[0])
    assert {token.tag_ for token in doc} <= set(TAGS)
    assert {span.label_ for span in doc.spans["found"]} <= {"PER", "LOC"}


def test_another_model_brings_its_own_labels(tmp_path: Path) -> None:
    """A component that annotated before takes over a model whose labels are others."""
    made(tmp_path / "one", "bert", Kind.PIECES)
    made(tmp_path / "two", "bert", Kind.PIECES, id2label=dict(enumerate(("O", "B-X", "I-X", "B-Y", "I-Y"))))
    nlp = engine.blank("en")
    first = nlp.add_pipe("hf_token_classifier", name="one", config={"model": str(tmp_path / "one")})
    second = nlp.add_pipe("hf_token_classifier", name="two", config={"model": str(tmp_path / "two")})
    assert first.labels == ("PER", "LOC")
    first.load_files(second.files())
    assert first.labels == second.labels == ("X", "Y")


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("aggregation_strategy", "most", "among average, first, max, simple, got 'most'"),
        ("precision", "fp8", "got 'fp8'"),
    ],
)
def test_settings_that_there_are_not_are_refused(setting: str, value: str, said: str) -> None:
    """When the component is added, with those that there are."""
    with pytest.raises(engine.EngineError, match=said):
        engine.blank("en").add_pipe("hf_token_classifier", config={"model": "x", setting: value})


def test_a_label_map_of_other_labels_is_refused(tmp_path: Path) -> None:
    """With the labels that there are."""
    made(tmp_path, "bert", Kind.TEXTS)
    nlp = engine.blank("en")
    nlp.add_pipe("hf_text_classifier", config={"model": str(tmp_path), "labels": {"nobody": "x"}})
    with pytest.raises(TransformerError, match="among O, B-PER, I-PER, B-LOC, I-LOC, got nobody"):
        nlp("a text")


def test_half_precision_gives_nearly_the_same(tmp_path: Path) -> None:
    """bf16 changes probabilities by a few hundredths at most."""
    made(tmp_path, "bert", Kind.PIECES)
    read = read_pretrained(str(tmp_path))
    half = Classifier(read, Kind.PIECES, Backend(precision="bf16")).piece_scores(SENTENCES).scores
    full = Classifier(read, Kind.PIECES).piece_scores(SENTENCES).scores
    assert 0 < np.abs(half - full).max() < 0.1


def chances(labels: tuple[str, ...], *tags: str, second: str = "O") -> Any:
    """Rows in which each tag has 0.6, and another one 0.4."""
    rows = np.zeros((len(tags), len(labels)))
    for row, tag in zip(rows, tags, strict=True):
        row[labels.index(second)] = 0.4
        row[labels.index(tag)] = 0.6
    return rows


def test_the_best_path_keeps_to_the_kind_of_tags() -> None:
    """BIO: nothing is continued that was not begun. BIOES: what begins ends."""
    bio = TagScheme(TAGS)
    path = bio.best(chances(TAGS, "O", "I-PER", "I-PER", second="B-PER"))
    assert [TAGS[i] for i in path] == ["O", "B-PER", "I-PER"]
    tags = ("O", "B-X", "I-X", "E-X", "S-X")
    bioes = TagScheme(tags)
    assert [tags[i] for i in bioes.best(chances(tags, "B-X", "O", second="S-X"))] == ["S-X", "O"]
    assert [tags[i] for i in bioes.best(chances(tags, "B-X", "I-X", second="E-X"))] == ["B-X", "E-X"]


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("B-X I-X O", [(0, 2, "X")]),
        ("B-X B-X", [(0, 1, "X"), (1, 2, "X")]),
        ("I-X I-Y", [(0, 1, "X"), (1, 2, "Y")]),
        ("B-X E-X S-X", [(0, 2, "X"), (2, 3, "X")]),
        ("B-X L-X U-Y", [(0, 2, "X"), (2, 3, "Y")]),
        ("X X O Y", [(0, 2, "X"), (3, 4, "Y")]),
        ("O O", []),
        ("", []),
    ],
)
def test_tags_become_spans(tags: str, spans: list[tuple[int, int, str]]) -> None:
    """Of every kind of tags, those that do not fit included."""
    labels = tuple(dict.fromkeys(["O", *tags.split()]))
    assert TagScheme(labels).spans([labels.index(tag) for tag in tags.split()]) == spans
