# SPDX-License-Identifier: Apache-2.0
"""Pipelines that others trained: directories saved by spaCy 3, read safely and run with the same
annotations."""

from __future__ import annotations

from ..lazy_torch import loaded_torch as loaded_torch  # first: Thinc, imported after it, leaves torch out

# isort: split

from .components import READERS, Reader, Source
from .folder import Folder
from .pipeline import SavedPipeline, find_saved, read_saved

__all__ = ["READERS", "Folder", "Reader", "SavedPipeline", "Source", "find_saved", "read_saved"]
