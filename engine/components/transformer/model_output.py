# SPDX-License-Identifier: Apache-2.0
"""An encoder's outputs by name and in order, as transformers' own classes have them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

NAMES = ("last_hidden_state", "pooler_output", "hidden_states", "attentions")


class ModelOutput(OrderedDict[str, Any]):
    """Outputs that can be asked for by name, as attributes, or by their place."""

    def __getitem__(self, key: Any) -> Any:
        """By name, or by place; several places as a tuple."""
        return super().__getitem__(key) if isinstance(key, str) else self.to_tuple()[key]

    def __getattr__(self, name: str) -> Any:
        """By name; None for a known output that the encoder does not give."""
        if name in self:
            return self[name]
        if name in NAMES:
            return None
        raise AttributeError(name)

    def to_tuple(self) -> tuple[Any, ...]:
        """All outputs in order."""
        return tuple(super(ModelOutput, self).__getitem__(key) for key in self)


def output_from(values: Any) -> ModelOutput:
    """Outputs of a map, of one of transformers' classes, or of somebody's own; those that are missing left
    out."""
    if isinstance(values, ModelOutput):
        return values
    pairs = values.items() if hasattr(values, "items") else zip(NAMES, values, strict=False)
    return ModelOutput((str(name), value) for name, value in pairs if value is not None)
