# SPDX-License-Identifier: Apache-2.0
"""Long documents: rows come and go, vectors of tokens stay, with the same bits."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from thinc.api import reduce_mean

pytest.importorskip("torch")
pytest.importorskip("transformers")

import engine
from engine.components.transformer.encoder_part import EncoderPart
from engine.components.transformer.listener import pooled
from engine.components.transformer.piece_output import PieceOutput
from engine.layers.doc_models import batch_of_docs
from engine.lazy_torch import torch
from engine.transformer import (
    Backend,
    PieceBatch,
    Reducer,
    StreamedRows,
    TokenRows,
    encode_pieces,
    pool,
    streams,
    stride_windows,
)
from engine.transformer.streamed import KEPT_BYTES, pooled_in_parts
from tests.engine.tiny_encoder import tagger_block, transformer_block, write_encoder

WORDS = "Ada met Grace Hopper in Kigali . They live in New York City ? Rain fell"


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> EncoderPart:
    """An encoder whose packs hold 8 pieces, so that a group has 128."""
    torch.set_num_threads(1)
    nlp = engine.blank("en")
    block = transformer_block(write_encoder(tmp_path_factory.mktemp("encoder")))
    nlp.add_pipe("transformer", config={key: value for key, value in block.items() if key != "factory"})
    nlp.initialize(lambda: [engine.Example.from_dict(nlp.make_doc("Ada"), {})])
    part: EncoderPart = nlp.get_pipe("transformer").part
    part.use(Backend(budget=8))
    return part


def pieces_of(part: EncoderPart, texts: list[str]) -> PieceBatch:
    """The pieces of texts in strided spans."""
    batch = batch_of_docs([engine.blank("en").make_doc(text) for text in texts])
    return part.made_reader().pieces(batch, part.built().max_pieces)


@pytest.fixture(scope="module")
def pieces(part: EncoderPart) -> PieceBatch:
    """Several groups of them, an empty document and one of blanks among the texts."""
    return pieces_of(part, [" ".join([WORDS] * 20), "", "  \n ", "Ada", " ".join([WORDS] * 9)])


@pytest.mark.parametrize("reducer", Reducer)
def test_vectors_have_the_bits_of_all_rows_at_once(
    part: EncoderPart, pieces: PieceBatch, reducer: Reducer
) -> None:
    """Tokens of two spans, and such without pieces, included."""
    assert pieces.n_pieces > 500
    expected, _ = pool(encode_pieces(part.built(), pieces).last, pieces.alignment, reducer)
    rows = StreamedRows(part.built(), pieces)
    found = rows.vectors(pieces.alignment, lambda rows, alignment: pool(rows, alignment, reducer)[0])
    np.testing.assert_array_equal(found, expected)
    assert not rows.is_kept


def test_windows_are_averaged_across_groups(part: EncoderPart, pieces: PieceBatch) -> None:
    """As the curated family reads: windows over all pieces of a document."""
    cu_seq_lens = np.array([0, pieces.n_pieces - 40, pieces.n_pieces])
    pieces = replace(pieces, windows=stride_windows(cu_seq_lens, 24, 16))
    expected, _ = pool(encode_pieces(part.built(), pieces).last, pieces.alignment, Reducer.MEAN)
    rows = StreamedRows(part.built(), pieces)
    found = rows.vectors(pieces.alignment, lambda rows, alignment: pool(rows, alignment, Reducer.MEAN)[0])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("seed", range(5))
def test_tokens_may_have_rows_anywhere(seed: int) -> None:
    """Spans of people's own may overlap, leave tokens out, and come in any order."""
    draw = np.random.default_rng(seed)
    lengths = draw.integers(0, 4, 60)
    rows = np.concatenate([np.sort(draw.choice(100, n, replace=False)) for n in lengths])
    alignment = TokenRows(np.concatenate([[0], np.cumsum(lengths)]), rows.astype(np.int64))
    values = draw.normal(size=(100, 3)).astype(np.float32)
    expected, _ = pool(values, alignment, Reducer.MAX)
    bounds = [0, 1, 1, 17, 60, 100]
    parts = [values[a:b] for a, b in pairwise(bounds)]
    found = np.zeros_like(expected)
    for tokens, vectors in pooled_in_parts(parts, alignment, lambda r, a: pool(r, a, Reducer.MAX)[0]):
        found[tokens] = vectors
    np.testing.assert_array_equal(found, expected)


def test_heads_and_people_read_the_same(part: EncoderPart, pieces: PieceBatch) -> None:
    """Pooling layers of Thinc's and of one's own, gradients, and all rows for who looks at them."""

    def own(name: str) -> Any:
        layer = reduce_mean()
        layer.name = name
        return layer

    kept = PieceOutput(pieces, encode_pieces(part.built(), pieces), part)
    for name in ("reduce_mean", "one_of_my_own"):
        streamed = PieceOutput(pieces, StreamedRows(part.built(), pieces), part)
        vectors, backprop = pooled(own(name), streamed, False)
        expected, expected_backprop = pooled(own(name), kept, False)
        assert streamed.is_streamed
        np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-6)
        ones = np.ones_like(vectors)
        np.testing.assert_allclose(backprop(ones), expected_backprop(ones), rtol=0, atol=1e-6)
        np.testing.assert_array_equal(streamed.rows, kept.rows)
        assert not streamed.is_streamed


def test_only_very_many_rows_are_streamed(part: EncoderPart, pieces: PieceBatch) -> None:
    """A batch of the usual size keeps its rows, which `doc._.trf_data` then has at once."""
    assert not streams(part.built(), pieces)
    width = part.built().width
    assert KEPT_BYTES // (width * 4) > 100 * pieces.n_pieces


MILLION = """
import resource
import sys
import engine
nlp = engine.load(sys.argv[1])
nlp.max_length = 10**8
text = " ".join([sys.argv[2]] * 62_500)
loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
doc = nlp(text)
assert len(doc) >= 1_000_000
assert all(token.tag_ for token in doc[-50:])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - loaded) >> 10)
"""


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_a_million_tokens_pass_in_bounded_memory(tmp_path: Path) -> None:
    """Memory grows by less than four times the tokens' vectors, which are 512 MB of 128 numbers; rows of
    pieces alone would be 900 MB, and their copies as much."""
    sizes = {"hidden_size": 128, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    block = transformer_block(write_encoder(tmp_path / "encoder", **sizes))
    nlp = engine.blank("en")
    for name, section in (("transformer", block), ("tagger", tagger_block())):
        nlp.add_pipe(name, config={key: value for key, value in section.items() if key != "factory"})
    words = nlp.make_doc("Ada met Grace")
    nlp.initialize(lambda: [engine.Example.from_dict(words, {"tags": ["NNP", "VBD", "NNP"]})])
    nlp.to_disk(tmp_path / "saved")
    command = [sys.executable, "-c", MILLION, str(tmp_path / "saved"), WORDS]
    grown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(grown.stdout.split()[-1]) < 2048
