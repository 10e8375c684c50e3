# SPDX-License-Identifier: Apache-2.0
"""Adapters of an encoder part: the one of its own, which learns in the encoder's place and is kept among its
weights, and those of others, which documents choose by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from weakref import finalize

import numpy as np
import numpy.typing as npt
from thinc.api import Model

from ...transformer import LAST, AdaptedEncoder, Adapter, Backprop, Encoded, LoraConfig, Outputs, PieceBatch
from ...transformer.lora import CONFIG
from ...transformer.saved_adapter import ENDS, adapter_of_arrays

Array = npt.NDArray[Any]

ADAPTER = "adapter"
"""Name of the layer that holds an adapter's weights, behind those of the encoder."""

_numbers = count()


class PartAdapters:
    """Adapters on an encoder. `own` is the config of the one that learns and is saved, None where there is
    none."""

    def __init__(self, adapted: AdaptedEncoder) -> None:
        self.adapted = adapted
        self.own: LoraConfig | None = None
        self._own_name = f"\0{next(_numbers)}"  # nobody else's: several parts may share an encoder
        finalize(self, adapted.forget, self._own_name)

    def take_own(self, adapter: Adapter) -> Mapping[str, Any]:
        """Make an adapter the own one; its tensors by the names of parameters."""
        self.adapted.add(self._own_name, adapter)
        self.own = adapter.config
        return self.adapted.parameters(self._own_name)

    def drop_own(self) -> None:
        """Be without an own one."""
        self.adapted.forget(self._own_name)
        self.own = None

    def files(self) -> Mapping[str, bytes]:
        """What the own one is, in PEFT's form; its weights are kept among the encoder's."""
        return {} if self.own is None else {CONFIG: self.own.to_json()}

    def of_spans(self, pieces: PieceBatch, chosen: Sequence[str | None] | None) -> list[str | None] | None:
        """The adapter of each sequence that the encoder reads; None where none has one. A document that names
        none has the own one."""
        own = None if self.own is None else self._own_name
        if own is None and (chosen is None or not any(chosen)):
            return None
        _, cu_seq_lens = pieces.to_read
        if chosen is None:
            return [own] * (len(cu_seq_lens) - 1)
        docs = pieces.spans.docs
        if pieces.windows is not None:
            firsts = pieces.windows.rows[cu_seq_lens[:-1]]
            docs = docs[np.searchsorted(pieces.cu_seq_lens, firsts, "right") - 1]
        return [chosen[doc] or own for doc in docs.tolist()]

    def begin_update(
        self,
        ids: Array,
        cu_seq_lens: Array,
        outputs: Outputs = LAST,
        *,
        seed: int | None = None,
        autocast: bool = False,
    ) -> tuple[Encoded, Backprop]:
        """As `Encoder.begin_update`; gradients are those of the own one."""
        return self.adapted.begin_update(
            self._own_name, ids, cu_seq_lens, outputs, seed=seed, autocast=autocast
        )


@dataclass(frozen=True, slots=True, eq=False)
class ChosenAdapters:
    """An encoder, and the adapter of each sequence that it is to read."""

    adapted: AdaptedEncoder
    names: Sequence[str | None]

    def encode(self, ids: Array, cu_seq_lens: Array, outputs: Outputs = LAST) -> Encoded:
        """As `Encoder.encode`."""
        return self.adapted.encode(ids, cu_seq_lens, self.names, outputs)


def split_adapter(arrays: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, Array]]:
    """An encoder's weights, and those of an adapter that stand among them."""
    own = {name: array for name, array in arrays.items() if name.endswith(ENDS)}
    return {name: array for name, array in arrays.items() if name not in own}, own


def adapter_of(model: Model[Any, Any], adapters: PartAdapters | None) -> Adapter | None:
    """The own adapter with the parameters' present values, averaged ones where they are in use."""
    if adapters is None or adapters.own is None:
        return None
    child = next(child for child in model.layers if child.name == ADAPTER)
    arrays = {name: np.array(child.get_param(name)) for name in child.param_names}
    return adapter_of_arrays(adapters.own, arrays)
