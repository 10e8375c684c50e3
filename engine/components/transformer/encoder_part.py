# SPDX-License-Identifier: Apache-2.0
"""An encoder inside a Thinc layer: its weights are parameters of the layer's children, so that optimizers,
averages, checkpoints and patterns of learn rates mean them as they mean all others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from thinc.api import Model

from ...doc.batch import Batch
from ...errors import EngineError
from ...layers.late_parts import OWN_FILE
from ...layers.ops import EngineOps
from ...lazy_torch import torch
from ...transformer import (
    LAST,
    Backend,
    Encoded,
    Encoder,
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
from .frozen_layers import FrozenLayers
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
        self._bound: list[tuple[Node, str, Any]] = []
        self._is_stale = False

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

    def files(self) -> Mapping[str, bytes]:
        """The tokenizer's files."""
        return {} if self.reader is None else self.reader.files()

    def build(self, node: Node, saved: str, arrays: Mapping[str, Array], files: Mapping[str, bytes]) -> None:
        """Take the form of what was saved."""
        state = {name: np.asarray(array, dtype=np.float32) for name, array in arrays.items()}
        self.take(node, Pretrained(node.name, json.loads(saved), state, files))

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
        self.encoder, self.reader = encoder, reader
        self._bound = []
        node.layers.clear()
        for name, tensors in _parts(encoder):
            values = {key: _as_array(tensor) for key, tensor in tensors.items()}
            child: Node = Model(name, _no_forward, params=values, attrs={OWN_FILE: True}, ops=EngineOps())
            node.layers.append(child)
            self._bound += [(child, key, tensor) for key, tensor in tensors.items()]
        node.set_dim("nO", encoder.width, force=True)
        self._is_stale = False
        self._freeze()

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
                if self.frozen and not tensor.requires_grad and not np.array_equal(_as_array(tensor), array):
                    self.frozen.forget()
                values = torch.from_numpy(np.require(array, np.float32, ["C", "W"]))
                tensor.data = values if tensor.device.type == "cpu" else values.to(tensor.device)
            if self.backend.precision is not Precision.FP32:
                encoder = self.encoder = _renewed(encoder, self.backend)
            self._is_stale = False
        return encoder

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
            self.encoder = _renewed(self.encoder, backend)
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
        if not self.outputs.layers and streams(encoder, pieces):
            return self._output(pieces, StreamedRows(encoder, pieces))
        return self._output(pieces, encode_pieces(encoder, pieces, self.outputs))

    def update(self, batch: Batch, *, with_dropout: bool) -> tuple[PieceOutput, Backprop]:
        """Rows with dropout, and what takes their gradient back into the parameters'."""
        encoder = self.sync()
        pieces = self.made_reader().pieces(batch, encoder.max_pieces)
        seed = int(np.random.randint(2**31)) if with_dropout else None
        with self.frozen.cached(encoder, pieces):
            encoded, back = update_pieces(encoder, pieces, self.outputs, seed=seed, autocast=self.autocast)

        def backprop(d_last: Array | None, d_layers: Any = None) -> None:
            back(d_last, d_layers)
            self._take_gradients()

        return self._output(pieces, encoded), backprop

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
