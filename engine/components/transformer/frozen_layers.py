# SPDX-License-Identifier: Apache-2.0
"""The lower part of an encoder that does not learn: it gets no gradient, and what it says of a text that
comes again is kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ...lazy_torch import torch
from ...transformer import Encoder, PieceBatch
from ...transformer.freezing import frozen_names

IntArray = npt.NDArray[Any]

KEPT_BYTES = 2**30
"""How much is kept of frozen layers' outputs, per encoder."""

PLACES = ("encoder.layer", "transformer.layer", "layers")
"""Where families of encoders have their layers."""


@dataclass(slots=True, eq=False)
class FrozenLayers:
    """How much of an encoder is frozen: its embeddings, and so many layers from the bottom.

    The frozen part runs without dropout. Its output is kept by the pieces of a span, the least used goes
    first; families whose parts cannot be told apart compute it every time.
    """

    embeddings: bool = False
    lower_layers: int = 0
    known: OrderedDict[bytes, Any] = field(default_factory=OrderedDict)
    n_bytes: int = 0

    def __bool__(self) -> bool:
        """Whether anything is frozen."""
        return self.embeddings or self.lower_layers > 0

    def names(self, encoder: Encoder) -> frozenset[str]:
        """The parameters that are frozen."""
        known = list(encoder.parameters())
        return frozen_names(known, self.embeddings, self.lower_layers, encoder.n_layers, encoder.name)

    def forget(self) -> None:
        """Weights are others: nothing that is kept holds."""
        self.known.clear()
        self.n_bytes = 0

    @contextmanager
    def cached(self, encoder: Encoder, pieces: PieceBatch) -> Iterator[None]:
        """Inside, the frozen layers give what they gave for the same pieces before."""
        parts = _lower_parts(encoder, self.lower_layers) if encoder.is_packed and self.lower_layers else None
        if parts is None:
            yield
            return
        run = _Run(self, *parts, *pieces.to_read)
        with ExitStack() as stack:
            run.enter(stack)
            yield

    def keep(self, key: bytes, rows: Any) -> None:
        """Keep what was said of a span."""
        self.known[key] = rows
        self.n_bytes += rows.nbytes
        while self.n_bytes > KEPT_BYTES:
            _, dropped = self.known.popitem(last=False)
            self.n_bytes -= dropped.nbytes


class _Run:
    """One call of an encoder whose packs hold spans in order."""

    def __init__(
        self, frozen: FrozenLayers, first: Any, between: Any, layers: list[Any], ids: IntArray, cu: IntArray
    ) -> None:
        self.frozen, self.first, self.between, self.layers = frozen, first, between, layers
        self.keys = [ids[a:b].astype(np.int32).tobytes() for a, b in pairwise(cu)]
        self.cu, self.at = cu, 0
        self.span = slice(0, 0)
        self.served: Any = None

    def enter(self, stack: ExitStack) -> None:
        """Put this in the place of the frozen modules' own passes."""
        _replace(stack, self.first, self._embed)
        if self.between is not None:
            _replace(stack, self.between, self._pass_on)
        for number, layer in enumerate(self.layers):
            is_last = number == len(self.layers) - 1
            _replace(stack, layer, self._keep if is_last else self._pass_on)

    def _embed(self, forward: Any, *args: Any, **settings: Any) -> Any:
        """A pack begins: serve it where all of its spans are known."""
        for module in (self.first, self.between, *self.layers):
            if module is not None:
                module.eval()
        ids = settings["input_ids"] if "input_ids" in settings else args[0]
        end = int(np.searchsorted(self.cu, self.cu[self.at] + int(ids.numel())))
        self.span = slice(self.at, end)
        self.at = end
        keys = self.keys[self.span]
        known = [self.frozen.known[key] for key in keys if key in self.frozen.known]
        if len(known) < len(keys):
            self.served = None
            return forward(*args, **settings)
        for key in keys:
            self.frozen.known.move_to_end(key)
        self.served = torch.from_numpy(np.concatenate(known))[None].to(ids.device)
        return self.served

    def _pass_on(self, forward: Any, hidden: Any, *args: Any, **settings: Any) -> Any:
        return forward(hidden, *args, **settings) if self.served is None else hidden

    def _keep(self, forward: Any, hidden: Any, *args: Any, **settings: Any) -> Any:
        """The last of the frozen layers: what it gives is kept."""
        if self.served is not None:
            return self.served
        made = forward(hidden, *args, **settings)
        if isinstance(made, tuple):  # a family whose layers give more than rows
            return made
        array = made.detach().float().cpu().numpy().reshape(-1, made.shape[-1])
        first = int(self.cu[self.span.start])
        for number in range(self.span.start, self.span.stop):
            part = array[int(self.cu[number]) - first : int(self.cu[number + 1]) - first]
            self.frozen.keep(self.keys[number], part.copy())
        return made


def _replace(stack: ExitStack, module: Any, function: Any) -> None:
    """Let a function be a module's pass until the stack ends; it gets the module's own one first."""
    own = module.forward

    def forward(*args: Any, **settings: Any) -> Any:
        return function(own, *args, **settings)

    module.forward = forward
    stack.callback(module.__dict__.pop, "forward", None)


def _lower_parts(encoder: Encoder, n_layers: int) -> tuple[Any, Any, list[Any]] | None:
    """Embeddings, what stands between them and the layers, and so many layers; None where they are elsewhere,
    or layers give more than rows."""
    module: Any = encoder.module
    first = getattr(module, "embeddings", None)
    for place in PLACES:
        layers = module
        for name in place.split("."):
            layers = getattr(layers, name, None)
        if first is not None and layers is not None and len(layers) >= n_layers:
            return first, getattr(module, "embeddings_project", None), list(layers[:n_layers])
    return None
