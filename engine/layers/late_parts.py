# SPDX-License-Identifier: Apache-2.0
"""Parts of a model that take their form only when weights are drawn or read: encoders that come from
elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeAlias

from thinc.api import Model

from .ragged import Array

LATE_PART = "late_part"
"""Attribute of a layer under which its part stands, and of saved layers under which is what makes it
again."""

OWN_FILE = "own_file"
"""Attribute of layers whose weights are kept in a file of their own: what does not change is stored once."""

FIXED = "fixed"
"""Attribute of layers whose weights do not learn, for another one learns in their place."""

TAKES_PLACE = "takes_place"
"""Attribute of layers that stand where a listener stood: a function that gives the layer, from the listener
and the shared model, copies of their weights."""

Node: TypeAlias = Model[Any, Any]


class LatePart(Protocol):
    """What stands under `LATE_PART`. Its layers with weights are children of the layer that it is of."""

    @property
    def is_built(self) -> bool:
        """Whether it has its form."""
        ...

    def saved(self) -> str:
        """What it takes to build it again, besides weights and files."""
        ...

    def files(self) -> Mapping[str, bytes]:
        """Files that belong to it, by name."""
        ...

    def build(self, node: Node, saved: str, arrays: Mapping[str, Array], files: Mapping[str, bytes]) -> None:
        """Take the form of what was saved; arrays by the names of the parameters."""
        ...

    def weights_changed(self) -> None:
        """Take over what the layers' parameters are now."""
        ...


def late_parts(model: Node) -> Iterator[tuple[int, Node, LatePart]]:
    """All of them, each with its layer and that one's place in the model."""
    for index, node in enumerate(model.walk()):
        if LATE_PART in node.attrs:
            yield index, node, node.attrs[LATE_PART]


def files_of_parts(model: Node) -> dict[str, bytes]:
    """The files of all parts; those of a second one have its number in front."""
    files: dict[str, bytes] = {}
    for number, (_, _, part) in enumerate(late_parts(model)):
        files |= {_file_name(number, name): data for name, data in part.files().items()}
    return files


def build_parts(
    model: Node,
    nodes: Mapping[str, Mapping[str, Any]],
    arrays: Mapping[str, Array],
    files: Mapping[str, bytes],
) -> None:
    """Let every part take its saved form. `arrays` are those of a whole state, `NNN.layer.parameter`."""
    done: set[int] = set()
    while True:
        found = [each for each in late_parts(model) if each[1].id not in done]
        if not found:
            return
        index, node, part = found[0]
        saved = nodes.get(str(index), {}).get("attrs", {}).get(LATE_PART)
        if isinstance(saved, str):
            number = len(done)
            own = {name: files[_file_name(number, name)] for name in _names(number, files)}
            part.build(node, saved, {key.split(".", 2)[2]: array for key, array in arrays.items()}, own)
        done.add(node.id)


def _file_name(number: int, name: str) -> str:
    return name if number == 0 else f"{number}.{name}"


def _names(number: int, files: Mapping[str, bytes]) -> list[str]:
    """File names of one part, without its number."""
    prefix = f"{number}." if number else ""
    return [name.removeprefix(prefix) for name in files if name.startswith(prefix)]
