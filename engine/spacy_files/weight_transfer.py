# SPDX-License-Identifier: Apache-2.0
"""Putting the weights of a saved model onto a model of ours that has the same layers in another
arrangement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from thinc.api import Model

from ..components import State
from ..errors import ModelFileError
from .model_file import SavedNode

Node: TypeAlias = Model[Any, Any]

KEPT_ATTRS = ("seed",)
"""Attributes that a file decides; all others come from the config."""


def graft(
    model: Node,
    saved: Sequence[SavedNode],
    labels: Mapping[str, Any],
    file: Path,
    given: Mapping[str, Any] | None = None,
) -> State:
    """The state of a component with this model, from the nodes of a model file.

    Layers with weights are paired by what both sides call them (references of the root), then by kind in walk
    order; `given`: arrays of layers that the file has in another form.
    Raises: ModelFileError where the file's layers are not those of the model.
    """
    arrays, nodes = dict(given or {}), {}
    index_of = {id(node): index for index, node in enumerate(model.walk())}
    known = {".".join(key.split(".", 2)[:2]) for key in arrays}
    done = {id(node) for node in model.walk() if f"{index_of[id(node)]:03d}.{node.name}" in known}
    for node, source in _pairs(model, saved, file, done):
        index = index_of[id(node)]
        if set(node.param_names) != set(source.params):
            raise ModelFileError(
                f"{file}: expected {node.name} with {_list(node.param_names)}, got {_list(source.params)}"
            )
        for name, array in source.params.items():
            if array is None:
                raise ModelFileError(
                    f"{file}: expected weights of {node.name}, got none; the pipeline was saved before it "
                    "was trained"
                )
            arrays[f"{index:03d}.{node.name}.{name}"] = array
        nodes[str(index)] = {"attrs": {key: source.attrs[key] for key in KEPT_ATTRS if key in source.attrs}}
    return State(arrays, labels, nodes)


def _pairs(
    model: Node, saved: Sequence[SavedNode], file: Path, done: set[int]
) -> Iterator[tuple[Node, SavedNode]]:
    named = dict(_pairs_by_reference(model, saved))
    yield from named.values()
    mine, theirs = defaultdict(list), defaultdict(list)
    for node in model.walk():
        if node.param_names and id(node) not in named and id(node) not in done:
            mine[node.name].append(node)
    taken = {id(source) for _, source in named.values()}
    for source in saved:
        if source.params and id(source) not in taken:
            theirs[source.name].append(source)
    for name in dict.fromkeys([*mine, *theirs]):
        if len(mine[name]) != len(theirs[name]):
            what = f"expected {len(mine[name])} layers {name!r}, as the config says, got {len(theirs[name])}"
            raise ModelFileError(f"{file}: {what}; config and weights do not belong together")
        yield from zip(mine[name], theirs[name], strict=True)


def _pairs_by_reference(
    model: Node, saved: Sequence[SavedNode]
) -> Iterator[tuple[int, tuple[Node, SavedNode]]]:
    """Layers with weights of their own that both roots refer to by one name."""
    for name in model.ref_names:
        node = model.maybe_get_ref(name)
        index = saved[0].refs.get(name)
        if node is not None and index is not None and node.param_names and node.name == saved[index].name:
            yield id(node), (node, saved[index])


def _list(names: Any) -> str:
    return ", ".join(sorted(names)) or "no weights"
