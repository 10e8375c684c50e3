# SPDX-License-Identifier: Apache-2.0
"""Pipelines with transformers that spaCy trained, outside of this repository: what they say, and learn."""

from __future__ import annotations

import json
import lzma
import os
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.components.transformer.piece_output import PieceOutput
from engine.components.transformer.transformer import Transformer
from engine.extras import TRANSFORMERS

DATA = os.environ.get("FRESHET_DATA")

pytestmark = [
    pytest.mark.skipif(DATA is None, reason="set FRESHET_DATA to the folder of the test data"),
    pytest.mark.skipif(not TRANSFORMERS.is_installed, reason="needs freshet[transformers]"),
]

SPACY_TRANSFORMERS = ("st_bert_strided", "st_roberta_doc", "st_xlmr_sent", "st_bert_slow")
CURATED = ("sct_roberta", "sct_bert_weighted")
NAMES = (*SPACY_TRANSFORMERS, *CURATED)


def of(name: str) -> Path:
    """A file of the fixtures."""
    return Path(str(DATA)) / "pipelines_transformers" / name


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of them."""
    folder = tmp_path_factory.mktemp("pipelines")
    for name in NAMES:
        with tarfile.open(of(f"{name}.tar.xz")) as files:
            files.extractall(folder, filter="data")
    return folder


def expected(name: str) -> list[dict[str, Any]]:
    """What the ecosystem says of each text alone, "error" where it fails."""
    with lzma.open(of(f"{name}.jsonl.xz"), "rt", encoding="utf8") as lines:
        return [json.loads(line) for line in lines]


def outputs(name: str, kind: str = "safetensors") -> tuple[dict[str, Any], dict[str, str]]:
    """Arrays and metadata of a fixture."""
    from safetensors import safe_open

    with safe_open(of(f"{name}.{kind}"), "np") as file:
        return {key: file.get_tensor(key) for key in file.keys()}, file.metadata()  # noqa: SIM118


@pytest.mark.parametrize("name", NAMES)
def test_all_annotations_are_identical(unpacked: Path, name: str) -> None:
    """Of 150 texts, in batches; where the ecosystem fails, there is an annotation all the same."""
    docs = expected(name)
    nlp = engine.load(unpacked / name)
    found = [doc.to_json() for doc in nlp.pipe([doc["text"] for doc in docs])]
    compared = [i for i, doc in enumerate(docs) if "error" not in doc and not is_apart(name, doc["text"])]
    assert [found[i] for i in compared] == [docs[i] for i in compared]
    assert len(compared) >= 146


def is_apart(name: str, text: str) -> bool:
    """Whether a slow tokenizer reads special pieces that the text spells, which ours aligns otherwise."""
    return name.endswith("_slow") and "[CLS]" in text


@pytest.mark.parametrize("name", NAMES)
def test_what_we_save_says_the_same(unpacked: Path, tmp_path: Path, name: str) -> None:
    """Safetensors and the tokenizer's files in place of archives of torch."""
    texts = [doc["text"] for doc in expected(name)[:40]]
    nlp = engine.load(unpacked / name)
    nlp.to_disk(tmp_path / name)
    again = engine.load(tmp_path / name)
    assert [doc.to_json() for doc in again.pipe(texts)] == [doc.to_json() for doc in nlp.pipe(texts)]
    assert not list((tmp_path / name).rglob("*.bin"))


@pytest.mark.parametrize("name", SPACY_TRANSFORMERS)
def test_the_documents_data_are_the_ecosystems(unpacked: Path, name: str) -> None:
    """Pieces, alignment, outputs of `doc._.trf_data`, and what each listener reads; outputs within 1e-5."""
    arrays, meta = outputs(name)
    nlp = engine.load(unpacked / name)
    for i in range(5):
        if is_apart(name, meta[f"{i}.text"]):
            continue
        doc = nlp(meta[f"{i}.text"])
        data = doc._.trf_data
        assert data.wordpieces.strings == json.loads(meta[f"{i}.strings"])
        assert data.wordpieces.lengths == json.loads(meta[f"{i}.lengths"])
        assert [name for name, value in data.model_output.items()] == json.loads(meta[f"{i}.outputs"])
        np.testing.assert_array_equal(data.wordpieces.input_ids, arrays[f"{i}.input_ids"])
        np.testing.assert_array_equal(data.wordpieces.attention_mask, arrays[f"{i}.attention_mask"])
        assert (data.wordpieces.token_type_ids is None) == (f"{i}.token_type_ids" not in arrays)
        np.testing.assert_array_equal(data.align.lengths, arrays[f"{i}.align.lengths"])
        np.testing.assert_array_equal(data.align.dataXd, arrays[f"{i}.align.data"])
        within(data, arrays, i)


def within(data: Any, arrays: dict[str, Any], i: int) -> None:
    """The outputs, padding apart, which nobody reads."""
    mask = arrays[f"{i}.attention_mask"][..., None]
    for key in ("last_hidden_state", "pooler_output"):
        if f"{i}.{key}" in arrays:
            mine, theirs = data.model_output[key], arrays[f"{i}.{key}"]
            ours = mine * mask if mine.ndim == 3 else mine
            np.testing.assert_allclose(ours, theirs * mask if theirs.ndim == 3 else theirs, atol=1e-5)


@pytest.mark.parametrize("name", CURATED)
def test_the_layers_of_documents_are_the_ecosystems(unpacked: Path, name: str) -> None:
    """Rows by token and layer of `doc._.trf_data`, within 1e-5."""
    arrays, meta = outputs(name)
    nlp = engine.load(unpacked / name)
    for i in range(5):
        data = nlp(meta[f"{i}.text"])._.trf_data
        assert data.last_layer_only == (meta[f"{i}.last_layer_only"] == "true")
        first = data.num_outputs - 1 if data.last_layer_only else 0
        theirs = [value for key, value in sorted(arrays.items()) if key.startswith(f"{i}.layer.")]
        assert len(theirs) == data.num_outputs, first
        for mine, layer in zip(data.all_outputs, theirs, strict=True):
            np.testing.assert_array_equal(mine.lengths, arrays[f"{i}.lengths"])
            np.testing.assert_allclose(mine.dataXd, layer, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_listeners_read_the_ecosystems_vectors(unpacked: Path, name: str) -> None:
    """One vector a token, within 1e-5."""
    arrays, meta = outputs(name)
    nlp = engine.load(unpacked / name)
    for i in range(5):
        if is_apart(name, meta[f"{i}.text"]):
            continue
        batch = nlp.predict([meta[f"{i}.text"]])
        for component, _ in ((n, c) for n, c in nlp.components if f"{i}.{n}.vectors" in arrays):
            listener = listener_of(nlp, component)
            np.testing.assert_allclose(listener.predict(batch), arrays[f"{i}.{component}.vectors"], atol=1e-5)


def listener_of(nlp: Any, component: str) -> Any:
    """The layer by which a component reads the encoder."""
    nodes = nlp.get_pipe(component).model.walk()
    return next(node for node in nodes if "listener" in node.name and node.attrs.get("source"))


def test_gradients_of_all_listeners_are_the_ecosystems(unpacked: Path) -> None:
    """One backward pass of four heads into one encoder; key biases apart, whose true gradient is zero.

    That of the curated family is not compared: where windows overlap, the ecosystem overwrites rows that its
    backward pass still needs.
    """
    name = "st_bert_strided"
    arrays, meta = outputs(name, "grads.safetensors")
    nlp = engine.load(unpacked / name)
    transformer = nlp.get_pipe("transformer")
    assert isinstance(transformer, Transformer)
    assert transformer.part is not None
    n_texts = sum(key.startswith("text.") for key in meta)
    texts = [meta[f"text.{i}"] for i in range(n_texts) if meta[f"text.{i}"]]
    batch = nlp.tokenizer.tokenize(texts)
    backward = transformer.forward(batch, dropout=0.0)
    assert isinstance(batch.pieces["transformer"], PieceOutput)
    for component in json.loads(meta["order"]):
        node = listener_of(nlp, component)
        Y, backprop = node.begin_update(batch)
        np.testing.assert_allclose(Y, of_texts(arrays, f"{component}.Y", n_texts), atol=1e-5)
        backprop(of_texts(arrays, f"{component}.dY", n_texts))
    backward({})
    found = transformer.part.built().gradients()
    wanted = {key[5:]: value for key, value in arrays.items() if key.startswith("grad.")}
    for key, value in wanted.items():
        if "key.bias" not in key and key in found:
            bound = 2e-5 * max(1.0, float(np.abs(value).max()))
            np.testing.assert_allclose(found[key], value, atol=bound, err_msg=key)
    assert len(set(wanted) & set(found)) >= 40


def of_texts(arrays: dict[str, Any], name: str, n_texts: int) -> Any:
    """What was given for all texts that have tokens."""
    return np.concatenate([arrays[f"{name}.{i}"] for i in range(n_texts) if arrays[f"{name}.{i}"].size])
