# SPDX-License-Identifier: Apache-2.0
"""What spaCy 3 saved, read safely, without running anything of it, and annotated with alike.

- `pipeline_folder`: the directory of a pipeline; `folder`: its files, with one error that names the file
- `component_readers`: how each component is read, by factory; `weight_transfer`: a model's weights onto ours
- `model_file`, `moves`, `msgpack`, `tokenizer_file`, `vocab_folder`: single files
- `lookups`: look-up tables that a config names
- `listener_upstreams`: which embedding each head reads
- `embedding_file`: pretrained weights of one embedding
- `docbin/`: files of annotated documents (`.spacy`)
"""

from __future__ import annotations

from ..thinc_import import thinc as thinc  # first: it comes without torch

# isort: split

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .component_readers import READERS, Reader, Source
from .folder import Folder
from .pipeline_folder import SpacyPipeline, find_spacy_folder, read_spacy_folder

if TYPE_CHECKING:
    from .embedding_file import embedding_layer, load_embedding, load_weights, weights_to_bytes

EMBEDDING_FILE = ("embedding_layer", "load_embedding", "load_weights", "weights_to_bytes")
"""Names that only learning needs, each imported when it is asked for."""

__all__ = [
    "READERS",
    "Folder",
    "Reader",
    "Source",
    "SpacyPipeline",
    "embedding_layer",
    "find_spacy_folder",
    "load_embedding",
    "load_weights",
    "read_spacy_folder",
    "weights_to_bytes",
]


def __getattr__(name: str) -> Any:
    """One of `EMBEDDING_FILE`."""
    if name not in EMBEDDING_FILE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(".embedding_file", __name__), name)
    return value
