# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from thinc.api import HashEmbed, NumpyOps, Ragged, set_dropout_rate

import engine
from engine.components.component import TrainableComponent
from engine.components.losses import label_gradient, masked_gradient
from engine.doc.batch import UNSET, LabelColumn
from engine.errors import EngineError
from engine.layers import EngineOps, FeatureExtractor, StaticVectors, Tok2VecListener, use_engine_ops
from engine.layers.bag_of_words import bag_of_words
from engine.layers.listener import link
from engine.layers.pool import pool
from engine.layers.precomputable_affine import precomputable_affine
from engine.layers.sentinel_rows import padded_rows
from engine.models import MaxoutWindowEncoder, MultiHashEmbed
from engine.vocab.row_hashes import rows
from engine.vocab.strings import string_ids

from ..batches import bare_batch
from ..gradients import parameters, shake
from ..toy import alone, toy_pipeline

WORDS = [["the", "cat", "the", "cat"], [], ["Rain", "fell"]]


@pytest.mark.parametrize("trans", [(False, False), (True, False), (False, True), (True, True)])
def test_matrix_product_is_that_of_numpy(trans: tuple[bool, bool]) -> None:
    """Whatever is transposed, and with an array to write into."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(4, 4)).astype("float32"), random.normal(size=(4, 4)).astype("float32")
    expected = (x.T if trans[0] else x) @ (y.T if trans[1] else y)
    out = np.zeros((4, 4), dtype="float32")
    ops = EngineOps()
    assert np.allclose(ops.gemm(x, y, trans1=trans[0], trans2=trans[1]), expected, atol=1e-6)
    assert ops.gemm(x, y, out=out, trans1=trans[0], trans2=trans[1]) is out
    assert np.allclose(out, expected, atol=1e-6)


@pytest.mark.parametrize("drop", [0.0, 0.3, 1.0])
def test_dropout_mask_keeps_the_mean(drop: float) -> None:
    """Kept values are scaled up by what is dropped."""
    mask = EngineOps().get_dropout_mask((400, 50), drop)
    assert mask.dtype == np.float32
    assert mask.mean() == pytest.approx(1.0 if drop < 1 else 0.0, abs=0.02)


def test_ops_come_back() -> None:
    """Making layers with our operations leaves the process's own choice alone."""
    with use_engine_ops():
        assert isinstance(FeatureExtractor(["NORM"]).ops, EngineOps)
    assert type(FeatureExtractor(["NORM"]).ops) is NumpyOps


def test_features_are_attribute_ids_in_the_order_of_the_columns() -> None:
    """Names in any case and spaCy's numbers mean the same columns."""
    batch = bare_batch(WORDS)
    named = FeatureExtractor(["norm", "SHAPE"]).predict(batch)
    numbered = FeatureExtractor([67, 68]).predict(batch)
    assert np.array_equal(named, numbered)
    assert np.array_equal(named[:, 0], batch.lexemes.attribute("NORM")[batch.lexeme_ids])


def test_what_components_found_may_be_a_feature() -> None:
    """Ids of labels, 0 where there is none; features that are set and empty are one value more; entities by
    label and place."""
    doc = engine.blank("xx").tokenizer.from_words(["Ada", "Lovelace", "met", "Babbage"])
    columns = ["TAG", "POS", "MORPH", "ENT_TYPE", "ENT_IOB"]
    assert not FeatureExtractor(columns).predict(doc.batch).any()
    doc.set_tags(["NN", "", "VB", ""])
    doc.batch.columns["morph"] = LabelColumn(np.array([0, 1, UNSET, UNSET]), ("", "A=b"))
    doc.set_ents([(0, 2, "PER")])
    names = [["NN", "", "VB", ""], ["", "", "", ""], ["_", "A=b", "", ""], ["PER", "PER", "", ""]]
    expected = np.stack([*map(string_ids, names), np.array([3, 1, 2, 2], dtype=np.uint64)], axis=1)
    assert np.array_equal(FeatureExtractor(columns).predict(doc.batch), expected)
    assert "kind" not in MultiHashEmbed(4, ["ORTH", "TAG"], [5, 5]).attrs


def test_unknown_attribute_lists_those_that_exist() -> None:
    """A misspelt attribute is refused when the layer is made."""
    with pytest.raises(
        EngineError, match=r"NORMS; there are: .*LENGTH, LIKE_EMAIL, LIKE_NUM, LIKE_URL, LOWER"
    ):
        FeatureExtractor(["NORMS"])


def test_embedding_rows_are_those_of_the_row_hash() -> None:
    """Thinc's table looks up the four rows that our hash gives, and adds them."""
    table = HashEmbed(8, 50, seed=9)
    table.initialize()
    ids = np.array([0, 1, 2**63 + 5, 12345], dtype=np.uint64)
    assert np.allclose(table.predict(ids), table.get_param("E")[rows(ids, 9, 50)].sum(axis=1), atol=1e-6)


def test_sizes_and_attributes_must_match() -> None:
    """Each attribute has one table."""
    with pytest.raises(EngineError, match="as many rows as attrs"):
        MultiHashEmbed(8, ["NORM", "SHAPE"], [10])


def test_tables_count_their_seeds_up_from_eight() -> None:
    """Files of trained weights rely on the seeds."""
    tables = [
        node
        for node in MultiHashEmbed(8, ["NORM", "PREFIX", "SUFFIX"], [10, 10, 10]).walk()
        if node.name == "hashembed"
    ]
    assert [table.attrs["seed"] for table in tables] == [8, 9, 10]


def test_padding_rows_stand_before_each_filled_document_and_after_the_last() -> None:
    """Empty documents take no rows."""
    where, n_rows = padded_rows(np.array([2, 0, 1], dtype=np.int32), 2)
    assert where.tolist() == [2, 3, 6]
    assert n_rows == 9


def test_padding_runs_through_all_layers() -> None:
    """A padding row is zero only at the input: edge tokens see what the layers make of it."""
    encoder = MaxoutWindowEncoder(4, 1, 2, 2)
    encoder.initialize()
    random = np.random.default_rng(0)
    for node in encoder.walk():
        for name in node.param_names:
            node.set_param(name, random.normal(size=node.get_param(name).shape).astype("float32"))
    rows_ = random.normal(size=(1, 4)).astype("float32")
    by_hand = np.concatenate([np.zeros((2, 4)), rows_, np.zeros((2, 4))]).astype("float32")
    for maxout, norm in zip(
        *([n for n in encoder.walk() if n.name == kind] for kind in ("maxout", "layernorm")), strict=True
    ):
        window = np.concatenate(
            [np.pad(by_hand, ((1, 0), (0, 0)))[:-1], by_hand, np.pad(by_hand, ((0, 1), (0, 0)))[1:]], axis=1
        )
        best = (np.einsum("opi,ni->nop", maxout.get_param("W"), window) + maxout.get_param("b")).max(axis=2)
        normal = (best - best.mean(axis=1, keepdims=True)) * (best.var(axis=1, keepdims=True) + 1e-8) ** -0.5
        by_hand = by_hand + normal * norm.get_param("G") + norm.get_param("b")
    output = encoder.predict(Ragged(rows_, np.array([1], dtype=np.int32)))
    assert np.allclose(output.data, by_hand[2:3], atol=1e-4)


def test_listener_reads_the_nearest_embedding_and_scales_its_gradient() -> None:
    """`*` is the last embedding before the head; what goes back is added, times `grad_factor`."""
    listener = Tok2VecListener(3, "*", 0.5)
    assert link(listener, ["first", "second"]) == ["second"]
    batch = bare_batch(WORDS)
    batch.vectors["second"] = np.ones((batch.n_tokens, 3), dtype="float32")
    vectors, backprop = listener.begin_update(batch)
    backprop(vectors)
    backprop(vectors)
    assert np.array_equal(batch.grads["second"], np.ones((batch.n_tokens, 3)))


def test_listener_without_its_embedding_says_so() -> None:
    """Linking to nothing, and running without the vectors, are errors that name what is there."""
    with pytest.raises(EngineError, match=r"'other' before its listener.*embeddings before it: tok2vec"):
        link(Tok2VecListener(3, "other"), ["tok2vec"])
    listener = Tok2VecListener(3)
    link(listener, ["tok2vec"])
    with pytest.raises(EngineError, match="vectors of 'tok2vec'"):
        listener.predict(bare_batch(WORDS))


def test_static_vectors_are_projected() -> None:
    """Rows of the table times W^T; without a table the layer says what to do."""
    layer = StaticVectors(nO=2)
    with pytest.raises(EngineError, match="include_static_vectors"):
        layer.initialize()

    class Table:
        width = 3

        def rows(self, lexemes: object, lexeme_ids: object) -> object:
            return np.ones((6, 3), dtype="float32")

    layer.attrs["table"] = Table()
    layer.initialize()
    assert np.allclose(layer.predict(bare_batch(WORDS)), np.ones((6, 3)) @ layer.get_param("W").T)


@pytest.mark.parametrize("how", ["first", "last", "max", "mean", "sum"])
def test_pooling_gives_zeros_for_documents_without_tokens(how: str) -> None:
    """The others are reduced as Thinc does, forward and back."""
    rows_ = np.array([[1.0, 5.0], [3.0, 1.0], [2.0, 2.0]], dtype="float32")
    pooled, backprop = pool(how).begin_update(Ragged(rows_, np.array([2, 0, 1], dtype=np.int32)))
    expected = {"first": [1, 5], "last": [3, 1], "max": [3, 5], "mean": [2, 3], "sum": [4, 6]}[how]
    assert pooled.tolist() == [expected, [0, 0], [2, 2]]
    assert backprop(np.ones_like(pooled)).data[2].tolist() == [1, 1]


def test_bag_of_words_counts_words_and_sequences_per_document() -> None:
    """Sequences never cross documents; ids ascend within each."""
    ids, counts, lengths = bag_of_words(2).predict(bare_batch(WORDS))
    assert lengths.tolist() == [4, 0, 3]
    assert counts.sum() == 6 + 3 + 1
    assert sorted(counts[:4].tolist()) == [1.0, 2.0, 2.0, 2.0]
    assert (np.diff(ids[:4].astype(object)) > 0).all()


@pytest.mark.parametrize("pieces", [1, 2])
def test_state_vectors_are_sums_over_slots(pieces: int) -> None:
    """Each slot adds its token's product or its pad; one piece is an identity at prediction and relu in
    training."""
    layer = precomputable_affine(3, 4, 2, pieces)
    layer.initialize()
    random = np.random.default_rng(0)
    tokens = random.normal(size=(5, 4)).astype("float32")
    features = np.array([[0, -1], [4, 4], [2, 1]])
    W, b, pad = (layer.get_param(name) for name in ("W", "b", "pad"))
    expected = np.stack(
        [
            sum(W[f] @ tokens[t] if t >= 0 else pad[0, f] for f, t in enumerate(row)) + b
            for row in features.tolist()
        ]
    ).max(axis=2)
    assert np.allclose(layer.predict((tokens, features)), expected, atol=1e-5)
    set_dropout_rate(layer, 0.0)
    trained, _ = layer.begin_update((tokens, features))
    assert np.allclose(trained, np.maximum(expected, 0) if pieces == 1 else expected, atol=1e-5)


def test_unknown_labels_have_no_gradient_and_smoothing_spreads_the_rest() -> None:
    """Smoothing gives each wrong class its share; a negative label only lowers its class."""
    probabilities = np.full((3, 3), 1 / 3, dtype="float32")
    gradient, _ = label_gradient(probabilities, np.array([0, -1, 2]), 0.1, np.array([False, False, True]))
    assert np.allclose(gradient[0], [1 / 3 - 0.9, 1 / 3 - 0.05, 1 / 3 - 0.05])
    assert not gradient[1].any()
    assert np.allclose(gradient[2], [0, 0, 1 / 3])


def test_masked_gradient_only_touches_valid_actions() -> None:
    """Softmax runs over the valid actions; a state without gold has no gradient."""
    scores = np.array([[1.0, 1.0, 9.0], [0.0, 2.0, 1.0]], dtype="float32")
    valid = np.array([[True, True, False], [True, True, True]])
    wanted = np.array([[True, False, False], [False, False, False]])
    gradient, _ = masked_gradient(scores, valid, wanted)
    assert np.allclose(gradient, [[-0.5, 0.5, 0.0], [0, 0, 0]])


def test_weights_lie_on_our_operations() -> None:
    """A component's layers compute with our matrix product, however its model was made."""
    nlp = toy_pipeline(alone("tagger"))
    component = nlp.component("tagger")
    assert isinstance(component, TrainableComponent)
    shake(nlp)
    assert all(isinstance(node.ops, EngineOps) for node, _ in parameters(nlp))
