# SPDX-License-Identifier: Apache-2.0
"""Pipelines that others trained: directories saved by spaCy 3, read safely and run with the same
annotations."""

from __future__ import annotations

from ..lazy_torch import loaded_torch as loaded_torch  # first: Thinc, imported after it, leaves torch out

# isort: split

from .component_readers import READERS, Reader, Source
from .folder import Folder
from .pipeline_folder import SpacyPipeline, find_spacy_folder, read_spacy_folder

__all__ = ["READERS", "Folder", "Reader", "SpacyPipeline", "Source", "find_spacy_folder", "read_spacy_folder"]
