# SPDX-License-Identifier: Apache-2.0
"""Batches: joining documents and summing gradients."""

from __future__ import annotations

import numpy as np
import pytest

from engine.doc.batch import SpanColumn, join
from engine.doc.doc import Doc
from engine.doc.gather import gather
from engine.tokenizers import RULES, RuleTokenizer, tokenizer_for


def test_joined_documents_keep_their_tokens() -> None:
    """Documents picked from several batches come in the order asked for."""
    tokenizer = tokenizer_for("en")
    first, second = tokenizer.tokenize(["I don't", "", "b  c"]), tokenizer.tokenize(["x y."])
    batch = join([(first, 2), (second, 0), (first, 1), (first, 0)])
    assert batch.texts == ["b  c", "x y.", "", "I don't"]
    assert [Doc(batch, i).words for i in range(4)] == [
        ["b", " ", "c"],
        ["x", "y", "."],
        [],
        ["I", "do", "n't"],
    ]
    assert Doc(batch, 3).starts == [0, 2, 4]


def test_documents_of_a_replaced_table_can_be_joined() -> None:
    """A training set larger than the lexeme table still makes batches."""
    tokenizer = RuleTokenizer(RULES["en"](), max_lexemes=10)
    parts = [(tokenizer.tokenize([f"word{i} can't see {i} " + "x y z " * 3]), 0) for i in range(20)]
    assert len({id(batch.lexemes) for batch, _ in parts}) > 1
    batch = join(parts)
    assert batch.lexemes is parts[-1][0].lexemes
    assert [Doc(batch, i).words for i in range(20)] == [Doc(*part).words for part in parts]
    assert [Doc(batch, i).norms for i in range(20)] == [Doc(*part).norms for part in parts]


def test_gathered_documents_keep_the_adapter_that_reads_them() -> None:
    """Those of a batch for which none was chosen have none."""
    tokenizer = RuleTokenizer(RULES["en"]())
    chosen, other = tokenizer.tokenize(["One.", "Two."]), tokenizer.tokenize(["Three."])
    chosen.adapters = ["a", "b"]
    assert gather([(chosen, 1), (other, 0), (chosen, 0)]).adapters == ["b", None, "a"]
    assert gather([(other, 0)]).adapters is None


def test_nothing_cannot_be_joined() -> None:
    """A batch needs a lexeme table, which only a document brings."""
    with pytest.raises(ValueError, match="at least one"):
        join([])


def test_gradients_of_the_heads_are_summed() -> None:
    """Each head adds its gradient times its factor; what it passed in stays as it was."""
    batch = tokenizer_for("en").tokenize(["a b"])
    ones = np.ones((2, 3), dtype=np.float32)
    batch.add_grad("tok2vec", ones)
    batch.add_grad("tok2vec", ones, factor=0.5)
    assert batch.grads["tok2vec"].tolist() == [[1.5] * 3] * 2
    assert ones.tolist() == [[1.0] * 3] * 2


def test_documents_own_rows_of_their_batch() -> None:
    """A document's tokens are one slice of the batch, an empty document's an empty one."""
    batch = tokenizer_for("en").tokenize(["a b", "", "c d e"])
    assert [batch.rows(doc) for doc in range(3)] == [slice(0, 2), slice(2, 2), slice(2, 5)]


def test_spans_of_a_document_are_read_with_their_labels() -> None:
    """Spans come by token positions in their document; an unset label is the empty string, a group that is
    not there has none."""
    batch = tokenizer_for("en").tokenize(["a b", "c d e"])
    offsets, starts, ends = np.array([0, 0, 2]), np.array([0, 1]), np.array([2, 3])
    batch.spans["sc"] = SpanColumn(offsets, starts, ends, np.array([1, -1]), ("A", "B"))
    assert [batch.spans["sc"].of(doc) for doc in range(2)] == [[], [(0, 2, "B"), (1, 3, "")]]
    assert (batch.spans_of("sc", 1), batch.spans_of("other", 1)) == ([(0, 2, "B"), (1, 3, "")], [])
