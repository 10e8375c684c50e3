# SPDX-License-Identifier: Apache-2.0
"""A layer that reads each document in both directions: long short-term memory in NumPy.

Source: Hochreiter and Schmidhuber 1997, "Long short-term memory" (Neural Computation 9); in both directions
by Graves and Schmidhuber 2005, "Framewise phoneme classification with bidirectional LSTM" (Neural Networks
18). Gates stand in the order of torch.nn.LSTM: input, forget, cell, output.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Ragged

from .ragged import Array

DROPOUT = "input_dropout"
"""Attribute: share of inputs that is dropped while training, whatever the pipeline's dropout is."""

N_GATES = 4


def bilstm(nO: int, nI: int, dropout: float = 0.0) -> Model[Ragged, Ragged]:
    """Half of the output from a pass from left to right, half from one back. Shape: `(n_tokens, nO)`."""
    params = dict.fromkeys(("W_in", "W_rec", "b_in", "b_rec"))
    dims = {"nO": nO, "nI": nI}
    return Model("bilstm", forward, init=init, dims=dims, params=params, attrs={DROPOUT: dropout})


def init(model: Model[Ragged, Ragged], X: Any = None, Y: Any = None) -> None:
    """Draw all weights evenly from within one over the root of the width, as torch does."""
    width, n_inputs = model.get_dim("nO") // 2, model.get_dim("nI")
    bound = 1.0 / np.sqrt(width)
    rows = N_GATES * width
    shapes = {"W_in": (2, rows, n_inputs), "W_rec": (2, rows, width), "b_in": (2, rows), "b_rec": (2, rows)}
    for name, shape in shapes.items():
        model.set_param(name, np.random.uniform(-bound, bound, shape).astype("float32"))


def forward(
    model: Model[Ragged, Ragged], X: Ragged, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Ragged]]:
    """Both directions, all documents in step."""
    rate = model.attrs[DROPOUT] if is_train else 0.0
    mask = model.ops.get_dropout_mask(X.dataXd.shape, rate)
    inputs = X.dataXd * mask
    passes = [_run(model, inputs, steps, side) for side, steps in enumerate(_both_ways(X.lengths))]
    output = np.concatenate([one.hidden for one in passes], axis=1)

    def backprop(d_output: Ragged) -> Ragged:
        d_inputs = np.zeros_like(inputs)
        for side, (one, d_hidden) in enumerate(
            zip(passes, np.split(d_output.dataXd, 2, axis=1), strict=True)
        ):
            d_inputs += _run_back(model, inputs, one, d_hidden, side)
        return Ragged(d_inputs * mask, X.lengths)

    return Ragged(output, X.lengths), backprop


@dataclass(frozen=True, slots=True, eq=False)
class _Pass:
    """What a direction computed. Shape: gates `(n_tokens, 4, width)`, all else `(n_tokens, width)`; the
    values before a row's step are those of the row that was read before it, zero at first."""

    steps: Sequence[tuple[Array, int]]
    gates: Array
    cells: Array
    hidden: Array
    cells_before: Array
    hidden_before: Array


def _both_ways(lengths: Array) -> list[list[tuple[Array, int]]]:
    """For each direction, step by step: the rows that are read, of the longest document first, and how many
    documents go on."""
    order = np.argsort(-lengths, kind="stable")
    sizes = lengths[order].astype(np.int64)
    firsts = (np.cumsum(lengths) - lengths)[order].astype(np.int64)
    longest = int(sizes[0]) if len(sizes) else 0
    n_live = [int((sizes > step).sum()) for step in range(longest)]
    ahead = [(firsts[:n] + step, n) for step, n in enumerate(n_live)]
    back = [(firsts[:n] + sizes[:n] - 1 - step, n) for step, n in enumerate(n_live)]
    return [ahead, back]


def _run(model: Model[Ragged, Ragged], inputs: Array, steps: Sequence[tuple[Array, int]], side: int) -> _Pass:
    W_in, W_rec = (model.get_param(name)[side] for name in ("W_in", "W_rec"))
    bias = model.get_param("b_in")[side] + model.get_param("b_rec")[side]
    width, n_rows = W_rec.shape[1], len(inputs)
    sums = (model.ops.gemm(inputs, W_in, trans2=True) + bias).reshape(n_rows, N_GATES, width)
    gates = np.zeros_like(sums)
    cells, hidden, cells_before, hidden_before = np.zeros((4, n_rows, width), dtype=np.float32)
    n_docs = steps[0][1] if steps else 0
    state, cell = np.zeros((2, n_docs, width), dtype=np.float32)
    for rows, n in steps:
        state, cell = state[:n], cell[:n]
        hidden_before[rows], cells_before[rows] = state, cell
        values = sums[rows] + model.ops.gemm(state, W_rec, trans2=True).reshape(n, N_GATES, width)
        opened = 1.0 / (1.0 + np.exp(-values))
        opened[:, 2] = np.tanh(values[:, 2])
        cell = opened[:, 1] * cell + opened[:, 0] * opened[:, 2]
        state = opened[:, 3] * np.tanh(cell)
        gates[rows], cells[rows], hidden[rows] = opened, cell, state
    return _Pass(steps, gates, cells, hidden, cells_before, hidden_before)


def _run_back(model: Model[Ragged, Ragged], inputs: Array, done: _Pass, d_hidden: Array, side: int) -> Array:
    """Gradients of one direction's weights, and of its inputs."""
    W_in, W_rec = (model.get_param(name)[side] for name in ("W_in", "W_rec"))
    width, n_rows = W_rec.shape[1], len(inputs)
    d_sums = np.zeros((n_rows, N_GATES, width), dtype=np.float32)
    n_docs = done.steps[0][1] if done.steps else 0
    d_state, d_cell = np.zeros((2, n_docs, width), dtype=np.float32)
    for rows, n in reversed(done.steps):
        i, f, g, o = (done.gates[rows, k] for k in range(N_GATES))
        d_out = d_hidden[rows] + d_state[:n]
        squashed = np.tanh(done.cells[rows])
        d_now = d_cell[:n] + d_out * o * (1.0 - squashed**2)
        d_sums[rows, 0] = d_now * g * i * (1.0 - i)
        d_sums[rows, 1] = d_now * done.cells_before[rows] * f * (1.0 - f)
        d_sums[rows, 2] = d_now * i * (1.0 - g**2)
        d_sums[rows, 3] = d_out * squashed * o * (1.0 - o)
        d_cell[:n] = d_now * f
        d_state[:n] = model.ops.gemm(d_sums[rows].reshape(n, -1), W_rec)
    flat = d_sums.reshape(n_rows, -1)
    _add_gradient(model, "W_in", side, model.ops.gemm(flat, inputs, trans1=True))
    _add_gradient(model, "W_rec", side, model.ops.gemm(flat, done.hidden_before, trans1=True))
    _add_gradient(model, "b_in", side, flat.sum(axis=0))
    _add_gradient(model, "b_rec", side, flat.sum(axis=0))
    return np.asarray(model.ops.gemm(flat, W_in))


def _add_gradient(model: Model[Ragged, Ragged], name: str, side: int, gradient: Array) -> None:
    whole = np.zeros_like(model.get_param(name))
    whole[side] = gradient
    model.inc_grad(name, whole)
