# SPDX-License-Identifier: Apache-2.0
"""Six transformer pipelines that spaCy trained: pieces, alignment, rows and gradients are the same."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from engine.doc.batch import Batch
from engine.transformer import (
    Encoded,
    Encoder,
    Outputs,
    PieceBatch,
    Reducer,
    encode_pieces,
    hugging_face_names,
    pool,
    read_state,
    update_pieces,
)

from .saved import (
    CURATED,
    SPACY_TRANSFORMERS,
    batch_of,
    encoder_of,
    needs_data,
    pieces,
    settings,
    shims,
    tensors,
)

pytestmark = needs_data

Array = npt.NDArray[Any]
SPELLED_SPECIALS = 4
"""The text that spells special pieces: of slow tokenizers, two of its tokens are aligned in another way."""


@cache
def analysed(name: str) -> tuple[Batch, PieceBatch, Encoded]:
    """The five texts of a pipeline, together."""
    batch = batch_of(name, tensors(name).texts)
    found = pieces(name, batch)
    return batch, found, encode_pieces(encoder_of(name), found, Outputs(layers=True, pooler=True))


def spans_of_doc(found: PieceBatch, doc: int) -> Array:
    """Which spans are those of a text."""
    return np.flatnonzero(found.spans.docs == doc)


def rows_of_doc(found: PieceBatch, doc: int) -> slice:
    """Which pieces are those of a text."""
    spans = spans_of_doc(found, doc)
    return slice(int(found.cu_seq_lens[spans[0]]), int(found.cu_seq_lens[spans[-1] + 1]))


@pytest.mark.parametrize("name", [*SPACY_TRANSFORMERS, *CURATED])
def test_tokens_are_the_same(name: str) -> None:
    """Each text is cut into the tokens that spaCy cuts it into, which all the rest builds on."""
    batch, saved = analysed(name)[0], tensors(name)
    for doc in range(batch.n_docs):
        rows = batch.rows(doc)
        got = np.stack([batch.starts[rows], batch.lengths[rows]], axis=1).tolist()
        assert got == json.loads(saved.metadata[f"{doc}.tokens"])


@pytest.mark.parametrize("name", SPACY_TRANSFORMERS)
def test_pieces_are_the_same(name: str) -> None:
    """The ids of all pieces of all spans."""
    batch, found, _ = analysed(name)
    for doc in range(batch.n_docs):
        mask = tensors(name).arrays[f"{doc}.attention_mask"] > 0
        assert mask.shape[0] == len(spans_of_doc(found, doc))
        expected = tensors(name).arrays[f"{doc}.input_ids"][mask]
        np.testing.assert_array_equal(found.ids[rows_of_doc(found, doc)], expected)


@pytest.mark.parametrize("name", SPACY_TRANSFORMERS)
def test_alignment_is_the_same(name: str) -> None:
    """Each token has the same pieces."""
    batch, found, _ = analysed(name)
    for doc in range(batch.n_docs - (name == "st_bert_slow")):
        saved, rows = tensors(name).arrays, batch.rows(doc)
        unpadded = np.cumsum(saved[f"{doc}.attention_mask"].ravel() > 0) - 1
        lengths = found.alignment.lengths[rows]
        np.testing.assert_array_equal(lengths, saved[f"{doc}.align.lengths"].ravel())
        places = slice(*found.alignment.offsets[[rows.start, rows.stop]].tolist())
        got = found.alignment.rows[places] - rows_of_doc(found, doc).start
        np.testing.assert_array_equal(got, unpadded[saved[f"{doc}.align.data"].ravel()])


@pytest.mark.parametrize("name", SPACY_TRANSFORMERS)
def test_rows_and_pooler_are_the_same(name: str) -> None:
    """The last layer and each span's vector, to 1e-5."""
    batch, found, encoded = analysed(name)
    for doc in range(batch.n_docs):
        saved = tensors(name).arrays
        mask = saved[f"{doc}.attention_mask"] > 0
        rows = encoded.last[rows_of_doc(found, doc)]
        np.testing.assert_allclose(rows, saved[f"{doc}.last_hidden_state"][mask], rtol=0, atol=1e-5)
        if encoded.pooled is not None and f"{doc}.pooler_output" in saved:
            pooled = encoded.pooled[spans_of_doc(found, doc)]
            np.testing.assert_allclose(pooled, saved[f"{doc}.pooler_output"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", CURATED)
def test_curated_layers_are_the_same(name: str) -> None:
    """Pieces of each token, and all layers that the pipeline keeps, overlaps averaged."""
    batch, found, encoded = analysed(name)
    assert encoded.layers is not None
    for doc in range(batch.n_docs):
        saved, rows = tensors(name).arrays, rows_of_doc(found, doc)
        np.testing.assert_array_equal(found.alignment.lengths[batch.rows(doc)], saved[f"{doc}.lengths"])
        keys = [key for key in saved if key.startswith(f"{doc}.layer.")]
        for key in keys:
            layer = int(key.rsplit(".", 1)[1]) if len(keys) > 1 else -1
            got = encoded.layers[layer][rows.start + 1 : rows.stop - 1]
            np.testing.assert_allclose(got, saved[key], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", [*SPACY_TRANSFORMERS, *CURATED])
def test_vectors_of_tokens_are_the_same(name: str) -> None:
    """What each component's listener gives, to 1e-5."""
    batch, found, encoded = analysed(name)
    n_compared = 0
    for key, expected in tensors(name).arrays.items():
        doc, component, *kind = key.split(".")
        slow = name == "st_bert_slow" and int(doc) == SPELLED_SPECIALS
        if kind != ["vectors"] or slow or (name, component) == ("sct_bert_weighted", "tagger"):
            continue
        vectors, _ = pool(encoded.last, found.alignment, reducer_of(name, component))
        np.testing.assert_allclose(vectors[batch.rows(int(doc))], expected, rtol=0, atol=1e-5)
        n_compared += 1
    assert n_compared >= 4


def test_gradients_are_the_same() -> None:
    """One backward pass for four listeners: the gradients of every parameter, to 1e-5 of its largest."""
    name = "st_bert_strided"
    encoder, found, batch = update_of(name)
    _, backprop = update_pieces(encoder, found)
    encoder.clear_gradients()
    backprop(d_layers_of(name, found, batch)[-1])
    assert_gradients(encoder, expected_gradients(name))


def test_curated_gradients_are_the_same() -> None:
    """One backward pass for two listeners, one of which weighs all layers.

    The ecosystem halves the gradient of a row in two windows twice, and has overwritten the inputs of the
    attention's products by their averages before it multiplies with them; the first is done here too, what
    the second spoils is left out.
    """
    name = "sct_bert_weighted"
    encoder, found, batch = update_of(name)
    assert found.windows is not None
    windows = found.windows
    _, backprop = encoder.begin_update(found.ids[windows.rows], windows.cu_seq_lens, Outputs(layers=True))
    again = (1 / windows.counts[windows.rows]).astype(np.float32)[:, None]
    encoder.clear_gradients()
    backprop(None, [windows.spread(d_layer) * again for d_layer in d_layers_of(name, found, batch)])
    spoilt = ("query.weight", "key.weight", "value.weight")
    expected = expected_gradients(name)
    assert_gradients(encoder, {key: value for key, value in expected.items() if not key.endswith(spoilt)})


def update_of(name: str) -> tuple[Encoder, PieceBatch, Batch]:
    """A pipeline's encoder and the batch that its gradients are of."""
    batch = batch_of(name, tensors(name, "grads").texts)
    return encoder_of(name), pieces(name, batch), batch


def d_layers_of(name: str, found: PieceBatch, batch: Batch) -> list[Array]:
    """The gradients that the listeners hand to each layer."""
    saved = tensors(name, "grads")
    d_layers = [np.zeros((found.n_pieces, 48), np.float32) for _ in range(4)]
    for component in json.loads(saved.metadata["order"]):
        factor = settings(name, f"components.{component}.model.tok2vec")["grad_factor"]
        _, backprop = pool(d_layers[0], found.alignment, reducer_of(name, component))
        d_rows = backprop(d_vectors(saved.arrays, component, batch))
        for share, d_layer in zip(shares(name, component), d_layers, strict=True):
            d_layer += d_rows * np.float32(share * factor)
    return d_layers


def assert_gradients(encoder: Encoder, expected: dict[str, Array]) -> None:
    """To 1e-5 of each parameter's largest; biases of keys, whose true gradient is zero, to 1e-5."""
    got = encoder.gradients()
    for parameter, gradient in expected.items():
        size = 1 if parameter.endswith("key.bias") else float(np.abs(gradient).max())
        np.testing.assert_allclose(got[parameter], gradient, rtol=0, atol=1e-5 * size, err_msg=parameter)


def reducer_of(name: str, component: str) -> Reducer:
    """What a component's listener does with several pieces."""
    layer = settings(name, f"components.{component}.model.tok2vec.pooling")["@layers"]
    return Reducer(layer.removesuffix(".v1"))


def d_vectors(saved: dict[str, Array], component: str, batch: Batch) -> Array:
    """A component's gradient, of all texts; those that have none had no tokens."""
    found = np.zeros((batch.n_tokens, 48), np.float32)
    for doc in range(batch.n_docs):
        if f"{component}.dY.{doc}" in saved:
            found[batch.rows(doc)] = saved[f"{component}.dY.{doc}"].reshape(-1, 48)
    return found


def shares(name: str, component: str) -> list[float]:
    """How much of each layer a listener takes: the last one only, or weights that were learned."""
    if name != "sct_bert_weighted" or component != "tagger":
        return [0, 0, 0, 1]
    state = read_state(shims(name, "tagger/model")[0]["state"], name)
    exponents = np.exp(state["layer_weights"].ravel())
    return list(exponents / exponents.sum() * float(state["scale"].ravel()[0]))


def expected_gradients(name: str) -> dict[str, Array]:
    """What spaCy's own code gave, by Hugging Face's names."""
    saved = tensors(name, "grads").arrays
    gradients = {key.removeprefix("grad."): value for key, value in saved.items() if key.startswith("grad.")}
    curated = {key: value for key, value in gradients.items() if key.startswith("curated_encoder.")}
    return hugging_face_names("bert", curated) if curated else gradients
