# SPDX-License-Identifier: Apache-2.0
"""One encoder, many adapters: spans of different adapters in one pack, and an adapter that learns alone.

    for each layer with adapters, for each run of a pack's rows that share one:
        output[run] += scale * (input[run] @ A^T) @ B^T

Spans are sorted by adapter once a batch, so that a pack holds few runs; their rows come back in the order in
which they were given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..lazy_torch import torch
from .alignment import expand
from .backend import Precision
from .disentangled import is_disentangled
from .encoder import LAST, Backprop, Encoded, Encoder, Outputs
from .errors import TransformerError
from .lora import Adapter, LoraConfig
from .packs import packs_of
from .saved_adapter import ENDS

if TYPE_CHECKING:
    from torch import Tensor, nn

IntArray = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbouring rows of a pack, and the adapter that they have."""

    rows: slice
    adapter: str


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """An adapter that is there: A and B by layer. What replaces it is another value, so that a pass has one
    of both throughout."""

    config: LoraConfig
    weights: dict[str, tuple[Tensor, Tensor]]


def segments_of(adapters: Sequence[str | None], cu_seq_lens: IntArray) -> list[Segment]:
    """Runs of spans with one adapter, as rows; spans without one are in none.

    >>> segments_of(["a", "a", None, "b"], np.array([0, 2, 5, 6, 9]))
    [Segment(rows=slice(0, 5, None), adapter='a'), Segment(rows=slice(6, 9, None), adapter='b')]
    """
    found: list[Segment] = []
    first = 0
    for span, name in enumerate(adapters):
        if span + 1 < len(adapters) and adapters[span + 1] == name:
            continue
        if name is not None:
            found.append(Segment(slice(int(cu_seq_lens[first]), int(cu_seq_lens[span + 1])), name))
        first = span + 1
    return found


class AdaptedEncoder:
    """An encoder with adapters by name. The encoder's weights stay as they are; it may serve without adapters
    beside. Annotating is safe from several threads; learning is not."""

    def __init__(self, encoder: Encoder) -> None:
        """Raises: TransformerError for an encoder in int8, whose layers are others."""
        if encoder.backend.precision is Precision.INT8:
            raise TransformerError(f"{encoder.name}: expected fp32 or bf16 for adapters, got int8")
        self.encoder = encoder
        self._linear = {
            name: module
            for name, module in encoder.module.named_modules()
            if isinstance(module, torch.nn.Linear)
        }
        self._held: dict[str, _Held] = {}
        self._hooked: set[str] = set()
        self._now = local()
        # A padded row, and one of a table of positions that all spans look at, has no adapter of its own.
        self._mixes = encoder.is_packed and not is_disentangled(encoder.module)

    @property
    def modules(self) -> list[str]:
        """Layers that an adapter may be on."""
        return list(self._linear)

    @property
    def names(self) -> list[str]:
        """Adapters that are there."""
        # A pipeline's own one has no name. Of a list: other threads add some meanwhile.
        return [name for name in list(self._held) if name[:1] != "\0"]

    def use(self, encoder: Encoder) -> None:
        """Go on with the same module, run elsewhere or otherwise."""
        self.encoder = encoder
        for held in self._held.values():
            for tensor in (each for pair in held.weights.values() for each in pair):
                tensor.data = tensor.data.to(encoder.backend.device)

    def add(self, name: str, adapter: Adapter) -> None:
        """Take an adapter, in place of one of that name. Raises: TransformerError where it does not fit."""
        weights = {}
        for module, (a, b) in adapter.weights.items():
            layer = self._linear.get(module)
            if layer is None or (a.shape[1], b.shape[0]) != (layer.in_features, layer.out_features):
                raise TransformerError(
                    f"adapter {name!r}: expected layers of {self.encoder.name}, got {module} of "
                    f"{a.shape[1]} to {b.shape[0]}"
                )
            weights[module] = self._tensor(a), self._tensor(b)
        self._put(name, adapter.config, weights)

    def add_new(self, name: str, config: LoraConfig, seed: int = 0) -> None:
        """A new adapter, which changes nothing yet: A is drawn by the seed, B is zero."""
        self.add(name, self.drawn(config, seed))

    def drawn(self, config: LoraConfig, seed: int = 0, *, without: Collection[str] = ()) -> Adapter:
        """Such an adapter as a value, on no layer whose weights are among `without`.

        Raises: TransformerError where it is on none.
        """
        draw = np.random.default_rng(seed)
        weights = {}
        for module in config.targets(name for name in self._linear if f"{name}.weight" not in without):
            layer, rank = self._linear[module], config.rank_of(module)
            bound = 1 / np.sqrt(layer.in_features)
            a = draw.uniform(-bound, bound, (rank, layer.in_features)).astype(np.float32)
            weights[module] = a, np.zeros((layer.out_features, rank), np.float32)
        return Adapter(config, weights)

    def remove(self, name: str) -> None:
        """Forget an adapter. Raises: TransformerError where there is none of that name."""
        self._known(name)
        del self._held[name]

    def forget(self, name: str) -> None:
        """The same, whether there is one or not."""
        self._held.pop(name, None)

    def adapter(self, name: str) -> Adapter:
        """A copy of an adapter as a value. Raises: TransformerError where there is none of that name."""
        self._known(name)
        pairs = {
            module: (a.detach().float().cpu().numpy().copy(), b.detach().float().cpu().numpy().copy())
            for module, (a, b) in self._held[name].weights.items()
        }
        return Adapter(self._held[name].config, pairs)

    def encode(
        self,
        ids: IntArray,
        cu_seq_lens: IntArray,
        adapters: Sequence[str | None],
        outputs: Outputs = LAST,
    ) -> Encoded:
        """Without gradients; `adapters` names that of each span, None for the encoder as it is.

        Raises: TransformerError where there is none of a name.
        """
        if not adapters:
            return self.encoder.encode(ids, cu_seq_lens, outputs)
        held = {name: self._known(name) for name in {*adapters} if name is not None}
        order = np.array(
            sorted(range(len(adapters)), key=lambda span: (adapters[span] or "", span)), np.int64
        )
        lengths = np.diff(cu_seq_lens)
        places = expand(cu_seq_lens[order].astype(np.int64), lengths[order])
        sorted_lens = np.concatenate([[0], np.cumsum(lengths[order])])
        named = [adapters[span] for span in order.tolist()]
        parts = list(self._encode_packs(ids[places], sorted_lens, named, held, outputs))
        back, spans_back = np.argsort(places, kind="stable"), np.argsort(order, kind="stable")
        return _joined(parts, back, spans_back)

    def _encode_packs(
        self,
        ids: IntArray,
        cu_seq_lens: IntArray,
        adapters: list[str | None],
        held: Mapping[str, _Held],
        outputs: Outputs,
    ) -> Iterator[Encoded]:
        for spans, pieces, lens in self._packs(cu_seq_lens, adapters):
            names = adapters[spans]
            segments = segments_of(names, lens)
            if not self._mixes and segments:
                segments = [Segment(slice(None), segments[0].adapter)]
            budget = max(int(lens[-1]), 1) if self._mixes else None
            n_rows = budget if self._mixes else None
            with self._segments([(each.rows, held[each.adapter]) for each in segments], n_rows):
                yield self.encoder.encode(ids[pieces], lens, outputs, budget=budget)

    def _packs(
        self, cu_seq_lens: IntArray, adapters: list[str | None]
    ) -> Iterator[tuple[slice, slice, IntArray]]:
        """Packs of the backend's size; where adapters cannot be in one, all spans of an adapter."""
        budget = self.encoder.backend.pack_budget
        if self._mixes:
            for pack in packs_of(cu_seq_lens, budget):
                yield pack.spans, pack.pieces, pack.cu_seq_lens
            return
        first = 0
        for span, name in enumerate(adapters):
            if span + 1 == len(adapters) or adapters[span + 1] != name:
                start, stop = int(cu_seq_lens[first]), int(cu_seq_lens[span + 1])
                yield slice(first, span + 1), slice(start, stop), cu_seq_lens[first : span + 2] - start
                first = span + 1

    def begin_update(
        self,
        name: str,
        ids: IntArray,
        cu_seq_lens: IntArray,
        outputs: Outputs = LAST,
        *,
        seed: int | None = None,
        autocast: bool = False,
    ) -> tuple[Encoded, Backprop]:
        """With gradients of one adapter's A and B alone; the encoder's own weights get none.

        Raises: TransformerError where there is none of that name.
        """
        held = self._known(name)
        self.encoder.module.requires_grad_(False)
        for tensor in (each for pair in held.weights.values() for each in pair):
            tensor.requires_grad_(True)
        with self._segments([(slice(None), held)]):
            return self.encoder.begin_update(ids, cu_seq_lens, outputs, seed=seed, autocast=autocast)

    def parameters(self, name: str) -> dict[str, Tensor]:
        """A and B of an adapter's layers, by name, for an optimizer. Raises: TransformerError."""
        return {
            f"{module}{end}": tensor
            for module, pair in self._known(name).weights.items()
            for end, tensor in zip(ENDS, pair, strict=True)
        }

    def _put(self, name: str, config: LoraConfig, weights: dict[str, tuple[Tensor, Tensor]]) -> None:
        fresh = [module for module in weights if module not in self._hooked]
        for module in fresh:
            self._linear[module].register_forward_hook(self._hook(module))
        self._hooked.update(fresh)
        if fresh:
            self.encoder.module_changed()
        self._held[name] = _Held(config, weights)

    def _hook(self, module: str) -> Any:
        """What adds the adapters' share to a layer's output. It goes with copies of the encoder's module in
        other precisions, too."""

        def add_adapters(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            segments: Sequence[tuple[slice, _Held]] = getattr(self._now, "segments", ())
            rows_in, rows_out = inputs[0], output
            if rows_in.dim() == 3 and len(rows_in) == 1:
                rows_in, rows_out = rows_in[0], output[0]
            is_cut = segments and self._now.n_rows is not None and len(rows_in) < self._now.n_rows
            if is_cut and "pooler" not in module:
                raise TransformerError(
                    f"expected memory for a pack of {self._now.n_rows} pieces with adapters, of which a part "
                    "was read at a time; lower max_batch_items"
                )
            for rows, held in segments:
                pair = held.weights.get(module)
                if pair is None:
                    continue
                config = held.config
                x = rows_in[rows]
                if layer.training and config.lora_dropout:
                    x = torch.nn.functional.dropout(x, config.lora_dropout)
                a, b = pair[0].to(x.dtype), pair[1].to(x.dtype)
                share = torch.nn.functional.linear(torch.nn.functional.linear(x, a), b)
                if torch.is_grad_enabled():
                    rows_out = rows_out + config.scale_of(module) * share
                else:
                    rows_out[rows].add_(share, alpha=config.scale_of(module))
            return rows_out.reshape(output.shape)

        return add_adapters

    @contextmanager
    def _segments(self, segments: list[tuple[slice, _Held]], n_rows: int | None = None) -> Iterator[None]:
        """Inside, these rows have these adapters, of packs of so many rows (None: of any)."""
        self._now.segments, self._now.n_rows = segments, n_rows
        try:
            yield
        finally:
            self._now.segments = ()

    def _known(self, name: str) -> _Held:
        held = self._held.get(name)
        if held is None:
            known = ", ".join(self.names) or "none"
            raise TransformerError(f"expected the name of an adapter, got {name!r}; there are: {known}")
        return held

    def _tensor(self, array: npt.NDArray[np.float32]) -> Tensor:
        return torch.tensor(np.ascontiguousarray(array), device=self.encoder.backend.device)


def _joined(parts: list[Encoded], back: IntArray, spans_back: IntArray) -> Encoded:
    """Rows of all packs, in the order in which spans were given."""
    last = np.concatenate([part.last for part in parts])[back]
    layers = None
    if parts[0].layers is not None:
        each = zip(*(part.layers or () for part in parts), strict=True)
        layers = tuple(np.concatenate(rows)[back] for rows in each)
    pooled = None
    if parts[0].pooled is not None:
        pooled = np.concatenate([part.pooled for part in parts if part.pooled is not None])[spans_back]
    return Encoded(last, layers, pooled, None)
