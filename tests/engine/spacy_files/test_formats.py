"""Single files of the ecosystem: model files, actions, tokenizers, vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest

import engine
from engine import EngineError, ModelFileError
from engine.spacy_files.model_file import read_model
from engine.spacy_files.moves import class_order, read_moves
from engine.spacy_files.msgpack import unpacked
from engine.spacy_files.vocab import read_matrix
from engine.vectors.floret import FloretVectors
from engine.vectors.keyed import KeyedVectors, attribute_name, vectors_from_bytes, vectors_to_bytes
from engine.vocab.lexemes import LexemeTable
from engine.vocab.strings import string_ids

FILE = Path("somewhere/model")


def model_of(**array: Any) -> bytes:
    """A model of one linear layer whose weight is described by these keys."""
    packed = {key.encode(): value for key, value in array.items()}
    node = {"index": 0, "name": "linear", "dims": {"nO": 2, "nI": None}, "refs": {"self": 0}}
    attrs = {"dropout_rate": msgpack.packb(0.5)}
    return bytes(
        msgpack.packb(
            {"nodes": [node], "attrs": [attrs], "params": [{"W": packed, "b": None}], "shims": [[]]}
        )
    )


def array_of(**changes: Any) -> dict[str, Any]:
    """A 2 x 3 array in the form of a model file."""
    data = np.arange(6, dtype="<f4").tobytes()
    return {"nd": True, "type": "<f4", "kind": b"", "shape": [2, 3], "data": data} | changes


def test_model_files_give_names_dimensions_references_and_arrays() -> None:
    """Open dimensions and missing weights stay open."""
    (node,) = read_model(model_of(**array_of()), FILE)
    assert (node.name, node.dims, node.refs, node.attrs) == (
        "linear",
        {"nO": 2},
        {"self": 0},
        {"dropout_rate": 0.5},
    )
    assert node.params["b"] is None
    assert np.array_equal(node.params["W"], np.arange(6).reshape(2, 3))


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [2, 4]},
        {"shape": [1 << 62, 4]},
        {"shape": [-2, -3]},
        {"shape": [2, 3.0]},
        {"type": "|O"},
        {"type": ">f4"},
        {"type": "<f8"},
        {"data": "text"},
        {"nd": False},
    ],
)
def test_arrays_must_be_what_they_say(changes: dict[str, Any]) -> None:
    """Shape, type and length agree before anything is made of them; objects are never read."""
    with pytest.raises(ModelFileError, match="somewhere/model: expected a Thinc model"):
        read_model(model_of(**array_of(**changes)), FILE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xdd\xff\xff\xff\xff",
        b"\xc7\x05\x01hello",
        b"\x93\x01",
        b"\x01\x02",
        b"\xdd\x7f\xff\xff\xff" * 900,
    ],
)
def test_msgpack_is_read_within_its_size(data: bytes) -> None:
    """Headers that claim more than there is, extension types and left-over bytes are refused."""
    with pytest.raises(ModelFileError, match="somewhere/model: expected a msgpack document"):
        unpacked(data, FILE)


def test_actions_are_ordered_by_kind_frequency_and_label() -> None:
    """Frequency first, then label, both descending; labels added later come after all others, one label after
    the other."""
    tables = {
        1: {"A": 1, "B": 1, "C": 5, "new": -1, "newer": -2},
        4: {"A": 2, "": 1, "new": -1, "newer": -2},
        5: {"": 1},
    }
    order = [
        (1, "C"),
        (1, "B"),
        (1, "A"),
        (4, "A"),
        (4, ""),
        (5, ""),
        (1, "new"),
        (4, "new"),
        (1, "newer"),
        (4, "newer"),
    ]
    assert class_order(tables) == order


def test_unknown_kinds_of_action_are_refused() -> None:
    """Only kinds that a transition system has."""
    with pytest.raises(ModelFileError, match="kinds of action from 0 to 5"):
        read_moves(msgpack.packb({"moves": '{"6": {"A": 1}}', "cfg": {}}), FILE)


def test_keyed_vectors_are_looked_up_by_string_id() -> None:
    """Words that share a row share it; others get zeros; saving changes nothing."""
    lexemes = LexemeTable()
    ids = np.array(lexemes.add_many(["rain", "Rain", "snow", "hail"]))
    orth = lexemes.attribute("ORTH")
    data = np.array([[1, 2], [3, 4]], dtype=np.float32)
    table = KeyedVectors.of(data, orth[[1, 0, 2]], np.array([1, 0, -1]))
    expected = [[1, 2], [3, 4], [0, 0], [0, 0]]
    assert table.rows_of(lexemes, ids).tolist() == expected
    assert vectors_from_bytes(vectors_to_bytes(table)).rows_of(lexemes, ids).tolist() == expected


def test_older_layers_read_the_last_vector_for_unknown_words() -> None:
    """They look words up by their text, whatever the table's attribute; floret tables have no such vector."""
    batch = engine.blank("xx").tokenizer.tokenize(["Rain hail"])
    data = np.array([[1, 2], [3, 4], [5, 6]], dtype=np.float32)
    table = KeyedVectors.of(data, string_ids(["Rain", "hail"])[:1], np.array([1]), "LOWER")
    assert table.rows(batch).tolist() == [[0, 0], [0, 0]]
    assert table.rows_or_last(batch).tolist() == [[3, 4], [5, 6]]
    assert KeyedVectors.of(data, string_ids([]), np.array([], dtype=np.int64)).rows_or_last(
        batch
    ).tolist() == [[5, 6], [5, 6]]
    with pytest.raises(EngineError, match="got floret vectors"):
        FloretVectors(data, minn=2, maxn=3, hash_count=2, hash_seed=7, bow="<", eow=">").rows_or_last(batch)


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
    assert np.allclose(table.rows_of(lexemes, ids)[0], data[table.table_rows("ab")].mean(axis=0))
    assert np.array_equal(
        vectors_from_bytes(vectors_to_bytes(table)).rows_of(lexemes, ids), table.rows_of(lexemes, ids)
    )


@pytest.mark.parametrize("settings", [{"hash_count": 5}, {"minn": 4}, {"hash_seed": -1}])
def test_floret_settings_that_no_table_has_are_refused(settings: dict[str, int]) -> None:
    """Numbers that would read elsewhere or loop without end."""
    good = {"minn": 2, "maxn": 3, "hash_count": 2, "hash_seed": 7}
    with pytest.raises(ValueError, match="minn up to maxn"):
        FloretVectors(np.zeros((1, 1), dtype=np.float32), **good | settings, bow="<", eow=">")


def test_vectors_are_by_text_norm_or_lower_case() -> None:
    """By name or by number, and by nothing else."""
    assert [attribute_name(value) for value in ("ORTH", "norm", 66)] == ["ORTH", "NORM", "LOWER"]
    with pytest.raises(ValueError, match="one of ORTH, NORM, LOWER"):
        attribute_name("SHAPE")


def test_a_matrix_must_be_as_large_as_its_header_says() -> None:
    """Nothing is allocated by a header's word."""
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 4), }".ljust(117) + b"\n"
    with pytest.raises(ModelFileError, match="expected a NumPy matrix"):
        read_matrix(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(16), FILE)
