# SPDX-License-Identifier: Apache-2.0
"""Static vectors of pipelines: where they come from, which components read them, and whether those are what
a component was trained with."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .. import vectors as tables
from ..components import TrainableComponent
from ..config.config import ConfigError
from ..layers import STATIC_VECTORS
from ..spacy_files import find_spacy_folder
from ..spacy_files.folder import Folder
from ..spacy_files.installed import pipeline_folder
from ..spacy_files.vocab_folder import Vocab
from ..vocab import Vocab as OwnVocab
from .saved_files import read_meta, read_vectors

WHERE = ("initialize", "vectors")
VOCAB = "vocab"


def as_vectors(table: Any, vocab: OwnVocab) -> Any:
    """A table of any kind, as a vocabulary holds one."""
    if isinstance(table, tables.KeyedVectors | tables.FloretVectors):
        return tables.Vectors.of_table(table, vocab.strings)
    return table if isinstance(table, tables.BaseVectors) else tables.TableAdapter(table, vocab.lexemes)


def load_vectors(source: Any) -> Any:
    """The table that `[initialize] vectors` names: of a saved pipeline, ours or spaCy's, of an installed
    package, or of a folder with a vocabulary alone. A table is taken as it is.

    Raises: ConfigError where there is none; ModelFileError where one cannot be read.
    """
    if not isinstance(source, str | Path):
        return source
    folder = pipeline_folder(source)
    saved = find_spacy_folder(folder)
    bare = [each for each in (folder, folder / VOCAB) if (each / "vectors").is_file()]
    if saved is not None:
        table = Vocab(Folder(saved / VOCAB)).vectors
    elif bare and not (folder / "meta.json").is_file():
        table = Vocab(Folder(bare[0])).vectors
    else:
        table = read_vectors(folder, read_meta(folder))
    if table is None:
        raise ConfigError(
            WHERE, f"expected a pipeline with static vectors, got {str(source)!r}, which has none"
        )
    return table


def vectors_meta(pipeline: Any) -> dict[str, Any]:
    """What `meta.json` says of the static vectors."""
    if pipeline.vectors is None:
        return {"width": 0, "vectors": 0, "keys": 0, "name": None, "mode": "default"}
    held = pipeline.vocab.vectors
    n_rows, width = held.shape
    return {"width": width, "vectors": n_rows, "keys": held.n_keys, "name": held.name, "mode": str(held.mode)}


def nodes_with_vectors(component: Any) -> Iterator[Any]:
    """Layers of a component that read static vectors."""
    nodes = component.model.walk() if isinstance(component, TrainableComponent) else ()
    return (node for node in nodes if node.name == STATIC_VECTORS)


def reads_vectors(component: Any) -> bool:
    """Whether a component reads static vectors itself."""
    return any(True for _ in nodes_with_vectors(component))


def take_vectors_along(pipeline: Any, name: str, component: Any, source: Any) -> None:
    """Give a pipeline the vectors that a component, which comes from another pipeline, was trained with; a
    warning where it has others."""
    if source.vectors is None or not reads_vectors(component):
        return
    pipeline._sourced_vectors[name] = source.vectors
    if pipeline.vectors is None:
        pipeline.use_vectors(source.vectors)
    else:
        check_sourced(pipeline)


def check_sourced(pipeline: Any) -> None:
    """Warn of components that read other vectors than they were trained with. Raises: ConfigError where
    those have another width."""
    own = pipeline.vectors
    for name, table in pipeline._sourced_vectors.items():
        if own is None or table is own:
            continue
        if table.width != own.width:
            raise ConfigError(
                WHERE,
                f"expected vectors of {table.width} numbers, as the sourced component {name!r} was trained "
                f"with, got some of {own.width}",
            )
        if not same_table(own, table):
            warnings.warn(
                f"the sourced component {name!r} was trained with other vectors than those of this pipeline "
                "and may not do well with these",
                UserWarning,
                stacklevel=4,
            )


def same_table(one: Any, other: Any) -> bool:
    """Whether two tables hold the same."""
    if one is other:
        return True
    if type(one) is not type(other) or not hasattr(one, "data"):
        return False
    if isinstance(one, tables.FloretVectors):
        return one.settings == other.settings and np.array_equal(one.data, other.data)
    return all(
        np.array_equal(getattr(one, part), getattr(other, part)) for part in ("keys", "row_of", "data")
    )
