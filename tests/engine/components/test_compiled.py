# SPDX-License-Identifier: Apache-2.0
"""Whatever multiplies, a trained pipeline annotates as its reference layers do."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import engine
from engine.components.compiled import cnn_weights, transition_weights
from engine.extras import TORCH
from engine.kernels import CompiledNer, available_backends, choose_backend
from engine.kernels.device import DeviceBackend
from schemas import DecodeError, decode_text
from workers.cli.demo.samples import read_samples

STARTER = Path(__file__).parents[3] / "models" / "en_starter"
BACKENDS = [*available_backends(), *(["device"] if TORCH.is_installed else [])]


@pytest.fixture(scope="module")
def pipeline():
    """The starter."""
    return engine.load(STARTER)


@pytest.fixture(scope="module")
def batch(pipeline):
    """The demo's texts, one by one and ten at a time."""
    texts = sample_texts()
    return pipeline.tokenizer.tokenize(
        [*texts, *(" ".join(texts[i : i + 10]) for i in range(0, len(texts), 10))]
    )


@pytest.mark.parametrize("name", BACKENDS)
def test_annotations_do_not_move(pipeline, batch, name):
    """Every back end finds the reference layers' classes and one set of entities; bfloat16 may move one class
    in a hundred."""
    backend, components = make_backend(name), dict(pipeline.components)
    embedding, recogniser = components["tok2vec"].model, components["ner"]
    vectors = backend.encoder(cnn_weights(embedding)).encode(batch)
    reference = embedding.predict(batch)
    moved = 0
    for head in ("tagger", "morphologizer", "senter"):
        output = components[head].model.get_ref("output_layer")
        W, b = output.get_param("W"), output.get_param("b")
        moved += int((backend.linear(W, b).argmax(vectors) != (reference @ W.T + b).argmax(axis=1)).sum())
    assert moved <= (batch.n_tokens * 3 / 100 if name == "bf16" else 0)
    if name != "bf16":
        assert entities(recogniser, vectors, batch, backend) == entities(
            recogniser, reference, batch, choose_backend("fp32")
        )


def sample_texts() -> list[str]:
    """Texts of the demo, without those that are broken on purpose."""
    texts = []
    for value in read_samples():
        with suppress(DecodeError):
            texts.append(decode_text(value, default_id="sample").text)
    return texts


def make_backend(name: str):
    """A back end by name, the device's included."""
    return DeviceBackend("cpu") if name == "device" else choose_backend(name)


def entities(recogniser, vectors, batch, backend) -> list[list[int]]:
    """Document offsets, starts, ends and labels of all entities."""
    decoder = CompiledNer(transition_weights(recogniser.model, recogniser.actions), backend)
    found = decoder.decode(
        np.ascontiguousarray(vectors), batch.doc_offsets, batch.lexemes.is_space[batch.lexeme_ids]
    )
    return [column.tolist() for column in found]
