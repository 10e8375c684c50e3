# SPDX-License-Identifier: Apache-2.0
"""What spaCy 3 saved, read safely, without running anything of it, and annotated with alike.

- `pipeline_folder`: the directory of a pipeline; `folder`: its files, with one error that names the file
- `component_readers`: how each component is read, by factory; `weight_transfer`: a model's weights onto ours
- `model_file`, `moves`, `msgpack`, `tokenizer_file`, `vocab_folder`: single files
- `lookups`: look-up tables that a config names
- `listener_upstreams`: which embedding each head reads
- `docbin/`: files of annotated documents (`.spacy`)
"""

from __future__ import annotations

from ..thinc_import import thinc as thinc  # first: it comes without torch

# isort: split

from .component_readers import READERS, Reader, Source
from .folder import Folder
from .pipeline_folder import SpacyPipeline, find_spacy_folder, read_spacy_folder

__all__ = ["READERS", "Folder", "Reader", "Source", "SpacyPipeline", "find_spacy_folder", "read_spacy_folder"]
