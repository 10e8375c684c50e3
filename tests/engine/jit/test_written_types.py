# SPDX-License-Identifier: Apache-2.0
"""Types of compiled functions go through JSON."""

from __future__ import annotations

import json

import pytest
from numba import types

from engine.jit.written_types import read_type, write_type
from engine.kernels.ner.state import Here

FLOATS = types.Array(types.float32, 2, "C")
TYPES = [
    types.none,
    types.boolean,
    types.uint64,
    types.literal(-2),
    types.Omitted(None),
    FLOATS,
    types.Array(types.uint8, 1, "C", readonly=True),
    types.Array(types.int32, 1, "A", aligned=False),
    types.Tuple((types.int64, FLOATS)),
    types.UniTuple(types.int64, 3),
    types.NamedTuple(
        (types.int8, types.int32, types.boolean, types.boolean, types.int8, types.boolean), Here
    ),
]


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_a_type_is_read_as_it_was_written(type_: types.Type) -> None:
    """Also where its text would be the same as another's."""
    assert read_type(json.loads(json.dumps(write_type(type_)))) == type_


def test_types_that_differ_are_written_differently() -> None:
    """What a function is found by tells its overloads apart."""
    assert len({json.dumps(write_type(type_)) for type_ in TYPES}) == len(TYPES)


def test_a_type_without_a_form_is_an_error_that_says_where_to_give_it_one() -> None:
    """When the set is made."""
    with pytest.raises(TypeError, match=r"written_types.*complex128"):
        write_type(types.complex128)


@pytest.mark.parametrize(
    "written",
    [
        "int65",
        ["call", "os.system"],
        ["named", "os", "stat_result", []],
        ["named", "engine.doc.doc", "Doc", []],
    ],
)
def test_nothing_else_is_read(written: object) -> None:
    """Named tuples are the engine's own; nothing is imported or called for a name that is not one."""
    with pytest.raises(TypeError, match="expected"):
        read_type(written)
