# SPDX-License-Identifier: Apache-2.0
"""Static vectors: rows of known words, and rows made of a word's parts."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import EngineError
from engine.vectors import FloretVectors, KeyedVectors, vectors_from_bytes, vectors_to_bytes
from engine.vocab.lexemes import LexemeTable
from engine.vocab.strings import string_ids


def test_keyed_vectors_are_looked_up_by_string_id() -> None:
    """Words that share a row share it; others get zeros; saving changes nothing."""
    lexemes = LexemeTable()
    ids = np.array(lexemes.add_many(["rain", "Rain", "snow", "hail"]))
    orth = lexemes.attribute("ORTH")
    data = np.array([[1, 2], [3, 4]], dtype=np.float32)
    table = KeyedVectors.of(data, orth[[1, 0, 2]], np.array([1, 0, -1]))
    expected = [[1, 2], [3, 4], [0, 0], [0, 0]]
    assert table.rows(lexemes, ids).tolist() == expected
    assert vectors_from_bytes(vectors_to_bytes(table)).rows(lexemes, ids).tolist() == expected


def test_older_layers_read_the_last_vector_for_unknown_words() -> None:
    """They look words up by their text, whatever the table's attribute; floret tables have no such vector."""
    table = LexemeTable()
    lexemes = table, np.array(table.add_many(["Rain", "hail"]))
    data = np.array([[1, 2], [3, 4], [5, 6]], dtype=np.float32)
    vectors = KeyedVectors.of(data, string_ids(["Rain", "hail"])[:1], np.array([1]), "LOWER")
    assert vectors.rows(*lexemes).tolist() == [[0, 0], [0, 0]]
    assert vectors.rows_or_last(*lexemes).tolist() == [[3, 4], [5, 6]]
    assert KeyedVectors.of(data, string_ids([]), np.array([], dtype=np.int64)).rows_or_last(
        *lexemes
    ).tolist() == [[5, 6], [5, 6]]
    with pytest.raises(EngineError, match="got floret vectors"):
        FloretVectors(data, minn=2, maxn=3, hash_count=2, hash_seed=7, bow="<", eow=">").rows_or_last(
            *lexemes
        )


def test_rows_beyond_the_table_are_refused() -> None:
    """A row number is never read from outside of the data."""
    with pytest.raises(ValueError, match="rows below 2, got 2"):
        KeyedVectors.of(np.zeros((2, 3), dtype=np.float32), np.array([5], dtype=np.uint64), np.array([2]))


def test_floret_vectors_are_means_of_hashed_rows() -> None:
    """The marked word and its parts each give `hash_count` rows; the same after saving; an empty text gives
    zeros."""
    data = np.random.default_rng(0).normal(size=(16, 4)).astype(np.float32)
    table = FloretVectors(data, minn=2, maxn=3, hash_count=2, hash_seed=7, bow="<", eow=">")
    assert len(table.table_rows("ab")) == 2 * (1 + 3 + 2)
    lexemes = LexemeTable()
    ids = np.array(lexemes.add_many(["ab", "\u4f60"]))
    assert np.allclose(table.rows(lexemes, ids)[0], data[table.table_rows("ab")].mean(axis=0))
    assert np.array_equal(
        vectors_from_bytes(vectors_to_bytes(table)).rows(lexemes, ids), table.rows(lexemes, ids)
    )


@pytest.mark.parametrize("settings", [{"hash_count": 5}, {"minn": 4}, {"hash_seed": -1}])
def test_floret_settings_that_no_table_has_are_refused(settings: dict[str, int]) -> None:
    """Numbers that would read elsewhere or loop without end."""
    good = {"minn": 2, "maxn": 3, "hash_count": 2, "hash_seed": 7}
    with pytest.raises(ValueError, match="minn up to maxn"):
        FloretVectors(np.zeros((1, 1), dtype=np.float32), **good | settings, bow="<", eow=">")
