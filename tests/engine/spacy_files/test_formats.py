"""Single files of spaCy: model files, actions, tokenizers, vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest

from engine import ModelFileError
from engine.spacy_files.model_file import read_model
from engine.spacy_files.moves import class_order, read_moves
from engine.spacy_files.msgpack import unpack
from engine.vectors import attribute_name, read_matrix

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
        unpack(data, FILE)


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
