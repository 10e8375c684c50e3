# SPDX-License-Identifier: Apache-2.0
"""Where a model's layers stand, by names that a config can mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from thinc.api import Model


def places_of(model: Model[Any, Any]) -> Iterator[tuple[int, Model[Any, Any], str]]:
    """Every layer with parameters: its number in the walk, itself, and `part/layer.K`, where the part is the
    architecture's own name for it (embed, encode, lower, upper, ...) and K counts the layers of that kind in
    the part."""
    parts = _parts(model)
    counts: Counter[tuple[str, str]] = Counter()
    for index, node in enumerate(model.walk()):
        if not node.param_names:
            continue
        part = parts.get(node.id, "")
        place = f"{node.name}.{counts[part, node.name]}"
        counts[part, node.name] += 1
        yield index, node, f"{part}/{place}" if part else place


def _parts(model: Model[Any, Any]) -> dict[int, str]:
    """The smallest named part around each layer, by the layer's id."""
    nearest: dict[int, tuple[int, str]] = {}
    for part in sorted(model.ref_names):
        root = model.maybe_get_ref(part)
        inside = [node.id for node in root.walk()] if root is not None else []
        for node_id in inside:
            if node_id not in nearest or len(inside) < nearest[node_id][0]:
                nearest[node_id] = (len(inside), part)
    return {node_id: part for node_id, (_, part) in nearest.items()}


def tell_places(optimizer: Any, component: str, model: Model[Any, Any]) -> None:
    """Let an optimizer that has groups of parameters know which those of a component are."""
    know = getattr(optimizer, "know", None)
    if know is not None:
        know(
            {
                (node.id, name): f"{component}/{place}/{name}"
                for _, node, place in places_of(model)
                for name in node.param_names
            }
        )
