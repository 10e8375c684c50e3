# SPDX-License-Identifier: Apache-2.0
"""An encoder inside a Thinc layer: its weights are parameters of the layer's children, so that optimizers,
averages, checkpoints and patterns of learn rates mean them as they mean all others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from thinc.api import Model

from ...doc.batch import Batch
from ...errors import EngineError
from ...layers.late_parts import FIXED, OWN_FILE
from ...layers.ops import EngineOps
from ...lazy_torch import torch
from ...transformer import (
    LAST,
    AdaptedEncoder,
    Adapter,
    Backend,
    Encoded,
    Encoder,
    LoraConfig,
    Outputs,
    PieceBatch,
    Precision,
    Pretrained,
    StreamedRows,
    build_encoder,
    encode_pieces,
    streams,
    update_pieces,
)
from ...transformer.lora import CONFIG
from ...transformer.saved_adapter import adapter_of_arrays
from ..shared_encoders import offer_part, shared_part
from .frozen_layers import FrozenLayers
from .part_adapters import ADAPTER, ChosenAdapters, PartAdapters, split_adapter
from .piece_output import PieceOutput

Array = npt.NDArray[Any]
Node: TypeAlias = Model[Any, Any]
Backprop = Callable[..., None]

EMBEDDINGS, LAYER, REST = "embeddings", "layer", "rest"
"""Names of the layers that hold an encoder's weights; there is a `layer` for each of the encoder's."""

NUMBERED = re.compile(r"(?:^|\.)(?:layers?|albert_layer_groups)\.(\d+)\.")


class PieceReader(Protocol):
    """What makes pieces of a batch and knows their names: a tokenizer with its spans, or a piece encoder."""

    def pieces(self, batch: Batch, limit: int) -> PieceBatch:
        """The pieces of a batch; an encoder reads `limit` of them at once at most."""
        ...

    def counts(self, batch: Batch) -> npt.NDArray[np.int64]:
        """How many pieces each document has."""
        ...

    def strings(self, ids: Array) -> list[str]:
        """What pieces are called."""
        ...

    def files(self) -> Mapping[str, bytes]:
        """What it takes to make it again."""
        ...


class EncoderPart:
    """An encoder and what makes its pieces; without form until weights are read or drawn.

    `read` gives the reader of pieces from its files; `outputs` is what is kept besides the last layer.
    """

    def __init__(
        self,
        read: Callable[[Mapping[str, bytes]], PieceReader],
        *,
        outputs: Outputs = LAST,
        settings: Mapping[str, Any] | None = None,
        autocast: bool = False,
    ) -> None:
        self.read, self.outputs = read, outputs
        self.settings, self.autocast = dict(settings or {}), autocast
        self.backend = Backend()
        self.encoder: Encoder | None = None
        self.reader: PieceReader | None = None
        self.frozen = FrozenLayers()
        self.adapters: PartAdapters | None = None
        self._bound: list[tuple[Node, str, Any]] = []
        self._is_stale = False
        self.is_shared = False

    # --- form

    @property
    def is_built(self) -> bool:
        """Whether there is an encoder."""
        return self.encoder is not None

    def built(self) -> Encoder:
        """The encoder. Raises: EngineError where there is none yet."""
        if self.encoder is None:
            raise EngineError(
                "expected an encoder with weights, there is none yet; call nlp.initialize or load a trained "
                "pipeline"
            )
        return self.encoder

    def made_reader(self) -> PieceReader:
        """What makes pieces. Raises: EngineError where there is none yet."""
        self.built()
        if self.reader is None:
            raise EngineError("expected a tokenizer beside the encoder, there is none; load both")
        return self.reader

    def saved(self) -> str:
        """The encoder's config."""
        return json.dumps(dict(self.built().config), sort_keys=True, default=str)

    def weights(self) -> Mapping[str, Array]:
        """The encoder's weights, without an adapter's, as views."""
        return {key: _as_array(tensor) for child, key, tensor in self._bound if child.name != ADAPTER}

    def files(self) -> Mapping[str, bytes]:
        """The tokenizer's files, and what an adapter of its own is."""
        own = {} if self.adapters is None else self.adapters.files()
        return {**({} if self.reader is None else self.reader.files()), **own}

    def build(self, node: Node, saved: str, arrays: Mapping[str, Array], files: Mapping[str, bytes]) -> None:
        """Take the form of what was saved; on the encoder of another part where it is the same and parts
        share theirs."""
        weights, of_adapter = split_adapter(arrays)
        state = {name: np.asarray(array, dtype=np.float32) for name, array in weights.items()}
        others = {name: data for name, data in files.items() if name != CONFIG}
        known = shared_part(saved, state)
        if known is None:
            self.take(node, Pretrained(node.name, json.loads(saved), state, others))
        else:
            self.attach(node, known.built(), self.read(others))
            self.adapters, self.is_shared = PartAdapters(known.with_adapters().adapted), True
        offer_part(self)
        if CONFIG in files:
            self.take_adapter(node, adapter_of_arrays(LoraConfig.from_json(files[CONFIG]), of_adapter))

    def take(self, node: Node, source: Pretrained, *, seed: int = 0) -> None:
        """Take an encoder and its tokenizer from elsewhere; without weights, draw some."""
        reader = self.read(source.tokenizer_files)
        self.attach(
            node,
            build_encoder(
                source.config,
                source.state or None,
                backend=self.backend,
                settings=self.settings,
                seed=seed,
                name=source.name,
            ),
            reader,
        )

    def attach(self, node: Node, encoder: Encoder, reader: PieceReader) -> None:
        """Make the encoder's parameters those of the layer's children."""
        self.encoder, self.reader, self.adapters = encoder, reader, None
        self._bound, self.is_shared = [], False
        node.layers.clear()
        for name, tensors in _parts(encoder):
            self._add_child(node, name, tensors)
        node.set_dim("nO", encoder.width, force=True)
        self._is_stale = False
        self._freeze()

    # --- adapters

    def with_adapters(self) -> PartAdapters:
        """The encoder's adapters. Raises: EngineError where there is no encoder yet; TransformerError for one
        in int8."""
        if self.adapters is None:
            self.adapters = PartAdapters(AdaptedEncoder(self.built()))
        return self.adapters

    def add_adapter(self, node: Node, config: LoraConfig, seed: int = 0) -> None:
        """Let a new adapter learn in the encoder's place: it is on no layer that is frozen, and says nothing
        yet. Raises: TransformerError where it fits on no layer."""
        frozen = () if not self.frozen else self.frozen.names(self.built())
        self.take_adapter(node, self.with_adapters().adapted.drawn(config, seed, without=frozen))

    def take_adapter(self, node: Node, adapter: Adapter) -> None:
        """The same with an adapter that has learned. Raises: TransformerError where it does not fit."""
        if any(child.name == ADAPTER for child in node.layers):
            self.drop_adapter(node)
        tensors = self.with_adapters().take_own(adapter)
        for child in node.layers:
            child.attrs[FIXED] = True
        self._add_child(node, ADAPTER, tensors)
        self.built().module.requires_grad_(False)

    def merge_adapter(self, node: Node, adapter: Adapter) -> None:
        """Multiply the own adapter, whose values these are, into the encoder's weights."""
        self.drop_adapter(node)
        for child, key, _ in self._bound:
            module = key.removesuffix(".weight")
            if module in adapter.weights:
                a, b = adapter.weights[module]
                change = np.float32(adapter.config.scale_of(module)) * (b @ a)
                child.set_param(key, child.get_param(key) + change)

    def drop_adapter(self, node: Node) -> None:
        """Be the encoder alone, which learns again."""
        node.layers[:] = [child for child in node.layers if child.name != ADAPTER]
        self._bound = [bound for bound in self._bound if bound[0].name != ADAPTER]
        for child in node.layers:
            child.attrs.pop(FIXED, None)
        self.with_adapters().drop_own()
        self.built().freeze()
        self._freeze()

    def _add_child(self, node: Node, name: str, tensors: Mapping[str, Any]) -> None:
        """A layer that holds these tensors as its parameters."""
        values = {key: _as_array(tensor) for key, tensor in tensors.items()}
        child: Node = Model(name, _no_forward, params=values, attrs={OWN_FILE: True}, ops=EngineOps())
        node.layers.append(child)
        self._bound += [(child, key, tensor) for key, tensor in tensors.items()]

    # --- weights

    def weights_changed(self) -> None:
        """Take over what the parameters are now, before they are used."""
        self._is_stale = True

    def sync(self) -> Encoder:
        """The encoder with the parameters' values: arrays that the module does not share are given to it."""
        encoder = self.built()
        if self._is_stale:
            for child, key, tensor in self._bound:
                array = child.get_param(key)
                if tensor.device.type == "cpu" and tensor.data_ptr() == array.ctypes.data:
                    continue
                if (
                    self.is_shared
                    and child.name != ADAPTER
                    and np.array_equal(own := _as_array(tensor), array)
                ):
                    child.set_param(key, own)  # one encoder, one memory
                    continue
                if self.frozen and not tensor.requires_grad and not np.array_equal(_as_array(tensor), array):
                    self.frozen.forget()
                values = torch.from_numpy(np.require(array, np.float32, ["C", "W"]))
                tensor.data = values if tensor.device.type == "cpu" else values.to(tensor.device)
            if self.backend.precision is not Precision.FP32:
                encoder = self._renew(encoder)
            self._is_stale = False
        return encoder

    def _renew(self, encoder: Encoder) -> Encoder:
        """Run the same module by the present backend."""
        self.encoder = _renewed(encoder, self.backend)
        if self.adapters is not None:
            self.adapters.adapted.use(self.encoder)
        return self.encoder

    def _take_gradients(self) -> None:
        """Show the module's gradients as those of the parameters."""
        for child, key, tensor in self._bound:
            if tensor.grad is not None:
                child.set_grad(key, _as_array(tensor.grad))

    def use(self, backend: Backend) -> None:
        """Run elsewhere, or otherwise."""
        if backend == self.backend:
            return
        self.backend = backend
        if self.encoder is not None:
            self._renew(self.encoder)
            self._is_stale = True

    def freeze(self, *, embeddings: bool, lower_layers: int) -> None:
        """Parameters that shall not learn."""
        self.frozen = FrozenLayers(embeddings, lower_layers)
        self._freeze()

    def _freeze(self) -> None:
        if self.encoder is not None and self.frozen:
            self.encoder.freeze(embeddings=self.frozen.embeddings, lower_layers=self.frozen.lower_layers)

    # --- running

    def encode(self, batch: Batch) -> PieceOutput:
        """A batch's rows, without gradients; very many of them are not kept but made when they are read."""
        encoder = self.sync()
        pieces = self.made_reader().pieces(batch, encoder.max_pieces)
        names = None if self.adapters is None else self.adapters.of_spans(pieces, batch.adapters)
        if names is not None and self.adapters is not None:
            chosen = ChosenAdapters(self.adapters.adapted, names)
            return self._output(pieces, encode_pieces(chosen, pieces, self.outputs))
        if not self.outputs.layers and streams(encoder, pieces):
            return self._output(pieces, StreamedRows(encoder, pieces))
        return self._output(pieces, encode_pieces(encoder, pieces, self.outputs))

    def update(self, batch: Batch, *, with_dropout: bool) -> tuple[PieceOutput, Backprop]:
        """Rows with dropout, and what takes their gradient back into the parameters'."""
        encoder = self.sync()
        pieces = self.made_reader().pieces(batch, encoder.max_pieces)
        seed = int(np.random.randint(2**31)) if with_dropout else None
        with self._kept(encoder, pieces):
            own = self.adapters is not None and self.adapters.own is not None
            learns = self.adapters if own and self.adapters is not None else encoder
            encoded, back = update_pieces(learns, pieces, self.outputs, seed=seed, autocast=self.autocast)

        def backprop(d_last: Array | None, d_layers: Any = None) -> None:
            back(d_last, d_layers)
            self._take_gradients()

        return self._output(pieces, encoded), backprop

    def _kept(self, encoder: Encoder, pieces: PieceBatch) -> AbstractContextManager[None]:
        """Inside, frozen layers give what they gave before, unless an adapter that was taken over learns in
        them."""
        adapted = {key.rpartition(".")[0] for child, key, _ in self._bound if child.name == ADAPTER}
        if adapted and not self.frozen.names(encoder).isdisjoint(f"{module}.weight" for module in adapted):
            return nullcontext()
        return self.frozen.cached(encoder, pieces)

    def _output(self, pieces: PieceBatch, encoded: Encoded | StreamedRows) -> PieceOutput:
        return PieceOutput(replace(pieces, windows=None), encoded, self, self.outputs.layers)


def _parts(encoder: Encoder) -> Iterator[tuple[str, dict[str, Any]]]:
    """An encoder's parameters by part: embeddings, each layer, and what else there is."""
    groups: dict[tuple[str, int], dict[str, Any]] = {}
    for name, tensor in encoder.parameters().items():
        number = NUMBERED.search(name)
        place = (LAYER, int(number[1])) if number else (EMBEDDINGS if "embed" in name else REST, 0)
        groups.setdefault(place, {})[name] = tensor
    order = (EMBEDDINGS, LAYER, REST)
    for (name, _), tensors in sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
        yield name, tensors


def _as_array(tensor: Any) -> Array:
    """A tensor's values: the same memory on the CPU, a copy from elsewhere."""
    values: Array = tensor.detach().float().cpu().numpy()
    return values


def _no_forward(model: Node, X: Any, is_train: bool) -> Any:
    raise EngineError("a layer that only holds an encoder's weights was called; this is a bug in Freshet")


def _renewed(encoder: Encoder, backend: Backend) -> Encoder:
    """The same module, run otherwise; forms of it in another precision are made anew."""
    module = encoder.module.to(backend.device)
    return Encoder(module, encoder.config, backend, encoder.name, is_packed=encoder.is_packed)


def precision_of(name: str) -> Precision:
    """How an encoder multiplies, by the name that `engine.load` takes."""
    match name:
        case "bf16" | "bfloat16":
            return Precision.BF16
        case "int8":
            return Precision.INT8
        case _:
            return Precision.FP32
