# SPDX-License-Identifier: Apache-2.0
"""Encoders of Hugging Face's transformers on packed rows: no padding, results as one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..extras import TORCH
from ..lazy_torch import torch
from .backend import Backend
from .disentangled import is_disentangled, run_disentangled
from .errors import TransformerError
from .freezing import frozen_names
from .libraries import require_transformers
from .memory_ladder import MemoryLadder
from .module_size import check_size
from .modules import can_pack, errors_of_config, library_config, make_module, position_start, put_state, twin
from .packed_attention import Attend, attend_runs, register_packed_attention
from .passes import PackedPass, PaddedPass, Pass, Tensors, call_module, pooled_of
from .precisions import ServingModule
from .self_test import differs_from_single

if TYPE_CHECKING:
    from torch import nn

Array = npt.NDArray[Any]
IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What is wanted besides the last layer: all layers (embeddings first), the pooler's vector of each span,
    attention weights (slow: span by span)."""

    layers: bool = False
    pooler: bool = False
    attentions: bool = False


LAST = Outputs()


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """What an encoder says about packed pieces.

    Shape: last `(n_pieces, width)`; layers: `n_layers + 1` of the same, embeddings first, the last equal to
    `last`; pooled `(n_spans, width)`; attentions: for each layer, for each span `(heads, length, length)`.
    """

    last: FloatArray
    layers: tuple[FloatArray, ...] | None = None
    pooled: FloatArray | None = None
    attentions: tuple[tuple[FloatArray, ...], ...] | None = None


Backprop = Callable[[FloatArray | None, Sequence[FloatArray | None] | None], None]
"""Takes the gradient of the last layer and, where all layers were asked for, one of each (None for zeros);
adds into the gradients of the parameters."""


class Encoder:
    """A module of transformers with its weights, by name.

    `config` is Hugging Face's as a map; `is_packed` is False where the family has an attention of its own,
    which runs padded in buckets of like lengths; `note` says for people how it runs: "bert, packed, fp32 on
    cpu".
    """

    def __init__(
        self, module: nn.Module, config: Mapping[str, Any], backend: Backend, name: str, *, is_packed: bool
    ) -> None:
        self.module = module
        self.library_config: Any = module.config
        self.config = dict(config)
        self.backend = backend
        self.name = name
        self.is_packed = is_packed
        self._passes = self._pass(backend.attention())
        self.memory = MemoryLadder()
        self._serving = ServingModule(module, backend)

    @property
    def width(self) -> int:
        """Numbers of a row."""
        return int(self.library_config.hidden_size)

    @property
    def n_layers(self) -> int:
        """Layers above the embeddings."""
        return int(self.library_config.num_hidden_layers)

    @property
    def vocab_size(self) -> int:
        """Pieces that it has vectors for."""
        return int(self.library_config.vocab_size)

    @property
    def max_pieces(self) -> int:
        """Pieces of the longest span that the encoder has positions for."""
        return int(self.library_config.max_position_embeddings) - position_start(self.module)

    @property
    def has_pooler(self) -> bool:
        """Whether it has a vector of each span as a whole."""
        return getattr(self.module, "pooler", None) is not None

    @property
    def note(self) -> str:
        """How it runs, for people."""
        how = "packed" if self.is_packed else "padded by lengths, for its attention is its own"
        kind = self.library_config.model_type
        return f"{kind}, {how}, {self.backend.precision} on {self.backend.device}"

    def _pass(self, attend: Attend) -> Pass:
        """How packs go through the module."""
        pad_id = int(getattr(self.library_config, "pad_token_id", 0) or 0)
        start = position_start(self.module)
        if not self.is_packed:
            return PaddedPass(attend, start, pad_id)
        run_pack = run_disentangled if is_disentangled(self.module) else call_module
        return PackedPass(attend, start, pad_id, run_pack)

    def encode(
        self, ids: IntArray, cu_seq_lens: IntArray, outputs: Outputs = LAST, *, budget: int | None = None
    ) -> Encoded:
        """Without gradients, in packs of about `budget` pieces (by default the backend's); spans are never
        divided.

        Raises: TransformerError where a span is longer than the encoder's positions.
        """
        self._check(ids, cu_seq_lens)
        encoded = self.memory.run(
            lambda size, on_cpu: self._encode(ids, cu_seq_lens, outputs, size, on_cpu),
            budget or self.backend.pack_budget,
            self.backend.device,
            self.name,
        )
        if not outputs.attentions:
            return encoded
        return replace(encoded, attentions=self._attentions(ids, cu_seq_lens))

    def tensors(self, ids: IntArray, cu_seq_lens: IntArray, outputs: Outputs = LAST) -> Iterator[Tensors]:
        """What packs give, left where the encoder runs, for who goes on there. Call it without gradients."""
        self._check(ids, cu_seq_lens)
        yield from self._passes.run(
            self._serving.module(), ids, cu_seq_lens, self.backend.pack_budget, outputs
        )

    def _encode(
        self, ids: IntArray, cu_seq_lens: IntArray, outputs: Outputs, budget: int, on_cpu: bool
    ) -> Encoded:
        rows = _Rows(self, len(ids), len(cu_seq_lens) - 1, outputs)
        module = self._serving.on_cpu() if on_cpu else self._serving.module()
        passes = self._pass(attend_runs) if on_cpu else self._passes
        with torch.inference_mode():
            for tensors in passes.run(module, ids, cu_seq_lens, budget, outputs):
                rows.put(tensors)
        return rows.encoded()

    def begin_update(
        self,
        ids: IntArray,
        cu_seq_lens: IntArray,
        outputs: Outputs = LAST,
        *,
        seed: int | None = None,
        autocast: bool = False,
        budget: int | None = None,
    ) -> tuple[Encoded, Backprop]:
        """With dropout and gradients. `seed` decides dropout (None: none at all); `autocast` multiplies in
        bf16.

        Raises: TransformerError where a span is longer than the encoder's positions.
        """
        self._check(ids, cu_seq_lens)
        rows = _Rows(self, len(ids), len(cu_seq_lens) - 1, outputs)
        done: list[Tensors] = []
        device = torch.device(self.backend.device)
        with (
            torch.random.fork_rng(devices=[device] if device.type == "cuda" else []),
            torch.enable_grad(),
            torch.autocast(device.type, torch.bfloat16, enabled=autocast),
        ):
            if seed is not None:
                torch.manual_seed(seed)
            self.module.train(seed is not None)
            run = self._passes.run
            for tensors in run(self.module, ids, cu_seq_lens, budget or self.backend.pack_budget, outputs):
                rows.put(tensors)
                done.append(tensors)
        self.module.eval()

        def backprop(d_last: FloatArray | None, d_layers: Sequence[FloatArray | None] | None = None) -> None:
            for tensors in reversed(done):
                _backward(tensors, d_last, d_layers)

        return rows.encoded(), backprop

    def pooled(self, firsts: torch.Tensor) -> torch.Tensor | None:
        """The pooler's vectors of spans' first rows, None where there is no pooler. Shape: `(n_spans,
        width)`."""
        return pooled_of(self.module, firsts)

    def parameters(self) -> dict[str, nn.Parameter]:
        """All parameters by Hugging Face's names, tied ones once."""
        return dict(self.module.named_parameters())

    def module_changed(self) -> None:
        """Forget the copy that annotates, after something was hung onto the module's layers."""
        self._serving = ServingModule(self.module, self.backend)

    def freeze(self, *, embeddings: bool = False, lower_layers: int = 0) -> None:
        """Parameters that get no gradient from now on; the rest gets one again.

        Raises: TransformerError where the layers cannot be told apart or there are fewer.
        """
        parameters = self.parameters()
        frozen = frozen_names(list(parameters), embeddings, lower_layers, self.n_layers, self.name)
        for name, parameter in parameters.items():
            parameter.requires_grad_(name not in frozen)

    def state(self) -> dict[str, Array]:
        """A copy of the weights by name, float32."""
        return {name: p.detach().float().cpu().numpy().copy() for name, p in self.parameters().items()}

    def load(self, state: Mapping[str, Array]) -> None:
        """Take weights. Raises: TransformerError where one is missing or of another shape."""
        put_state(self.module, state, self.name)

    def gradients(self) -> dict[str, Array]:
        """Gradients so far by name, of those parameters that have one."""
        return {
            name: p.grad.detach().float().cpu().numpy()
            for name, p in self.parameters().items()
            if p.grad is not None
        }

    def clear_gradients(self) -> None:
        """Forget them."""
        self.module.zero_grad(set_to_none=True)

    def _check(self, ids: IntArray, cu_seq_lens: IntArray) -> None:
        lengths = np.diff(cu_seq_lens)
        longest = int(lengths.max(initial=0))
        if longest > self.max_pieces:
            raise TransformerError(
                f"{self.name}: expected spans of at most {self.max_pieces} pieces, got one of {longest}; "
                "take shorter "
                "spans (strided_spans), or cut them by model_max_length"
            )
        n_pieces = self.vocab_size
        if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < n_pieces:
            raise TransformerError(
                f"{self.name}: expected pieces below {n_pieces}, got {int(ids.max())}; tokenizer and "
                "encoder do not "
                "belong together"
            )

    def _attentions(self, ids: IntArray, cu_seq_lens: IntArray) -> tuple[tuple[FloatArray, ...], ...]:
        """Span by span, for the packed kernels keep no weights."""
        eager, found = twin(self.module, "eager"), []
        with torch.inference_mode():
            for first, stop in zip(cu_seq_lens[:-1].tolist(), cu_seq_lens[1:].tolist(), strict=True):
                span = torch.as_tensor(ids[first:stop].astype(np.int64), device=self.backend.device)
                found.append(eager(input_ids=span[None], output_attentions=True, return_dict=True).attentions)
        return tuple(
            tuple(span[layer][0].float().cpu().numpy() for span in found) for layer in range(self.n_layers)
        )


class _Rows:
    """What packs give, in one array a layer."""

    def __init__(self, encoder: Encoder, n_pieces: int, n_spans: int, outputs: Outputs) -> None:
        width = encoder.width
        self._last = np.zeros((n_pieces, width), np.float32)
        n_lower = encoder.n_layers if outputs.layers else 0
        self._lower = [np.zeros((n_pieces, width), np.float32) for _ in range(n_lower)]
        self._pooled = (
            np.zeros((n_spans, width), np.float32) if outputs.pooler and encoder.has_pooler else None
        )
        self._has_layers = outputs.layers

    def put(self, tensors: Tensors) -> None:
        """The rows of a pack where they belong."""
        self._last[tensors.pieces] = _array(tensors.last)
        for rows, layer in zip(self._lower, tensors.layers or (), strict=False):
            rows[tensors.pieces] = _array(layer)
        if self._pooled is not None and tensors.pooled is not None:
            self._pooled[tensors.spans] = _array(tensors.pooled)

    def encoded(self) -> Encoded:
        """All of it."""
        layers = (*self._lower, self._last) if self._has_layers else None
        return Encoded(self._last, layers, self._pooled)


def _array(tensor: Any) -> FloatArray:
    array: FloatArray = tensor.detach().float().cpu().numpy()
    return array


def _backward(
    tensors: Tensors, d_last: FloatArray | None, d_layers: Sequence[FloatArray | None] | None
) -> None:
    """One pack's gradients into those of the parameters."""
    pairs = [(tensors.last, d_last)]
    if d_layers is not None:
        *lower, top = d_layers
        pairs += [(tensors.last, top), *zip((tensors.layers or ())[:-1], lower, strict=True)]
    known = [(tensor, d) for tensor, d in pairs if d is not None and tensor.requires_grad]
    if known:
        grads = [torch.as_tensor(d[tensors.pieces], dtype=t.dtype, device=t.device) for t, d in known]
        torch.autograd.backward([tensor for tensor, _ in known], grads)


def build_encoder(
    config: Mapping[str, Any],
    state: Mapping[str, Array] | None = None,
    *,
    backend: Backend | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    name: str = "encoder",
) -> Encoder:
    """An encoder from Hugging Face's config and its weights; random ones by the seed where none are given.

    `settings` are laid over the config (`transformer_config` of the documentation). Weights of heads that the
    encoder does not have are ignored; a missing one is an error. The packed path is compared with one by one
    on 64 pieces before anything is returned.
    Raises: TransformerError; MissingExtraError without torch or transformers.
    """
    TORCH.require("an encoder")
    require_transformers("an encoder")
    backend = backend or Backend()
    whole = {**config, **(settings or {})}
    made = library_config(whole, name)
    has_pooler = None if state is None else any("pooler." in weight for weight in state)

    def make() -> nn.Module:
        return make_module(made, register_packed_attention(), seed, has_pooler=has_pooler)

    with errors_of_config(made.model_type, name):
        if state is not None:
            check_size(make, state, name)
        module = make()
    if state is not None:
        put_state(module, state, name)
    return encoder_of_module(module, whole, backend, name)


def encoder_of_module(
    module: nn.Module, config: Mapping[str, Any], backend: Backend, name: str = "encoder"
) -> Encoder:
    """An encoder around a module that has its weights, packed where that gives what one by one gives.

    Raises: TransformerError where its spans depend on their neighbours either way.
    """
    module = module.to(backend.device)
    with errors_of_config(str(config.get("model_type")), name):
        if can_pack(module):
            encoder = Encoder(module, config, backend, name, is_packed=True)
            if not differs_from_single(encoder):
                return encoder
        stock = twin(module, _stock_attention(module))
        encoder = Encoder(stock, config, backend, name, is_packed=False)
        differs = differs_from_single(encoder)
    if differs:
        raise TransformerError(
            f"{name}: expected an encoder whose spans do not depend on their neighbours, got "
            f"{encoder.library_config.model_type}, whose rows change with padding"
        )
    return encoder


def _stock_attention(module: nn.Module) -> str:
    return "sdpa" if getattr(module, "_supports_sdpa", False) else "eager"
