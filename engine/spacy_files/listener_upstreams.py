# SPDX-License-Identifier: Apache-2.0
"""Which vectors a head of a saved pipeline reads: those of the embedding that ran last before it, whatever it
was trained on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping
from typing import Any

from ..config.registry import canonical

EMBEDDING, LISTENER = "tok2vec", "freshet.Tok2VecListener.v1"


def read_last_vectors(
    config: MutableMapping[str, Any], values: Mapping[str, Any], exclude: Collection[str] = ()
) -> None:
    """Name, in every listener of a config, the embedding whose vectors spaCy gives it when it
    annotates.

    There, vectors are one array of the document, which each embedding overwrites: with two embeddings in a
    row, heads of the first read the second's vectors. Where these have another width, which spaCy
    cannot run, the config's name stays. `values` is the config with its references replaced.
    """
    last = None
    for name in values["nlp"]["pipeline"]:
        block = values["components"].get(name, {})
        if name in exclude or name in values["nlp"].get("disabled", ()):
            continue
        if last is not None:
            for path in _listeners(block, ()):
                _name_upstream(
                    config["components"][name], block, path, last, _width(values["components"][last])
                )
        if block.get("factory") == EMBEDDING:
            last = name


def _listeners(block: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if canonical("architectures", str(block.get("@architectures"))) == LISTENER:
        yield path
    for key, value in block.items():
        if isinstance(value, Mapping):
            yield from _listeners(value, (*path, key))


def _name_upstream(block: Any, values: Any, path: tuple[str, ...], upstream: str, width: object) -> None:
    for key in path:
        block, values = block[key], values[key]
    if values.get("width") == width and values.get("upstream", "*") != "*":
        block["upstream"] = upstream


def _width(block: Mapping[str, Any]) -> object:
    model = block.get("model", {})
    return model.get("encode", model).get("width")
