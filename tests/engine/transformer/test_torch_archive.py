# SPDX-License-Identifier: Apache-2.0
"""Archives of torch.save: the same numbers as torch reads, and nothing else is let in."""

from __future__ import annotations

import io
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from engine.errors import ModelFileError
from engine.lazy_torch import torch
from engine.transformer import read_state, read_torch_archive, write_state


def saved(value: Any) -> bytes:
    """What torch.save writes."""
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


def tensors() -> dict[str, Any]:
    """Every type, views, shared memory, parameters, no numbers at all."""
    numbers = torch.arange(12.0).reshape(3, 4)
    return {
        "plain": numbers,
        "transposed": numbers.T,
        "row": numbers[1],
        "step": numbers.flatten()[1::3],
        "half": numbers.half(),
        "double": numbers.double(),
        "bool": numbers > 3,
        "long": torch.tensor(5),
        "int": numbers.int(),
        "short": numbers.short(),
        "char": numbers.char(),
        "byte": numbers.byte(),
        "parameter": torch.nn.Parameter(numbers),
        "empty": torch.zeros(0, 3),
    }


def test_all_tensors_are_read() -> None:
    """The same names in the same order, the same shapes, types and numbers; bfloat16 as float32."""
    state = tensors()
    read = read_torch_archive(saved(state), "a")
    assert list(read) == list(state)
    for name, tensor in state.items():
        expected = tensor.detach().numpy()
        assert read[name].dtype == expected.dtype
        np.testing.assert_array_equal(read[name], expected, err_msg=name)
    half = torch.randn(50).bfloat16()
    np.testing.assert_array_equal(read_torch_archive(saved({"b": half}), "a")["b"], half.float().numpy())


def test_a_modules_state_is_read() -> None:
    """With its metadata, which are left out."""
    state = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2)).state_dict()
    assert list(read_torch_archive(saved(state), "a")) == list(state)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            lambda: torch.nn.Linear(2, 2),
            "the name 'torch.nn.modules.linear Linear', which no saved state needs",
        ),
        (lambda: {"a": print}, "the name '__builtin__ print'"),
        (lambda: [torch.zeros(2)], "does more than name tensors"),
        (lambda: {"a": torch.zeros(2).expand(1000, 2)}, "outside of its 2 numbers"),
        (lambda: {"a": {"b": torch.zeros(2)}}, "got dict under 'a'"),
        (lambda: {"a": 3}, "got int under 'a'"),
    ],
)
def test_what_is_no_state_is_refused(value: Any, said: str) -> None:
    """Modules, functions, lists, tensors larger than their numbers, maps in maps."""
    with pytest.raises(ModelFileError, match=said):
        read_torch_archive(saved(value()), "a")


def test_compressed_and_cut_archives_are_refused() -> None:
    """And bytes that are no archive."""
    whole = saved({"a": torch.zeros(100)})
    file = io.BytesIO()
    with ZipFile(io.BytesIO(whole)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    for data in (file.getvalue(), whole[:300], b"", b"PK\x03\x04"):
        with pytest.raises(ModelFileError, match="save the weights as safetensors"):
            read_torch_archive(data, "a")


def test_states_are_read_whichever_way_they_were_written() -> None:
    """An archive, or safetensors, bfloat16 included."""
    state = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([1, 2])}
    for data in (write_state(state), saved({name: torch.from_numpy(array) for name, array in state.items()})):
        read = read_state(data, "a")
        assert all(np.array_equal(read[name], array) for name, array in state.items())
    from safetensors.torch import save

    half = torch.randn(4).bfloat16()
    np.testing.assert_array_equal(read_state(save({"h": half}), "a")["h"], half.float().numpy())
    with pytest.raises(ModelFileError, match="got 5 bytes that are none"):
        read_state(b"12345", "a")
