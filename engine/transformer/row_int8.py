# SPDX-License-Identifier: Apache-2.0
"""Products in eight bits: each row of the input and each row of the weights has a scale of its own.

A whole module is changed in a copy, for encoders that do not learn. Everything but the products stays in
fp32.
Source: the scheme of LLM.int8 (Dettmers et al. 2022) without its outliers.
"""

from __future__ import annotations

from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernels.int8_rows import bytes_of_rows, floats_of_products, largest_bits
from ..lazy_torch import torch

if TYPE_CHECKING:
    from torch import Tensor, nn

TRIPLES = (("query", "key", "value"), ("q_lin", "k_lin", "v_lin"), ("q_proj", "k_proj", "v_proj"))
"""What attentions call the three products of the same input, which become one."""

LARGEST = 127.0
SMALLEST_SCALE = 1e-12


def quantise(module: nn.Module) -> nn.Module:
    """The module with all its linear layers in eight bits, changed in place."""
    for parent in list(module.modules()):
        _join_triples(parent)
        for name, layer in list(parent.named_children()):
            if isinstance(layer, torch.nn.Linear):
                setattr(parent, name, _in_int8([layer]))
    return module


def _join_triples(parent: nn.Module) -> None:
    children = dict(parent.named_children())
    for names in TRIPLES:
        layers: list[Any] = [children.get(name) for name in names]
        linear = all(isinstance(layer, torch.nn.Linear) for layer in layers)
        if linear and len({layer.in_features for layer in layers}) == 1:
            joined = _in_int8(layers)
            sizes = [layer.out_features for layer in layers]
            parts = _parts(joined, sizes)
            for name, part in zip(names, parts, strict=True):
                setattr(parent, name, part)


def rows_in_int8(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Rows as integers from -127 to 127, and what a unit of each row means. Shape: `(n, width)`, `(n, 1)`."""
    scales = rows.abs().amax(1, keepdim=True).div_(LARGEST).clamp_(min=SMALLEST_SCALE)
    return torch.div(rows, scales).round_().to(torch.int8), scales


def _in_int8(layers: list[Any]) -> Any:
    """One layer for several of the same input, their outputs side by side."""

    class RowInt8(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            weights = torch.cat([layer.weight.detach().float() for layer in layers])
            quantised, scales = rows_in_int8(weights)
            self.register_buffer("weight", quantised.t(), persistent=False)
            self.register_buffer("scales", scales.flatten(), persistent=False)
            biases = [
                torch.zeros(layer.out_features) if layer.bias is None else layer.bias.detach().float()
                for layer in layers
            ]
            self.register_buffer("bias", torch.cat(biases), persistent=False)

        def forward(self, rows: Tensor) -> Tensor:
            flat = rows.reshape(-1, rows.shape[-1]).contiguous()
            quantised, scales = torch.empty(flat.shape, dtype=torch.int8), torch.empty(len(flat))
            largest = np.empty(len(flat), np.int32)
            largest_bits(flat.numpy().view(np.int32), largest)
            bytes_of_rows(flat.numpy(), largest.view(np.float32), quantised.numpy(), scales.numpy())
            products = torch._int_mm(quantised, self.weight)
            found = torch.empty(products.shape)
            floats_of_products(
                products.numpy(), scales.numpy(), self.scales.numpy(), self.bias.numpy(), found.numpy()
            )
            return found.view(*rows.shape[:-1], -1)

    return RowInt8()


def _parts(joined: Any, sizes: list[int]) -> list[Any]:
    """Layers that give one part each of a joined layer's output, which is made once for the same input."""
    kept = local()

    class Part(torch.nn.Module):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number
            if number == 0:
                self.joined = joined

        def forward(self, rows: Tensor) -> Tensor:
            if getattr(kept, "rows", None) is not rows:
                kept.rows, kept.parts = rows, list(joined(rows).split(sizes, dim=-1))
            part: Tensor = kept.parts[self.number]
            if self.number == len(sizes) - 1:
                kept.rows = kept.parts = None
            return part

    return [Part(number) for number in range(len(sizes))]
