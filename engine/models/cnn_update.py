# SPDX-License-Identifier: Apache-2.0
"""How a plain CNN learns: its forward pass and the way back in compiled loops, on the weights and gradients
of its Thinc layers.

Imported when something learns. What a model must be: hash tables of lexeme attributes, a mixing Maxout and
Maxout windows, as `MultiHashEmbed`, `MaxoutWindowEncoder` and `Tok2Vec` make them, with widths of whole
vectors. Random numbers are drawn in the order of the layers, so a seed gives the dropout that Thinc's layers
would have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from thinc.api import Model

from ..doc.batch import Batch
from ..kernels.arrays import CACHE_LINE, allocate
from ..kernels.learning.cnn import CnnArrays, CnnBatch, MaxoutArrays, encode
from ..kernels.learning.coins import draw_coins
from ..kernels.learning.maxout import NOTHING, Dropout
from ..kernels.vector.lanes import LANES
from ..layers.gradients import gradient_of
from ..layers.ragged import lengths_of
from ..layers.sentinel_rows import padded_rows

Array = npt.NDArray[Any]
Node: TypeAlias = Model[Any, Any]
Nodes = Sequence[Node]
Pick = Callable[[Node, str], Array]

KNOWN = frozenset(
    {
        "dropout",
        "expand_window",
        "extract_features",
        "hashembed",
        "ints-getitem",
        "layernorm",
        "maxout",
        "ragged_data",
    }
)
"""Names of the layers of such a model that hold no others."""


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The layers of a plain CNN that have weights, attributes or dropout."""

    features: Node
    tables: Nodes
    mix: tuple[Node, Node]
    drop_of_mix: Node
    maxouts: Sequence[tuple[Node, Node]]
    drops: Nodes
    window: int
    padding: int


def layers_of(model: Node, kept: dict[tuple[int, ...], Layers | None]) -> Layers | None:
    """The layers of a model whose shapes the loops know; None of any other. `kept`: what was found before."""
    nodes = list(model.walk())
    ids = tuple(node.id for node in nodes)
    if ids not in kept:
        kept.clear()
        kept[ids] = _find(model, nodes)
    return None if any(node._params.proxy is not None for node in nodes) else kept[ids]


def _find(model: Node, nodes: Nodes) -> Layers | None:
    embed, encoder = model.get_ref("embed"), model.get_ref("encode")
    mixes, maxouts = _named(embed, "maxout"), _named(encoder, "maxout")
    tables, windows = _named(embed, "hashembed"), _named(encoder, "expand_window")
    pairs = list(zip(maxouts, _named(encoder, "layernorm"), strict=False))
    drops = [_named(embed, "dropout"), _named(encoder, "dropout")]
    sizes = [len(mixes), len(_named(embed, "layernorm")), len(drops[0])]
    same = len({len(maxouts), len(pairs), len(drops[1]), len(windows)}) == 1
    if not KNOWN.issuperset(node.name for node in nodes if not node.layers) or sizes != [1, 1, 1]:
        return None
    if not (same and maxouts and tables and _widths_fit([*mixes, *maxouts], tables)):
        return None
    pair = mixes[0], _named(embed, "layernorm")[0]
    window, padding = int(windows[0].attrs["window_size"]), int(encoder.attrs["pad"])
    (features,) = _named(embed, "extract_features")
    return Layers(features, tables, pair, drops[0][0], pairs, drops[1], window, padding)


def _widths_fit(maxouts: Nodes, tables: Nodes) -> bool:
    """Whether all widths are whole vectors, all layers as wide as the first, and numbers float32."""
    widths = {node.get_dim("nO") for node in maxouts}
    whole = all(node.get_dim("nO") % LANES == 0 for node in (*maxouts, *tables))
    arrays = [node.get_param("W") for node in maxouts] + [table.get_param("E") for table in tables]
    return len(widths) == 1 and whole and all(array.dtype == np.float32 for array in arrays)


def forward(layers: Layers, batch: Batch) -> tuple[Array, Callable[[Array], list[Any]]]:
    """The tokens' vectors, and what adds their gradient to those of the layers. Shape: `(n_tokens, nO)`."""
    vectors, backward = encode(_arrays(layers, _weights), _asked(layers, batch))

    def backprop(d_vectors: Array) -> list[Any]:
        backward(np.ascontiguousarray(d_vectors), _arrays(layers, gradient_of))
        return []

    return vectors, backprop


def _asked(layers: Layers, batch: Batch) -> CnnBatch:
    words, word_of = _words(batch)
    keys, masks = [], []
    for name, table in zip(layers.features.attrs["columns"], layers.tables, strict=True):
        ids = np.ascontiguousarray(batch.lexemes.attribute(name)[words], dtype=np.uint64)
        n_rows, width = table.get_param("E").shape
        keys.append(table.ops.hash(ids, table.attrs["seed"]) % np.uint32(n_rows))
        masks.append(table.ops.get_dropout_mask((width,), _rate(table)))
    places, n_rows = padded_rows(lengths_of(batch), layers.padding)
    width = layers.mix[0].get_dim("nO")
    rows = [(layers.drop_of_mix, batch.n_tokens), *((node, n_rows) for node in layers.drops)]
    dropouts = draw(rows, width)
    return CnnBatch(keys, masks, word_of, places, n_rows, layers.window, dropouts)


def _words(batch: Batch) -> tuple[Array, Array]:
    """The lexemes of a batch in the order in which they come in it, and which of them each token is. Their
    numbers have the order in which this process met them: sums in that order would have other bits in
    another process."""
    known, first, which = np.unique(batch.lexeme_ids, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return known[order], place[which.reshape(-1)]


def _arrays(layers: Layers, pick: Pick) -> CnnArrays:
    """The arrays of all layers."""
    tables = [pick(table, "E") for table in layers.tables]
    return CnnArrays(tables, _maxout(layers.mix, pick), [_maxout(pair, pick) for pair in layers.maxouts])


def _maxout(pair: tuple[Node, Node], pick: Pick) -> MaxoutArrays:
    maxout, norm = pair
    return MaxoutArrays(pick(maxout, "W"), pick(maxout, "b"), pick(norm, "G"), pick(norm, "b"))


def _weights(node: Node, name: str) -> Array:
    """A parameter, which from here on begins on a cache line: vectors of one that does not take twice as
    long."""
    value: Array = node.get_param(name)
    if value.ctypes.data % CACHE_LINE or not value.flags.carray:
        node.set_param(name, _on_cache_line(value))
        value = node.get_param(name)
    return value


def _on_cache_line(value: Array) -> Array:
    copy = allocate(value.shape)
    copy[:] = value
    return copy


def draw(rows: Sequence[tuple[Node, int]], width: int) -> list[Dropout]:
    """What each layer drops of so many rows; none where its rate is 0."""
    rates = [_rate(node) if node.attrs.get("is_enabled", True) else 0.0 for node, _ in rows]
    coins = iter(
        draw_coins([(n, width) for (_, n), rate in zip(rows, rates, strict=True) if 0.0 < rate < 1.0])
    )
    return [
        Dropout(next(coins), int(rate * 65536), np.float32(1.0 / (1.0 - rate)))
        if 0.0 < rate < 1.0
        else _all_or_none(n, width, rate)
        for (_, n), rate in zip(rows, rates, strict=True)
    ]


def _all_or_none(n_rows: int, width: int, rate: float) -> Dropout:
    if rate <= 0.0:
        return NOTHING
    coins = np.zeros((n_rows, width), np.uint16)
    coins.setflags(write=False)
    return Dropout(coins, 1, np.float32(0.0))


def _rate(node: Node) -> float:
    return float(node.attrs.get("dropout_rate") or 0.0)


def _named(model: Node, name: str) -> list[Node]:
    return [node for node in model.walk() if node.name == name]
